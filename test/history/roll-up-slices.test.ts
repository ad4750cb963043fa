import { afterEach, describe, expect, spyOn, test } from "bun:test";
import { SAMPLES_AT_ONCE } from "../../src/db/history/roll-up/context.ts";
import { SampleStore } from "../../src/db/history/sample-store.ts";
import { HistoryInFolder, seriesOf } from "../support/history.ts";
import { plainSample, samplingInto } from "../support/sampled-market.ts";

const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;
const START_S = Date.UTC(2026, 3, 1) / 1000;

type Sampling = ReturnType<typeof samplingInto>;

function sampled(sampling: Sampling, series: number, toS: number, everyS: number): void {
  const refresh = Array.from({ length: series }, (_, n) => ({
    series: seriesOf(`C${n}`),
    sample: plainSample(),
    flags: 0,
    assetId: null,
  }));
  for (let at = START_S; at < toS; at += everyS)
    expect(sampling.write("okx", at, refresh)).toBe("stored");
}

/** Calls `after` behind each slice; returns how many there were. */
function slices({ rollUp }: Sampling, atS: number, after: () => void = () => undefined): number {
  let count = 0;
  for (let isMore = true; isMore; count += 1) {
    isMore = rollUp.step(atS * 1000) === "more";
    after();
  }
  return count;
}

describe("the slices of the roll-up grow in number with the samples, not in length", () => {
  const SERIES = 200;
  using past = new HistoryInFolder();
  const sampling = samplingInto(past.db);
  sampled(sampling, SERIES, START_S + 6 * HOUR_S, MINUTE_S);
  const perHour = (SERIES * 60) / SAMPLES_AT_ONCE;
  const closed = [1, 2, 3, 4, 5].map((hour) => slices(sampling, START_S + hour * HOUR_S + 130));
  const joined = slices(sampling, START_S + 6 * HOUR_S + 130);
  const day = slices(sampling, START_S + DAY_S + HOUR_S);

  test("when an hour is closed: read, gathered, encoded, compared", () => {
    for (const count of closed) expect(count).toBeGreaterThanOrEqual(4 * perHour);
  });

  test("when hours are joined: gathered, encoded, compared, after each was opened", () => {
    const seriesAtOnce = Math.ceil(SAMPLES_AT_ONCE / (6 * 60));
    expect(joined).toBeGreaterThanOrEqual(6 + 3 * Math.floor(SERIES / seriesAtOnce));
  });

  test("when a day is closed: each blob of four series by itself", () => {
    expect(day).toBeGreaterThanOrEqual(2 * (SERIES / 4));
  });
});

describe("no slice reads more than some blobs", () => {
  const spies = {
    dayPack: spyOn(SampleStore.prototype, "dayPack"),
    monthOf: spyOn(SampleStore.prototype, "monthOf"),
  };
  const most = { dayPack: 0, monthOf: 0 };

  const noteReads = (): void => {
    for (const name of ["dayPack", "monthOf"] as const) {
      most[name] = Math.max(most[name], spies[name].mock.calls.length);
      spies[name].mockClear();
    }
  };

  afterEach(() => {
    for (const spy of Object.values(spies)) spy.mockRestore();
  });

  test("when a month is merged in several nights and thinned", () => {
    using past = new HistoryInFolder();
    const sampling = samplingInto(past.db, { mergedPerNight: 4 });
    sampled(sampling, 10, START_S + 30 * DAY_S, 2 * HOUR_S);
    sampling.rollUpAll(START_S + 32 * DAY_S);
    noteReads();
    Object.assign(most, { dayPack: 0, monthOf: 0 });
    for (let night = 0; night < 5; night += 1)
      slices(sampling, START_S + (130 + night) * DAY_S + HOUR_S, noteReads);
    expect(past.db.query("SELECT span, complete FROM sample_periods").all()).toEqual([
      { span: "thinned", complete: 1 },
    ]);
    expect(most.dayPack).toBeWithin(1, 9);
    expect(most.monthOf).toBeWithin(1, 4);
  });
});
