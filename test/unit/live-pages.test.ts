import { afterAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { PastReader } from "../../src/db/history/past-reader.ts";
import { SampleReader } from "../../src/db/history/sample-reader.ts";
import { roundedRate } from "../../src/domain/sample.ts";
import { flatRows } from "../../src/lib/flat-table.ts";
import { atOnce } from "../../src/lib/stepwise.ts";
import { liveBucketPage, livePage } from "../../src/reader/live.ts";
import type { KnownPast } from "../../src/reader/known-past.ts";
import {
  MAX_POINTS,
  MAX_POINTS_PER_SERIES,
  type PointsQuery,
} from "../../src/services/history/history-query.ts";
import type { LivePage } from "../../src/services/history/live-page.ts";
import {
  BUCKET_RESOLUTIONS,
  type BucketResolution,
  bucketMsOf,
} from "../../src/services/history/series.ts";
import { HistoryInFolder } from "../support/history.ts";
import { batchOf, sampleOf, samplingInto } from "../support/sampled-market.ts";

/** Two exchanges over a month's end: a merged month, days, blocks of hours, single hours and the running hour. */

const HOUR = 3600;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 8, 26) / 1000;
const END = Date.UTC(2026, 9, 6, 13, 30) / 1000;
const EVERY = 600;
const EXCHANGES = ["okx", "bybit"] as const;
const BASES = ["BTC", "ETH"];
/** The collector was not running. */
const GAP = { from: START + 2 * DAY + 5 * HOUR, to: START + 3 * DAY + 7 * HOUR } as const;

const stored = new HistoryInFolder();
afterAll(() => stored[Symbol.dispose]());

const TIMES = Array.from({ length: (END - START) / EVERY }, (_, n) => START + n * EVERY).filter(
  (at) => at < GAP.from || at >= GAP.to,
);

const known = ((): KnownPast => {
  const sampling = samplingInto(stored.db);
  // Later exchanges have later seconds.
  for (const at of TIMES)
    for (const [n, exchange] of EXCHANGES.entries()) {
      sampling.write(exchange, at + n, batchOf(exchange, BASES, at + n));
      if (at % HOUR === 0) sampling.rollUpAll(at + n);
    }
  return {
    past: new PastReader(stored.db),
    samples: new SampleReader(stored.db),
    withHistory: new Set(),
  };
})();

/** What was sampled in a range: time, uid, rate and interval, in the order of a list. */
function sampledIn(from: number, to: number) {
  return TIMES.flatMap((at) =>
    EXCHANGES.flatMap((exchange, n) =>
      BASES.flatMap((base) => {
        const sample = sampleOf(`${exchange} ${base}`, at + n);
        if (sample === null || at + n < from || at + n >= to) return [];
        const { rate, intervalHours } = sample;
        return [{ at: at + n, uid: `${exchange}-${base}`, rate: roundedRate(rate), intervalHours }];
      }),
    ),
  );
}

function queryOf(from: number, to: number, more: Partial<PointsQuery> = {}): PointsQuery {
  return {
    filter: { names: null, exchanges: null, quotes: null, assetClasses: null },
    range: { fromMs: from * 1000, toMs: to * 1000 },
    asOfMs: END * 1000,
    limit: MAX_POINTS,
    after: null,
    total: null,
    ...more,
  };
}

function rowsOf<Row extends { readonly series: number }>({ series, rows }: LivePage<Row>) {
  const rowAt = flatRows(rows);
  return Array.from({ length: rows.length }, (_, index) => {
    const { series: place, ...row } = rowAt(index);
    return { uid: series[place]?.uid, ...row };
  });
}

/** All pages of a chain; each has what fits. */
function pagesOf<Row>(first: PointsQuery, read: (query: PointsQuery) => LivePage<Row>) {
  const pages: LivePage<Row>[] = [];
  let place: Pick<PointsQuery, "after" | "total"> = first;
  do {
    const page = read({ ...first, ...place });
    expect(page.count).toBeLessThanOrEqual(first.limit);
    expect(pages.length).toBeLessThan(10_000);
    pages.push(page);
    place = { after: page.next, total: page.total };
  } while (place.after !== null);
  return pages;
}

const samplesOf = (query: PointsQuery) => atOnce(livePage(known, query));
const bucketsOf = (resolution: BucketResolution) => (query: PointsQuery) =>
  atOnce(liveBucketPage(known, { ...query, resolution }));

const ranges = fc
  .tuple(
    fc.integer({ min: START - DAY, max: END + HOUR }),
    fc.oneof(
      fc.integer({ min: 0, max: 6 * HOUR }),
      fc.integer({ min: 0, max: END - START + 2 * DAY }),
    ),
  )
  .map(([from, length]): [number, number] => [from, from + length]);

describe("pages of samples", () => {
  test("have what was sampled in the range, and a time without samples stays empty", () => {
    fc.assert(
      fc.property(ranges, ([from, to]) => {
        const page = samplesOf(queryOf(from, to));
        const rows = pagesOf(queryOf(from, to), samplesOf).flatMap(rowsOf);
        expect(
          rows.map(({ atMs, uid, rate, intervalHours }) => ({
            at: atMs / 1000,
            uid,
            rate,
            intervalHours,
          })),
        ).toEqual(sampledIn(from, to));
        expect(page.total).toBe(rows.length);
        expect(rows.some(({ atMs }) => atMs >= GAP.from * 1000 && atMs < GAP.to * 1000)).toBe(
          false,
        );
      }),
      { numRuns: 25 },
    );
  });

  test("join to the same rows whatever their size", () => {
    fc.assert(
      fc.property(ranges, fc.integer({ min: 1, max: 300 }), ([from, to], limit) => {
        const short = Math.min(to, from + limit * 20 * EVERY);
        const pages = pagesOf(queryOf(from, short, { limit }), samplesOf);
        const rows = pages.flatMap(rowsOf);
        expect(rows).toEqual(pagesOf(queryOf(from, short), samplesOf).flatMap(rowsOf));
        expect(new Set(pages.map(({ total }) => total))).toEqual(new Set([rows.length]));
      }),
      { numRuns: 10 },
    );
  });

  test(`have at most ${MAX_POINTS_PER_SERIES} of one series`, () => {
    const pages = pagesOf(queryOf(START, END), samplesOf);
    expect(pages.length).toBeGreaterThan(1);
    for (const { series } of pages)
      for (const { points } of series) expect(points).toBeLessThanOrEqual(MAX_POINTS_PER_SERIES);
    expect(pages.flatMap(rowsOf)).toHaveLength(sampledIn(START, END).length);
  });
});

describe("pages of buckets", () => {
  test("equal those collected one by one, whatever their size", () => {
    fc.assert(
      fc.property(
        ranges,
        fc.constantFrom(...BUCKET_RESOLUTIONS),
        fc.integer({ min: 1, max: 300 }),
        ([from, to], resolution, limit) => {
          const length = bucketMsOf(resolution) / 1000;
          const groups = Map.groupBy(
            sampledIn(from, to),
            ({ at, uid }) => `${Math.floor(at / length) * length} ${uid}`,
          );
          const expected = [...groups].map(([key, samples]) => {
            const rates = samples.map(({ rate }) => rate);
            const [start = "", uid = ""] = key.split(" ");
            const intervals = new Set(samples.map(({ intervalHours }) => intervalHours));
            const [interval = null] = intervals.size === 1 ? intervals : [];
            return {
              uid,
              fromMs: Number(start) * 1000,
              open: rates[0] ?? Number.NaN,
              high: Math.max(...rates),
              low: Math.min(...rates),
              close: rates.at(-1) ?? Number.NaN,
              samples: rates.length,
              intervalHours: interval,
            };
          });
          const place = (uid: string) => SERIES.indexOf(uid);
          expected.sort(
            (left, right) => left.fromMs - right.fromMs || place(left.uid) - place(right.uid),
          );
          const pages = pagesOf(queryOf(from, to, { limit }), bucketsOf(resolution));
          expect<unknown>(pages.flatMap(rowsOf)).toEqual(expected);
          expect(new Set(pages.map(({ total }) => total))).toEqual(new Set([expected.length]));
        },
      ),
      { numRuns: 25 },
    );
  });
});

/** In the order in which they were first stored. */
const SERIES = known.past.everySeries().map(({ uid }) => uid);

test("each instrument says since when it has samples, those without a point, too", () => {
  const first = (uid: string) => sampledIn(START, END).find((one) => one.uid === uid)?.at;
  for (const [from, to] of [
    [START, END],
    [GAP.from, GAP.to],
    [END - HOUR, END],
  ] as const) {
    const { series } = samplesOf(queryOf(from, to));
    const points = (uid: string) => sampledIn(from, to).filter((one) => one.uid === uid).length;
    expect(series.map((one) => [one.uid, one.samplesFromMs, Math.min(one.points, 1)])).toEqual(
      SERIES.map((uid) => [uid, (first(uid) ?? Number.NaN) * 1000, Math.min(points(uid), 1)]),
    );
  }
});

test("a range of decades is read from the first sample on", () => {
  const query = queryOf(0, END);
  let steps = 0;
  const work = liveBucketPage(known, { ...query, resolution: "1d" });
  let step = work.next();
  for (; step.done !== true; step = work.next()) steps += 1;
  expect(steps).toBeLessThan(400);
  expect(step.value.total).toBe(bucketsOf("1d")(queryOf(START, END)).total);
});
