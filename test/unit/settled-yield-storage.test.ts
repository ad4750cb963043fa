import { describe, expect, test } from "bun:test";
import type { Quote } from "../../src/domain/quote.ts";
import type { SettledYield } from "../../src/domain/settled-yield.ts";
import { acceptedBatch, startCollecting, testDatabase } from "../support/database.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const BTC = `okx:BTCUSDT:${NOON_MS / 1000}`;

function collecting() {
  const database = testDatabase();
  const epoch = startCollecting(database, ["okx"], NOON_MS);
  /** Commits a refresh of okx, with yields that were computed before it. */
  const commit = (
    atMs: number,
    yields: Readonly<Record<string, SettledYield>> = {},
    quotes: readonly Partial<Quote>[] = [{}],
  ): Uint32Array =>
    database.writer.commit(
      acceptedBatch(
        "okx",
        epoch,
        atMs,
        quotes.map((quote) => quoteOf("BTC", { receivedAtMs: atMs, ...quote })),
        { settledYields: new Map(Object.entries(yields)) },
      ),
    );
  const shown = (): (number | null)[] | undefined =>
    database.reader.readExchange("okx")?.rows.map(({ settled7dAprPct }) => settled7dAprPct);
  return { commit, shown, [Symbol.dispose]: () => database[Symbol.dispose]() };
}

describe("a settled yield in the market", () => {
  const untilMs = NOON_MS + HOUR_MS;

  test("is stored with a commit and stays until another one is", () => {
    using okx = collecting();
    okx.commit(NOON_MS);
    expect(okx.shown()).toEqual([null]);
    okx.commit(NOON_MS + MINUTE_MS, { [BTC]: { aprPct: -10.95, untilMs } });
    expect(okx.shown()).toEqual([-10.95]);
    okx.commit(NOON_MS + 2 * MINUTE_MS);
    expect(okx.shown()).toEqual([-10.95]);
    okx.commit(NOON_MS + 3 * MINUTE_MS, { [BTC]: { aprPct: 0, untilMs } });
    expect(okx.shown()).toEqual([0]);
    okx.commit(NOON_MS + 4 * MINUTE_MS, { [BTC]: { aprPct: null, untilMs } });
    expect(okx.shown()).toEqual([null]);
  });

  test("is stored with the commit that adds its instrument", () => {
    using okx = collecting();
    okx.commit(NOON_MS, { [BTC]: { aprPct: 5, untilMs } });
    expect(okx.shown()).toEqual([5]);
  });

  test("is unknown in rows observed after the time until which it is known", () => {
    using okx = collecting();
    okx.commit(NOON_MS, { [BTC]: { aprPct: 5, untilMs } });
    okx.commit(untilMs);
    expect(okx.shown()).toEqual([5]);
    okx.commit(untilMs + 1);
    expect(okx.shown()).toEqual([null]);
    okx.commit(untilMs + MINUTE_MS, { [BTC]: { aprPct: 6, untilMs: untilMs + HOUR_MS } });
    expect(okx.shown()).toEqual([6]);
  });

  test("of the instrument that had a ticker before is not that of the next one", () => {
    using okx = collecting();
    okx.commit(NOON_MS, { [BTC]: { aprPct: 5, untilMs } }, [{ listedAtMs: 1_000 }]);
    const later = { [BTC]: { aprPct: 6, untilMs } };
    okx.commit(NOON_MS + MINUTE_MS, later, [{ listedAtMs: 2_000 }]);
    expect(okx.shown()).toEqual([null]);
    okx.commit(NOON_MS + 2 * MINUTE_MS, later, [{ listedAtMs: 2_000 }]);
    expect(okx.shown()).toEqual([null]);
  });

  test("of an unknown instrument changes nothing", () => {
    using okx = collecting();
    okx.commit(NOON_MS, { "okx:ETHUSDT:1": { aprPct: 5, untilMs } });
    expect(okx.shown()).toEqual([null]);
  });
});
