import { describe, expect, test } from "bun:test";
import { EpochLost } from "../../src/db/epoch-lost.ts";
import { BoardReader } from "../../src/db/history/board-reader.ts";
import { unseal } from "../../src/db/history/codec/envelope.ts";
import { isKeyFrame } from "../../src/db/history/codec/refresh.ts";
import { SampleReader } from "../../src/db/history/sample-reader.ts";
import type { SampledInstrument, SampledRefresh } from "../../src/db/history/sampled-refresh.ts";
import { SeriesStates } from "../../src/db/history/series-states.ts";
import type { Sample } from "../../src/domain/sample.ts";
import { HistoryInFolder, seriesOf } from "../support/history.ts";
import { samplingInto } from "../support/sampled-market.ts";

const HOUR_S = Date.UTC(2026, 2, 1, 10) / 1000;
const OKX = { exchange: "okx" } as const;

function sampled(
  base: string,
  changes: Partial<Sample> = {},
  more: Partial<SampledInstrument> = {},
): SampledInstrument {
  const sample = {
    rate: 0.0001,
    intervalHours: 8,
    nextFundingAtMs: (HOUR_S + 6 * 3600) * 1000,
    markPrice: 100,
    indexPrice: 100,
    openInterestUsd: 1e6,
    volume24hUsd: 1e7,
    ...changes,
  };
  return { series: seriesOf(base), sample, flags: 0, assetId: null, ...more };
}

function readAll(history: HistoryInFolder, id = 1) {
  return new SampleReader(history.db).read({ id, ...OKX }, 0, HOUR_S + 1e6);
}

function kindsOfRefreshes(history: HistoryInFolder): boolean[] {
  return history.db
    .query<{ blob: Uint8Array }, []>("SELECT blob FROM sample_refreshes ORDER BY at")
    .all()
    .map(({ blob }) => isKeyFrame(unseal("refresh", blob)));
}

describe("a refresh", () => {
  test("is rounded once: rates to 1e-10, amounts to eight digits, negative zero to zero", () => {
    using history = new HistoryInFolder();
    const sampling = samplingInto(history.db);
    const raw = { rate: -0.000_012_345_678_94, markPrice: 12_345.678_949_9, volume24hUsd: -0 };
    sampling.write("okx", HOUR_S, [
      sampled("BTC", { ...raw, indexPrice: Number.NaN, openInterestUsd: 0.000_123_456_785_9 }),
      sampled("ETH", { rate: -0 }),
      sampled("SOL", { rate: Number.NaN }),
    ]);
    const { columns } = readAll(history);
    expect([...columns.rates]).toEqual([-0.000_012_345_7]);
    expect(columns.market).toMatchObject({
      markPrices: Float64Array.of(12_345.679),
      openInterestUsd: Float64Array.of(0.000_123_456_79),
      volume24hUsd: Float64Array.of(0),
    });
    expect(columns.market.indexPrices[0]).toBeNaN();
    expect([...readAll(history, 2).columns.rates]).toEqual([0]);
    expect(readAll(history, 3).columns.times).toHaveLength(0);
  });

  test("of an instrument that is missing is no sample, and one that did not change is a sample", () => {
    using history = new HistoryInFolder();
    const sampling = samplingInto(history.db);
    const both = [sampled("BTC"), sampled("ETH")];
    sampling.write("okx", HOUR_S, both);
    sampling.write("okx", HOUR_S + 60, [sampled("ETH")]);
    sampling.write("okx", HOUR_S + 120, both);
    const times = (id: number) => [...readAll(history, id).columns.times];
    expect(times(1)).toEqual([HOUR_S, HOUR_S + 120]);
    expect(times(2)).toEqual([HOUR_S, HOUR_S + 60, HOUR_S + 120]);
    const board = (at: number) =>
      new BoardReader(history.db).at(at, new Map([["okx", 59]])).samples;
    expect([...board(HOUR_S + 119).keys()]).toEqual([2]);
    expect(board(HOUR_S - 1).size).toBe(0);
  });

  test("begins anew with each hour and after a start", () => {
    using history = new HistoryInFolder();
    const first = samplingInto(history.db);
    first.write("okx", HOUR_S + 3500, [sampled("BTC")]);
    first.write("okx", HOUR_S + 3560, [sampled("BTC")]);
    first.write("okx", HOUR_S + 3620, [sampled("BTC")]);
    const second = samplingInto(history.db);
    second.write("okx", HOUR_S + 3680, [sampled("BTC")]);
    second.write("okx", HOUR_S + 3740, [sampled("BTC")]);
    expect(kindsOfRefreshes(history)).toEqual([true, false, true, true, false]);
  });

  test("has prices and amounts once in a quarter of an hour, and after a settlement", () => {
    using history = new HistoryInFolder();
    const sampling = samplingInto(history.db);
    const settledS = HOUR_S + 7 * 60;
    for (let minute = 0; minute < 33; minute += 1) {
      const at = HOUR_S + 60 * minute;
      const next = at < settledS ? settledS : settledS + 3600;
      sampling.write("okx", at, [
        sampled("BTC", { nextFundingAtMs: next * 1000 }),
        ...(minute === 15 ? [] : [sampled("ETH")]),
      ]);
    }
    sampling.rollUpAll(HOUR_S + 7200);
    const minutes = (id: number) => {
      const { times, market } = readAll(history, id).columns;
      return [...market.at].map((index) => ((times[index] ?? 0) - HOUR_S) / 60);
    };
    expect(minutes(1)).toEqual([0, 7, 15, 30]);
    expect(minutes(2)).toEqual([0, 16, 30]);
  });
});

describe("a refresh is not stored", () => {
  test("twice, out of order, or into an hour that is closed, whoever writes", () => {
    using history = new HistoryInFolder();
    const sampling = samplingInto(history.db);
    const write = (at: number) => sampling.write("okx", at, [sampled("BTC")]);
    expect([write(HOUR_S + 60), write(HOUR_S + 60), write(HOUR_S)]).toEqual([
      "stored",
      "same_second",
      "late",
    ]);
    sampling.rollUpAll(HOUR_S + 3600 + 120);
    expect(write(HOUR_S + 3599)).toBe("late");
    const next = samplingInto(history.db);
    expect(next.write("okx", HOUR_S + 3599, [sampled("BTC")])).toBe("late");
    next.rollUpAll(HOUR_S + 2 * 86_400);
    const last = samplingInto(history.db);
    expect(last.write("okx", HOUR_S + 7200, [sampled("BTC")])).toBe("late");
    expect([...readAll(history).columns.times]).toEqual([HOUR_S + 60]);
  });

  test("by a collector that was replaced", () => {
    using history = new HistoryInFolder();
    const old = samplingInto(history.db);
    samplingInto(history.db);
    expect(() => old.write("okx", HOUR_S, [sampled("BTC")])).toThrow(EpochLost);
    expect(() => old.rollUpAll(HOUR_S + 86_400)).not.toThrow();
    expect(history.db.query("SELECT * FROM series").all()).toEqual([]);
  });

  test("in part: after a failure the next one is complete again", () => {
    using history = new HistoryInFolder();
    const sampling = samplingInto(history.db);
    sampling.write("okx", HOUR_S, [sampled("BTC")]);
    const failing = sampled("ETH", {}, { assetId: "ETH" });
    history.db.run(
      "CREATE TEMP TRIGGER full BEFORE INSERT ON main.sample_refreshes BEGIN SELECT raise(ABORT, 'disk full'); END",
    );
    expect(() => sampling.write("okx", HOUR_S + 60, [sampled("BTC"), failing])).toThrow(
      "disk full",
    );
    history.db.run("DROP TRIGGER full");
    expect(history.db.query("SELECT uid FROM series").all()).toEqual([{ uid: "okx-BTC" }]);
    expect(
      history.db.query("SELECT series_id FROM series_events WHERE series_id > 1").all(),
    ).toEqual([]);
    sampling.write("okx", HOUR_S + 120, [sampled("BTC"), failing]);
    expect(kindsOfRefreshes(history)).toEqual([true, true]);
    expect([...readAll(history, 2).columns.times]).toEqual([HOUR_S + 120]);
    expect(new SeriesStates(history.db).at([2], HOUR_S + 120)[0]?.assetId).toBe("ETH");
  });
});

describe("listings that were described once", () => {
  const rowsOf = (listings: object, series: SampledRefresh["series"]): SampledRefresh => {
    const { sample } = sampled("BTC");
    return { listings, series, rows: [{ place: 1, sample, flags: 0 }] };
  };
  const both = [sampled("ETH"), sampled("BTC", {}, { assetId: "BTC" })];

  test("need not be described again, and others do", () => {
    using history = new HistoryInFolder();
    const { writer, epoch } = samplingInto(history.db);
    const listings = {};
    const write = (atS: number, refresh: SampledRefresh) =>
      writer.write(epoch, "okx", (HOUR_S + atS) * 1000, refresh);
    expect(write(0, rowsOf(listings, null))).toBe("undescribed");
    expect(write(0, rowsOf(listings, both))).toBe("stored");
    expect(write(60, rowsOf(listings, null))).toBe("stored");
    expect(write(120, rowsOf({}, null))).toBe("undescribed");
    expect([...readAll(history, 2).columns.times]).toEqual([HOUR_S, HOUR_S + 60]);
    expect(readAll(history, 1).columns.times).toHaveLength(0);
    expect(history.db.query("SELECT uid FROM series ORDER BY id").values().flat()).toEqual([
      "okx-ETH",
      "okx-BTC",
    ]);
  });

  test("must be described again after a failure, and after samples with a wrong time were removed", () => {
    using history = new HistoryInFolder();
    const { writer, epoch } = samplingInto(history.db);
    const listings = {};
    const write = (atS: number, series: SampledRefresh["series"], isTimeConfirmed = false) =>
      writer.write(epoch, "okx", (HOUR_S + atS) * 1000, rowsOf(listings, series), {
        isTimeConfirmed,
      });
    expect(write(86_400, both)).toBe("stored");
    expect(write(0, null, true)).toBe("undescribed");
    expect(write(0, both, true)).toBe("stored");
    expect(new SeriesStates(history.db).at([2], HOUR_S)[0]?.assetId).toBe("BTC");
    history.db.run(
      "CREATE TEMP TRIGGER full BEFORE INSERT ON main.sample_refreshes BEGIN SELECT raise(ABORT, 'disk full'); END",
    );
    expect(() => write(60, null)).toThrow("disk full");
    history.db.run("DROP TRIGGER full");
    expect(write(120, null)).toBe("undescribed");
    expect(write(120, both)).toBe("stored");
  });
});

test("flags, assets and terms are kept with the time at which they changed, across a restart", () => {
  using history = new HistoryInFolder();
  const states = [
    { flags: 0, assetId: null },
    { flags: 4, assetId: null },
    { flags: 4, assetId: "BTC" },
    { flags: 4, assetId: "BTC" },
    { flags: 0, assetId: null },
  ];
  states.forEach((state, n) =>
    samplingInto(history.db).write("okx", HOUR_S + 60 * n, [sampled("BTC", {}, state)]),
  );
  const stored = new SeriesStates(history.db);
  expect(stored.at([1], HOUR_S - 1)).toEqual([{ id: 1, flags: 0, assetId: null }]);
  states.forEach((state, n) =>
    expect(stored.at([1], HOUR_S + 60 * n + 59)).toEqual([{ id: 1, ...state }]),
  );
  // Five of these, and what the series was when it was first sampled.
  expect(history.db.query("SELECT count(*) AS n FROM series_events").get()).toEqual({ n: 6 });
});
