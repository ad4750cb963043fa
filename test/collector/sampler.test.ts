import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { historyFile } from "../../src/db/history/file.ts";
import { PairFrameReader } from "../../src/db/history/pair-frame-repository.ts";
import { SampleReader } from "../../src/db/history/sample-reader.ts";
import { SeriesStates } from "../../src/db/history/series-states.ts";
import { SeriesRepository } from "../../src/db/history/series-repository.ts";
import { flagNames } from "../../src/domain/flags.ts";
import type { Quote } from "../../src/domain/quote.ts";
import { start } from "../support/collecting.ts";
import { type TestDatabase, testDatabase } from "../support/database.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";
import { batchOf, scriptedExchange } from "../support/scripted-exchange.ts";
import { ManualClock } from "../support/manual-clock.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NOON_S = NOON_MS / 1000;

/** Whole minutes since noon. */
const minuteOf = (nowMs: number): number => Math.floor((nowMs - NOON_MS) / MINUTE_MS);

/** okx with one instrument that has `rowAt(minute)`, none where that is null, and another one. */
function collecting(
  rowAt: (minute: number) => Partial<Quote> | null,
  database: TestDatabase = testDatabase(),
  startMs = NOON_MS,
) {
  const clock = new ManualClock(startMs);
  const okx = scriptedExchange("okx", () => {
    const receivedAtMs = clock.nowMs();
    const row = rowAt(minuteOf(receivedAtMs));
    const other = quoteOf("ETH", { receivedAtMs });
    return batchOf([...(row === null ? [] : [quoteOf("BTC", { receivedAtMs, ...row })]), other]);
  });
  // Without a random part the first refresh is at once.
  return { database, clock, run: start(database, [okx], clock, () => 0) };
}

/** What the history has of BTC: minutes since noon, rates, and more. */
function storedOf(database: TestDatabase) {
  using db = new Database(historyFile(database.path).path, { readonly: true });
  const series = new SeriesRepository(db).all().find(({ base }) => base === "BTC");
  if (series === undefined) return null;
  const { columns, damages } = new SampleReader(db).read(series, 0, NOON_S + 1e6);
  const states = new SeriesStates(db);
  return {
    damages,
    minutes: Array.from(columns.times, (atS) => minuteOf(atS * 1000)),
    rates: [...columns.rates],
    columns,
    events: [2, 7].flatMap((minute) => states.at([series.id], NOON_S + minute * 60 + 59)),
  };
}

describe("the samples of a collector", () => {
  test("are one for each accepted refresh, and none for a refresh without the instrument", async () => {
    const { database, clock, run } = collecting((minute) =>
      minute === 3 || minute === 4 ? null : { fundingRate: minute / 1e6, markPrice: 100 + minute },
    );
    using _ = database;
    await clock.advance(9.5 * MINUTE_MS);
    await run.stop();
    const stored = storedOf(database);
    // Without the random part a period is 57 s: one minute may have two refreshes.
    expect(new Set(stored?.minutes)).toEqual(new Set([0, 1, 2, 5, 6, 7, 8, 9]));
    expect(stored?.minutes.length).toBeLessThan(10);
    expect(stored?.rates).toEqual(stored?.minutes.map((minute) => minute / 1e6));
    expect(stored?.damages).toEqual([]);
    // Prices once in fifteen minutes.
    expect([...(stored?.columns.market.markPrices ?? [])]).toEqual([100]);
  });

  test("go on after a restart, and through the hour at which they are rolled up", async () => {
    using database = testDatabase();
    const first = collecting((minute) => ({ fundingRate: minute / 1e6 }), database);
    await first.clock.advance(30.5 * MINUTE_MS);
    await first.run.stop();
    const clock = new ManualClock(NOON_MS + 31 * MINUTE_MS);
    const okx = scriptedExchange("okx", () => {
      const receivedAtMs = clock.nowMs();
      return batchOf([quoteOf("BTC", { receivedAtMs, fundingRate: minuteOf(receivedAtMs) / 1e6 })]);
    });
    const run = start(database, [okx], clock, () => 0);
    await clock.advance(3 * HOUR_MS);
    await run.stop();
    const stored = storedOf(database);
    // Without the random part a period is 57 s.
    expect(stored?.minutes.length).toBeGreaterThanOrEqual(211);
    expect(stored?.minutes.length).toBeLessThanOrEqual(223);
    expect(stored?.rates).toEqual(stored?.minutes.map((minute) => minute / 1e6));
    const times = [...(stored?.columns.times ?? [])];
    for (const [index, time] of times.entries()) {
      if (index > 0) expect(time - (times[index - 1] ?? 0)).toBeGreaterThanOrEqual(57);
    }
    expect(stored?.damages).toEqual([]);
    using db = new Database(historyFile(database.path).path, { readonly: true });
    const hours = db.query("SELECT count(*) AS count FROM sample_hours").get();
    expect(hours).not.toEqual({ count: 0 });
  });

  test("have the flags and the asset that held then, without those that follow from the time", async () => {
    const { database, clock, run } = collecting((minute) => ({
      volume24hUsd: minute < 5 ? 1e6 : 10,
      openInterestUsd: null,
      nextFundingAtMs: NOON_MS + HOUR_MS,
      markPrice: 100,
      settling: true,
    }));
    using _ = database;
    await clock.advance(9.5 * MINUTE_MS);
    await run.stop();
    const stored = storedOf(database);
    const flags = stored?.events.map((event) => flagNames(event.flags));
    expect(flags).toEqual([[], ["thin"]]);
    expect(stored?.events.at(-1)?.assetId).toBe("BTC");
  });
});

test("samples that are older than those stored are refused, which is told once", async () => {
  using database = testDatabase();
  const ahead = collecting(() => ({}), database, NOON_MS + 5 * MINUTE_MS);
  await ahead.clock.advance(MINUTE_MS / 2);
  await ahead.run.stop();
  const { clock, run } = collecting(() => ({}), database);
  await clock.advance(10.5 * MINUTE_MS);
  await run.stop();
  const late = run.log.lines.filter(({ event }) => event === "samples_late");
  expect(late).toMatchObject([{ level: "warn", fields: { exchange: "okx" } }]);
  expect(new Set(storedOf(database)?.minutes)).toEqual(new Set([5, 6, 7, 8, 9, 10]));
});

describe("a clock that is wrong for a while", () => {
  /** okx on a clock that is wrong from one minute until another one, of the time that okx states if it does. */
  async function collected(
    wrong: { readonly byMs: number; readonly from: number; readonly until: number },
    untilMinute: number,
    isStated = true,
  ) {
    const database = testDatabase();
    const clock = new ManualClock(NOON_MS);
    const trueMs = (): number => NOON_MS + clock.monotonicMs();
    const okx = scriptedExchange("okx", () => {
      const row = { receivedAtMs: clock.nowMs(), exchangeTimeMs: isStated ? trueMs() : null };
      const fundingRate = minuteOf(trueMs()) / 1e6;
      return batchOf([quoteOf("BTC", { ...row, fundingRate }), quoteOf("ETH", row)]);
    });
    const run = start(database, [okx], clock);
    await clock.advance(wrong.from * MINUTE_MS);
    clock.setWall(trueMs() + wrong.byMs);
    await clock.advance((wrong.until - wrong.from) * MINUTE_MS);
    clock.setWall(trueMs());
    await clock.advance((untilMinute - wrong.until) * MINUTE_MS);
    await run.stop();
    const stored = storedOf(database);
    // The first minute has two.
    const minutes = [...new Set(stored?.minutes)];
    return { database, run, minutes, stored };
  }

  const numbered = (from: number, to: number): number[] =>
    Array.from({ length: to - from }, (_, n) => from + n);

  test.each([
    ["an hour ahead for three minutes", { byMs: HOUR_MS, from: 30, until: 33 }],
    ["a day ahead for three minutes", { byMs: 24 * HOUR_MS, from: 30, until: 33 }],
    ["two hours ahead for longer than an hour", { byMs: 2 * HOUR_MS, from: 10, until: 85 }],
  ])("%s loses no sample but those of that time", async (...[, wrong]) => {
    const { database, run, minutes, stored } = await collected(wrong, 210);
    using _ = database;
    expect(minutes).toEqual([...numbered(0, wrong.from), ...numbered(wrong.until, 210)]);
    expect(stored?.rates).toEqual(stored?.minutes.map((minute) => minute / 1e6));
    const removed = run.log.lines.filter(({ event }) => event === "samples_removed");
    expect(removed).toMatchObject([{ level: "warn", fields: { exchange: "okx" } }]);
    using db = new Database(historyFile(database.path).path, { readonly: true });
    expect(
      db.query("SELECT max(at) < ? AS is_past FROM series_events").get(NOON_S + 210 * 60),
    ).toEqual({
      is_past: 1,
    });
  });

  test("an hour behind for three minutes removes nothing", async () => {
    const wrong = { byMs: -HOUR_MS, from: 70, until: 73 };
    const { database, run, minutes } = await collected(wrong, 100);
    using _ = database;
    expect(minutes).toEqual([...numbered(0, 70), ...numbered(73, 100)]);
    expect(run.log.events()).not.toContain("samples_removed");
  });

  test("is not found out if no exchange states a time: nothing is removed", async () => {
    const wrong = { byMs: HOUR_MS, from: 30, until: 33 };
    const { database, run, minutes } = await collected(wrong, 100, false);
    using _ = database;
    expect(minutes).toEqual([...numbered(0, 30), 90, 91, 92, ...numbered(93, 100)]);
    expect(run.log.events()).toContain("samples_late");
  });
});

test.each([
  ["once an hour, under the ids of the history", 0],
  ["at no wrong hour while its clock is a day ahead", 24 * HOUR_MS],
])("a collector stores the open pairs %s", async (_, aheadMs) => {
  using database = testDatabase();
  const clock = new ManualClock(NOON_MS);
  const exchange = (id: "okx" | "bybit", fundingRate: number) =>
    scriptedExchange(id, () =>
      batchOf([
        quoteOf("BTC", {
          receivedAtMs: clock.nowMs(),
          exchangeTimeMs: NOON_MS + clock.monotonicMs(),
          fundingRate,
          fundingIntervalHours: 8,
          nextFundingAtMs: clock.nowMs() + 8 * HOUR_MS,
          markPrice: 100,
          indexPrice: 100,
        }),
      ]),
    );
  const run = start(database, [exchange("okx", 0.0001), exchange("bybit", 0.001)], clock, () => 0);
  await clock.advance(0.5 * HOUR_MS);
  clock.setWall(clock.nowMs() + aheadMs);
  await clock.advance(0.1 * HOUR_MS);
  clock.setWall(clock.nowMs() - aheadMs);
  await clock.advance(1.5 * HOUR_MS);
  await run.stop();
  using db = new Database(historyFile(database.path).path, { readonly: true });
  const ids = new Map(
    new SeriesRepository(db).all().map(({ exchange: id, id: series }) => [id, series]),
  );
  const frames = [...new PairFrameReader(db).read(0, NOON_S + 1e6, () => {})];
  expect(frames.map(({ at }) => (at - NOON_S) / 3_600)).toEqual([0, 1, 2]);
  expect(frames.at(-1)?.longIds).toEqual(Uint32Array.of(ids.get("okx") ?? 0));
  expect(frames.at(-1)?.shortIds).toEqual(Uint32Array.of(ids.get("bybit") ?? 0));
});
