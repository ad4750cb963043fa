import { afterAll, describe, expect, test } from "bun:test";
import { BoardReader } from "../../src/db/history/board-reader.ts";
import { marketAt, type SampleAt } from "../../src/db/history/codec/columns.ts";
import { SampleReader } from "../../src/db/history/sample-reader.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { roundedAmount } from "../../src/domain/sample.ts";
import { HistoryInFolder } from "../support/history.ts";
import { expectEverySample, rowOf, type StoredRefresh } from "../support/read-samples.ts";
import { batchOf, draw, sampleOf, samplingInto } from "../support/sampled-market.ts";

const EXCHANGES = ["okx", "bybit"] as const;
// One more than a blob of a day has.
const BASES = Array.from({ length: 17 }, (_, n) => `C${n}`);
const DAY_S = 86_400;
const START_S = Date.UTC(2026, 0, 30, 22) / 1000;

/** The refreshes of an exchange: mostly every so many seconds, with some of the gaps of a real one. */
function timesOf(exchange: ExchangeId, from: number, to: number, everyS: number): number[] {
  const times: number[] = [];
  for (let at = from + draw(everyS, exchange); at < to; at += everyS)
    if (draw(30, exchange, at, "failed") !== 0) times.push(at + draw(3, exchange, at));
  return times;
}

/** Prices and amounts are those of the market at their time, and there are some in each quarter of an hour. */
function expectMarket(history: HistoryInFolder, exchange: ExchangeId, base: string): void {
  const id =
    history.db
      .query<{ id: number }, [string]>("SELECT id FROM series WHERE uid = ?")
      .get(`${exchange}-${base}`)?.id ?? 0;
  const { columns } = new SampleReader(history.db).read({ id, exchange }, 0, START_S + 1e9);
  const { times, market } = columns;
  const periods = new Set([...times].map((at) => Math.floor(at / 900)));
  expect(new Set([...market.at].map((index) => Math.floor((times[index] ?? 0) / 900)))).toEqual(
    periods,
  );
  for (const index of market.at) {
    const at = times[index] ?? 0;
    const sample = sampleOf(`${exchange} ${base}`, at);
    expect(marketAt(market, times, index)).toEqual({
      marketAt: at,
      markPrice: roundedAmount(sample?.markPrice ?? null) ?? Number.NaN,
      indexPrice: roundedAmount(sample?.indexPrice ?? null) ?? Number.NaN,
      openInterestUsd: roundedAmount(sample?.openInterestUsd ?? null) ?? Number.NaN,
      volume24hUsd: roundedAmount(sample?.volume24hUsd ?? null) ?? Number.NaN,
    });
  }
}

function tables(history: HistoryInFolder): Record<string, number> {
  const count = (table: string): number =>
    history.db.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${table}`).get()?.n ?? 0;
  return Object.fromEntries(
    ["refreshes", "hours", "days", "months", "frames"].map((layer) => [
      layer,
      count(`sample_${layer}`),
    ]),
  );
}

test("every sample is read once, exactly as it was taken, while hours and days are closed around it", () => {
  using history = new HistoryInFolder();
  const sampling = samplingInto(history.db);
  const written: StoredRefresh[] = [];
  const all = EXCHANGES.flatMap((exchange) =>
    timesOf(exchange, START_S, START_S + 30 * 3600, 60).map((at) => ({ exchange, at })),
  ).toSorted((one, other) => one.at - other.at);
  let checked = 0;
  for (const one of all) {
    expect(sampling.write(one.exchange, one.at, batchOf(one.exchange, BASES, one.at))).toBe(
      "stored",
    );
    written.push(one);
    sampling.rollUp.step(one.at * 1000);
    if (draw(400, one.at, "check") === 0) {
      expectEverySample(history.db, written, one.at - draw(2 * DAY_S, one.at));
      checked += 1;
    }
  }
  expect(checked).toBeGreaterThan(5);
  sampling.rollUpAll(START_S + 30 * 3600);
  expectEverySample(history.db, written);
  for (const base of BASES) expectMarket(history, "okx", base);
  expect(tables(history)).toMatchObject({ hours: 2 * 3, days: 2 * 2 * 2, months: 0 });
});

describe("over months", () => {
  const EVERY_S = 1800;
  const STALE_S = 2000;
  const DAYS = 75;
  const MARCH_S = Date.UTC(2026, 2, 1) / 1000;
  const all = EXCHANGES.flatMap((exchange) =>
    timesOf(exchange, START_S, START_S + DAYS * DAY_S, EVERY_S).map((at) => ({ exchange, at })),
  ).toSorted((one, other) => one.at - other.at);
  const history = new HistoryInFolder();
  afterAll(() => history[Symbol.dispose]());

  // Everything is done in time, by a roll-up that begins anew now and then.
  let sampling = samplingInto(history.db, { mergedPerNight: 3 });
  let nextS = START_S;
  for (const { exchange, at } of all) {
    if (at >= nextS) {
      const slices = draw(40, at, "slices");
      for (let n = 0; n < slices && sampling.rollUp.step(at * 1000) === "more"; n += 1);
      if (draw(5, at) === 0) sampling = samplingInto(history.db, { mergedPerNight: 3 });
      sampling.rollUpAll(at);
      nextS = at + 20_000;
    }
    sampling.write(exchange, at, batchOf(exchange, BASES, at));
  }

  test("closed months are merged series by series, and nothing is lost or doubled", () => {
    sampling.rollUpAll(START_S + DAYS * DAY_S);
    expectEverySample(history.db, all);
    // January had two days, and the last day is not closed.
    const merged = 2 * (2 + 28);
    const groups = 2;
    expect(tables(history)).toMatchObject({
      months: 2 * 2 * BASES.length,
      frames: merged,
      days: (2 * DAYS - merged) * groups,
    });
  });

  test("the board of a moment is what was known then, to the second or to the hour before", () => {
    const board = new BoardReader(history.db);
    const stale = new Map<ExchangeId, number>(EXCHANGES.map((exchange) => [exchange, STALE_S]));
    const uids = new Map(
      history.db
        .query<{ id: number; uid: string }, []>("SELECT id, uid FROM series")
        .all()
        .map(({ id, uid }) => [id, uid]),
    );
    for (let n = 0; n < 60; n += 1) {
      const at = START_S + 7200 + draw(DAYS * DAY_S - 7200, n, "moment");
      const isMerged = at < MARCH_S;
      const moment = isMerged ? at - (at % 3600) : at;
      const read = board.at(at, stale);
      expect(read).toMatchObject({ at: moment, damages: [] });
      const known = all.filter(
        (one) => one.at >= moment - STALE_S && (isMerged ? one.at < moment : one.at <= moment),
      );
      const expected = EXCHANGES.flatMap((exchange) =>
        BASES.flatMap((base) => {
          const last = known.findLast(
            (one) => one.exchange === exchange && sampleOf(`${exchange} ${base}`, one.at) !== null,
          );
          return last === undefined ? [] : [`${exchange}-${base} ${last.at}`];
        }),
      );
      const found = [...read.samples].map(([id, { at: time }]) => `${uids.get(id)} ${time}`);
      expect(found.toSorted()).toEqual(expected.toSorted());
      for (const [id, one] of read.samples) expectKnown(uids.get(id) ?? "", one);
    }
    expect(board.firstTime()).toBe(Date.UTC(2026, 0, 1) / 1000);
  });

  /** A sample is that of its time, with prices and amounts from the quarter of an hour before it. */
  function expectKnown(uid: string, one: SampleAt): void {
    const [exchange = "", base = ""] = uid.split("-");
    const sample = sampleOf(`${exchange} ${base}`, one.at);
    expect(sample).not.toBeNull();
    if (sample === null) return;
    expect([one.at, one.rate, one.intervalHours, one.nextTime]).toEqual(rowOf(one.at, sample));
    expect(one.marketAt).toBeWithin(one.at - 900, one.at + 1);
    const then = sampleOf(`${exchange} ${base}`, one.marketAt);
    expect(one.markPrice).toEqual(roundedAmount(then?.markPrice ?? null) ?? Number.NaN);
  }
});

test("a refresh that is stored while its hour is being closed is not lost", () => {
  using history = new HistoryInFolder();
  const sampling = samplingInto(history.db);
  const stored: StoredRefresh[] = [];
  const write = (at: number): void => {
    expect(sampling.write("okx", at, batchOf("okx", BASES, at))).toBe("stored");
    stored.push({ exchange: "okx", at });
  };
  for (let minute = 0; minute < 59; minute += 1) write(START_S + minute * 60);
  const closes = (START_S + 2 * 3600) * 1000;
  expect(sampling.rollUp.step(closes)).toBe("more");
  write(START_S + 59 * 60);
  while (sampling.rollUp.step(closes) === "more");
  expectEverySample(history.db, stored);
  sampling.rollUpAll(START_S + 2 * DAY_S);
  expectEverySample(history.db, stored);
  expect(tables(history)).toMatchObject({ refreshes: 0, hours: 0 });
});
