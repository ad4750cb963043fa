import { describe, expect, test } from "bun:test";
import { tryFileLock } from "../../src/db/file-lock.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { start, storedState } from "../support/collecting.ts";
import { testDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";
import { batchOf, scriptedExchange } from "../support/scripted-exchange.ts";

/** The first review of the market assigns each listing its asset, which changes the exchange's rows once more. */
const REVIEW = 1;
const MINUTE_MS = 60_000;

const BTC_ETH = [quoteOf("BTC"), quoteOf("ETH")];

describe("collecting", () => {
  test("refreshes each exchange once per period and commits the result", async () => {
    using database = testDatabase();
    const okx = scriptedExchange("okx", () => batchOf(BTC_ETH));
    const run = start(database, [okx]);
    await run.clock.advance(10 * MINUTE_MS);
    await run.stop();
    expect(okx.refreshes).toBe(11);
    expect(storedState(database, "okx")).toMatchObject({
      commitSeq: 11 + REVIEW,
      symbols: 2,
      failuresInRow: 0,
    });
  });

  test("exchanges that start together drift apart: the first pause is a random part of a period", async () => {
    using database = testDatabase();
    const draws = [0, 0, 0.25, 0.75];
    const random = () => draws.shift() ?? 0.5;
    const times = new Map<string, number[]>();
    const clock = new ManualClock(NOON_MS);
    const exchanges = (["okx", "bybit"] as const).map((id) =>
      scriptedExchange(id, () => {
        times.set(id, [...(times.get(id) ?? []), clock.monotonicMs()]);
        return batchOf(BTC_ETH);
      }),
    );
    const run = start(database, exchanges, clock, random);
    await run.clock.advance(2 * MINUTE_MS);
    await run.stop();
    expect(times.get("okx")).toEqual([0, 15_000, 75_000]);
    expect(times.get("bybit")).toEqual([0, 45_000, 105_000]);
  });

  test("an exchange that never answers delays no other and is aborted at its deadline", async () => {
    using database = testDatabase();
    const okx = scriptedExchange("okx", () => batchOf(BTC_ETH));
    const hanging = scriptedExchange("bybit", () => new Promise(() => {}));
    const run = start(database, [hanging, okx]);
    await run.clock.advance(5 * MINUTE_MS);
    expect(okx.refreshes).toBe(6);
    expect(storedState(database, "okx")?.commitSeq).toBe(6 + REVIEW);
    expect(storedState(database, "bybit")).toMatchObject({
      failureKind: "timeout",
      failure: "no whole refresh within 45 s",
    });
    await run.stop();
  });

  test("a failure keeps the old rows, is stored with its kind and wording, and is logged once", async () => {
    using database = testDatabase();
    let broken = false;
    const okx = scriptedExchange("okx", () => {
      if (broken) throw new RequestFailure("bad_envelope", "code: expected 0");
      return batchOf(BTC_ETH);
    });
    const run = start(database, [okx]);
    await run.clock.advance(MINUTE_MS);
    broken = true;
    await run.clock.advance(2 * MINUTE_MS);
    expect(storedState(database, "okx")).toMatchObject({
      failureKind: "bad_envelope",
      failure: "the answer is not in the documented format",
      failuresInRow: 2,
      commitSeq: 2 + REVIEW,
    });
    expect(database.reader.read(() => true)?.rows.get("okx")).toHaveLength(2);
    broken = false;
    await run.clock.advance(MINUTE_MS);
    await run.stop();
    expect(storedState(database, "okx")).toMatchObject({
      failureKind: null,
      failure: null,
      failuresInRow: 0,
      commitSeq: 3 + REVIEW,
    });
    expect(run.log.events()).toEqual([
      "collecting",
      "exchange_ok",
      "exchange_failed",
      "exchange_recovered",
    ]);
  });

  test("a refused batch leaves the rows, degrades the exchange and reports both sizes", async () => {
    using database = testDatabase();
    let quotes = ["A", "B", "C", "D", "E"].map((base) => quoteOf(base));
    const okx = scriptedExchange("okx", () => batchOf(quotes));
    const run = start(database, [okx]);
    await run.clock.advance(MINUTE_MS);
    quotes = [quoteOf("A", { fundingRate: 0.9 })];
    await run.clock.advance(MINUTE_MS);
    expect(storedState(database, "okx")).toMatchObject({
      failureKind: "refused_batch",
      failure: "1 instruments, 5 trusted before",
      symbols: 5,
    });
    const rates = database.reader
      .read(() => true)
      ?.rows.get("okx")
      ?.map((row) => row.fundingRate);
    expect(rates).toEqual([0.0003, 0.0003, 0.0003, 0.0003, 0.0003]);
    expect(database.states.acceptNextSize("okx")).toBe(true);
    await run.clock.advance(MINUTE_MS);
    expect(storedState(database, "okx")).toMatchObject({ failureKind: null, symbols: 1 });
    await run.stop();
  });

  test("a timestamp that does not move for five minutes freezes the row, a moving one unfreezes it", async () => {
    using database = testDatabase();
    let exchangeTimeMs = NOON_MS;
    const okx = scriptedExchange("okx", () => batchOf([quoteOf("BTC", { exchangeTimeMs })]));
    const run = start(database, [okx]);
    const frozen = (): unknown => database.reader.read(() => true)?.rows.get("okx")?.[0]?.frozen;
    await run.clock.advance(5 * MINUTE_MS);
    expect(frozen()).toBe(false);
    await run.clock.advance(MINUTE_MS);
    expect(frozen()).toBe(true);
    exchangeTimeMs += MINUTE_MS;
    await run.clock.advance(MINUTE_MS);
    expect(frozen()).toBe(false);
    await run.stop();
  });

  test("a payload unforeseen by the adapter fails that exchange, not the collector", async () => {
    using database = testDatabase();
    const okx = scriptedExchange("okx", () => {
      throw new TypeError("undefined is not an object");
    });
    const run = start(database, [okx, scriptedExchange("bybit", () => batchOf(BTC_ETH))]);
    await run.clock.advance(2 * MINUTE_MS);
    expect(storedState(database, "okx")).toMatchObject({
      failureKind: "bad_envelope",
      failuresInRow: 2,
    });
    expect(storedState(database, "bybit")?.commitSeq).toBe(3 + REVIEW);
    await run.stop();
  });
});

describe("the right to collect", () => {
  test("belongs to one of two; the other takes over within a second of its end, in a new epoch", async () => {
    using database = testDatabase();
    const clock = new ManualClock(NOON_MS);
    const [okx, other] = [
      scriptedExchange("okx", () => batchOf(BTC_ETH)),
      scriptedExchange("okx", () => batchOf(BTC_ETH)),
    ];
    const first = start(database, [okx], clock);
    const second = start(database, [other], clock);
    await clock.advance(3 * MINUTE_MS);
    expect([okx.refreshes, other.refreshes]).toEqual([4, 0]);
    expect(second.log.events()).toEqual(["standby"]);
    await first.stop();
    await clock.advance(1_000);
    expect(
      second.posted.some((message) => message.type === "collecting" && message.epoch === 2),
    ).toBe(true);
    await clock.advance(MINUTE_MS);
    expect(other.refreshes).toBeGreaterThanOrEqual(1);
    await second.stop();
  });

  test("a collector whose epoch was taken over ends instead of writing", async () => {
    using database = testDatabase();
    const okx = scriptedExchange("okx", () => batchOf(BTC_ETH));
    const run = start(database, [okx]);
    await run.clock.advance(MINUTE_MS);
    database.epochs.takeOver(run.clock.nowMs());
    const failed = run.ended.catch((error: unknown) => error);
    await run.clock.advance(MINUTE_MS);
    expect(String(await failed)).toContain("EpochLost");
  });

  test("stays with its holder during a forced garbage collection", () => {
    using database = testDatabase();
    const path = `${database.path}.some-lock`;
    const hold = (): (() => void) | undefined => tryFileLock(path)?.release;
    const release = hold();
    Bun.gc(true);
    Bun.gc(true);
    expect(tryFileLock(path)).toBeNull();
    release?.();
    const again = tryFileLock(path);
    expect(again).not.toBeNull();
    again?.release();
  });
});
