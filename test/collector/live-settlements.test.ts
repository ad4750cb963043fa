import { describe, expect, test } from "bun:test";
import { EpochLost } from "../../src/db/epoch-lost.ts";
import { historyFile } from "../../src/db/history/file.ts";
import { openDb } from "../../src/db/open.ts";
import type { Quote } from "../../src/domain/quote.ts";
import { start } from "../support/collecting.ts";
import { type TestDatabase, testDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";
import { batchOf, scriptedExchange } from "../support/scripted-exchange.ts";
import { settledLines, storedSeries } from "../support/stored-history.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The settlement that the tests are about: ten minutes after they begin. */
const SLOT_MS = NOON_MS + 10 * MINUTE_MS;
const BTC = `okx:BTCUSDT:${NOON_MS / 1000}`;

/** okx with one instrument that has `rowAt(now)`, refreshed every minute from noon on. */
function collecting(
  rowAt: (nowMs: number) => Partial<Quote> | null,
  database: TestDatabase = testDatabase(),
  clock: ManualClock = new ManualClock(NOON_MS),
) {
  const okx = scriptedExchange("okx", () => {
    const row = rowAt(clock.nowMs());
    const other = quoteOf("ETH", { receivedAtMs: clock.nowMs(), nextFundingAtMs: null });
    const quotes = row === null ? [] : [quoteOf("BTC", { receivedAtMs: clock.nowMs(), ...row })];
    return batchOf([...quotes, other]);
  });
  // Without a random part the first refresh is at once.
  const run = start(database, [okx], clock, () => 0);
  return { database, run, clock };
}

/** An instrument that is charged at SLOT_MS and announces the next slot from then on. */
const announced = (nowMs: number) => ({
  nextFundingAtMs: nowMs < SLOT_MS ? SLOT_MS : SLOT_MS + HOUR_MS,
  fundingIntervalHours: 1,
  fundingRate: nowMs < SLOT_MS ? 0.0001 * Math.floor((nowMs - NOON_MS) / MINUTE_MS + 1) : 0.5,
});

describe("the last live rate before a slot", () => {
  test("is stored as an estimate when the slot has passed, once", async () => {
    const { database, run, clock } = collecting(announced);
    using _ = database;
    await clock.advance(9.5 * MINUTE_MS);
    expect(settledLines(database.path)).toEqual([]);
    await clock.advance(10 * MINUTE_MS);
    const [series] = storedSeries(database.path);
    expect(series?.series).toMatchObject({ uid: BTC, exchangeSymbol: "BTCUSDT", endedAt: null });
    expect(series?.settlements).toEqual([
      {
        slotMs: SLOT_MS,
        atMs: SLOT_MS,
        rate: "0.001",
        intervalHours: 1,
        markPrice: null,
        origin: "estimated",
        estimate: null,
      },
    ]);
    await run.stop();
  });

  test.each<[string, (nowMs: number) => Partial<Quote> | null]>([
    ["of a continuous contract", (nowMs) => ({ ...announced(nowMs), accrual: "continuous" })],
    [
      "that was stale at the slot",
      (nowMs) => (nowMs > NOON_MS + MINUTE_MS && nowMs < SLOT_MS ? null : announced(nowMs)),
    ],
    ["while it still shows the rate before", (nowMs) => ({ ...announced(nowMs), settling: true })],
    ["without a known slot", (nowMs) => ({ ...announced(nowMs), nextFundingAtMs: null })],
  ])("is not an estimate: %s", async (_name, rowAt) => {
    const { database, run, clock } = collecting(rowAt);
    using _ = database;
    await clock.advance(20 * MINUTE_MS);
    expect(settledLines(database.path)).toEqual([]);
    await run.stop();
  });

  test("has no interval if that was only assumed", async () => {
    const { database, run, clock } = collecting((nowMs) => ({
      ...announced(nowMs),
      intervalSource: "documented_default",
    }));
    using _ = database;
    await clock.advance(20 * MINUTE_MS);
    expect(storedSeries(database.path)[0]?.settlements[0]?.intervalHours).toBeNull();
    await run.stop();
  });

  test("is stored by the next process if this one ended before the slot", async () => {
    const first = collecting(announced);
    using database = first.database;
    await first.clock.advance(9.5 * MINUTE_MS);
    await first.run.stop();
    const second = collecting(announced, database, first.clock);
    await second.clock.advance(5 * MINUTE_MS);
    expect(settledLines(database.path)).toEqual([`${BTC} 12:10 0.001 estimated`]);
    await second.run.stop();
  });

  test("belongs to the instrument that had it, not to the next one under its ticker", async () => {
    const { database, run, clock } = collecting((nowMs) => ({
      ...announced(nowMs),
      listedAtMs: nowMs < SLOT_MS ? 1 : 2,
      settledAtMs: SLOT_MS,
      settledRate: nowMs < SLOT_MS ? null : 0.25,
    }));
    using _ = database;
    await clock.advance(20 * MINUTE_MS);
    expect(settledLines(database.path)).toEqual([`${BTC} 12:10 0.001 estimated`]);
    await run.stop();
  });

  test("waits for a locked file without delaying a refresh", async () => {
    const { database, run, clock } = collecting(announced);
    using _ = database;
    await clock.advance(9.5 * MINUTE_MS);
    using other = openDb(historyFile(database.path));
    other.run("BEGIN IMMEDIATE");
    const refreshes = () => run.posted.filter(({ type }) => type === "cycle").length;
    const before = refreshes();
    await clock.advance(MINUTE_MS);
    expect(refreshes() - before).toBe(1);
    other.run("ROLLBACK");
    expect(settledLines(database.path)).toEqual([]);
    await clock.advance(1_000);
    expect(settledLines(database.path)).toEqual([`${BTC} 12:10 0.001 estimated`]);
    await run.stop();
  });
});

describe("the payment that a row states", () => {
  const stating = (nowMs: number) => ({
    ...announced(nowMs),
    settledAtMs: nowMs < SLOT_MS + MINUTE_MS ? SLOT_MS - HOUR_MS : SLOT_MS + 40,
    settledRate: nowMs < SLOT_MS + MINUTE_MS ? 0.002 : 0.003,
  });

  test("is stored when it is first seen and when it changes, and corrects an estimate", async () => {
    const { database, run, clock } = collecting(stating);
    using _ = database;
    await clock.advance(10.5 * MINUTE_MS);
    expect(settledLines(database.path)).toEqual([
      `${BTC} 11:10 0.002 row`,
      `${BTC} 12:10 0.001 estimated`,
    ]);
    await clock.advance(10 * MINUTE_MS);
    expect(settledLines(database.path)).toEqual([
      `${BTC} 11:10 0.002 row`,
      `${BTC} 12:10 0.003 row`,
    ]);
    expect(storedSeries(database.path)[0]?.settlements[1]).toMatchObject({
      estimate: 0.001,
      intervalHours: 1,
    });
    await run.stop();
  });

  test("has an interval only if the row before announced that slot", async () => {
    const { database, run, clock } = collecting((nowMs) => ({
      ...stating(nowMs),
      nextFundingAtMs: SLOT_MS + 5 * HOUR_MS,
    }));
    using _ = database;
    await clock.advance(20 * MINUTE_MS);
    expect(storedSeries(database.path)[0]?.settlements.map((one) => one.intervalHours)).toEqual([
      null,
      null,
    ]);
    await run.stop();
  });

  test.each<[string, Partial<Quote>]>([
    ["of a continuous contract", { accrual: "continuous" }],
    ["without its time", { settledAtMs: null }],
    ["of the future", { settledAtMs: NOON_MS + 5 * HOUR_MS }],
  ])("is left out: %s", async (_name, changed) => {
    const { database, run, clock } = collecting(() => ({
      settledRate: 0.1,
      settledAtMs: NOON_MS,
      ...changed,
    }));
    using _ = database;
    await clock.advance(5 * MINUTE_MS);
    expect(settledLines(database.path)).toEqual([]);
    await run.stop();
  });
});

test("a history file that another collector has taken over ends this one", async () => {
  const { database, run, clock } = collecting(announced);
  using _ = database;
  await clock.advance(9.5 * MINUTE_MS);
  using other = openDb(historyFile(database.path));
  other.run("UPDATE history_epoch SET epoch = epoch + 1");
  const failures: unknown[] = [];
  run.ended.catch((error: unknown) => failures.push(error));
  for (let seconds = 0; seconds < 120 && failures.length === 0; seconds += 1)
    await clock.advance(1_000);
  expect(failures).toEqual([expect.any(EpochLost)]);
  await run.stop().catch(() => {});
});
