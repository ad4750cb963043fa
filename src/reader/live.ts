import type { SeriesRow } from "../db/history/past-reader.ts";
import { type FlatSpec, flatTable } from "../lib/flat-table.ts";
import type { Stepwise } from "../lib/stepwise.ts";
import {
  type HistoryRange,
  MAX_POINTS_PER_SERIES,
  type PointsQuery,
} from "../services/history/history-query.ts";
import {
  LIVE_BUCKET_COLUMNS,
  LIVE_POINT_COLUMNS,
  type LiveBucketQuery,
  type LiveBucketRow,
  type LivePage,
  type LivePointRow,
  type LiveSeries,
} from "../services/history/live-page.ts";
import { bucketMsOf, liveBuckets } from "../services/history/series.ts";
import { chosenSeries } from "./chosen-series.ts";
import { eachMonth, firstSampleMs, type Sampled, sampledIn, sampleRows } from "./live-points.ts";
import type { KnownPast } from "./known-past.ts";
import { type Placed, type PointReading, readPoints } from "./page-points.ts";

/** How often samples are taken, about. */
const SAMPLED_EVERY_MS = 60_000;

/** One more than a page can show: more than that would be read in vain. */
const MAX_READ = MAX_POINTS_PER_SERIES + 1;

/** One page of samples. */
export function* livePage(known: KnownPast, query: PointsQuery): Stepwise<LivePage<LivePointRow>> {
  const sampled = sampledIn(known);
  const counted = sampledIn(known);
  return yield* pageOf<LivePointRow>(
    known,
    { query, spec: LIVE_POINT_COLUMNS, sampled },
    {
      stepMs: 1,
      everyMs: SAMPLED_EVERY_MS,
      *read(one, series, range) {
        const points: (LivePointRow & Placed)[] = [];
        yield* eachMonth(sampled, one, range, {
          withMarket: true,
          take: (columns) => {
            for (const row of sampleRows(columns)) {
              points.push({ series, slotMs: row.atMs, ...row });
              if (points.length === MAX_READ) return "enough";
            }
            return "more";
          },
        });
        return points;
      },
      *count(one) {
        let count = 0;
        yield* eachMonth(counted, one, query.range, {
          withMarket: false,
          take: ({ times }) => {
            count += times.length;
            return "more";
          },
        });
        return count;
      },
    },
  );
}

/** One page of what was sampled in equal lengths of time: lengths without samples are left out. */
export function* liveBucketPage(
  known: KnownPast,
  query: LiveBucketQuery,
): Stepwise<LivePage<LiveBucketRow>> {
  const { range, resolution } = query;
  const stepMs = bucketMsOf(resolution);
  const sampled = sampledIn(known);
  const counted = sampledIn(known);
  return yield* pageOf<LiveBucketRow>(
    known,
    { query, spec: LIVE_BUCKET_COLUMNS, sampled },
    {
      stepMs,
      everyMs: stepMs,
      *read(one, series, window) {
        const points: (LiveBucketRow & Placed)[] = [];
        const within = {
          fromMs: Math.max(window.fromMs, range.fromMs),
          toMs: Math.min(window.toMs, range.toMs),
        };
        yield* eachMonth(sampled, one, within, {
          withMarket: false,
          take: (columns) => {
            for (const bucket of liveBuckets([...sampleRows(columns)], within, resolution))
              points.push({ series, slotMs: bucket.fromMs, ...bucket });
            return points.length >= MAX_READ ? "enough" : "more";
          },
        });
        return points;
      },
      *count(one) {
        let count = 0;
        yield* eachMonth(counted, one, range, {
          withMarket: false,
          take: ({ times }) => {
            count += stepsWith(times, stepMs);
            return "more";
          },
        });
        return count;
      },
    },
  );
}

/** In how many steps there is at least one of ascending times (unix seconds). */
function stepsWith(times: Float64Array, stepMs: number): number {
  let count = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    const step = Math.floor((time * 1000) / stepMs);
    if (step !== last) count += 1;
    last = step;
  }
  return count;
}

function* pageOf<Row extends { readonly [Name in keyof Row]: number | null } & { series: number }>(
  known: KnownPast,
  {
    query,
    spec,
    sampled,
  }: {
    readonly query: PointsQuery;
    readonly spec: FlatSpec<Row>;
    /** What `reading` reads from. */
    readonly sampled: Sampled;
  },
  reading: PointReading<Row & Placed>,
): Stepwise<LivePage<Row>> {
  const series = chosenSeries(known.past, query.filter);
  yield;
  const { points, ...page } = yield* readPoints(series, query, reading);
  const { shown, places } = yield* seriesShown(known, series, points, page.covered, query.asOfMs);
  const rows = points.map((point) => ({ ...point, series: places[point.series] ?? 0 }));
  return {
    ...page,
    series: shown,
    rows: yield* flatTable(spec, rows),
    count: rows.length,
    unreadable: sampled.damaged.size,
  };
}

/** Those with a point on the page, or that were known in its time; and the place of each series among them. */
function* seriesShown(
  known: KnownPast,
  series: readonly SeriesRow[],
  points: readonly Placed[],
  covered: HistoryRange,
  asOfMs: number,
): Stepwise<{ readonly shown: readonly LiveSeries[]; readonly places: Uint32Array }> {
  const counts = new Uint32Array(series.length);
  for (const point of points) counts[point.series] = (counts[point.series] ?? 0) + 1;
  const sampled = sampledIn(known);
  const shown: LiveSeries[] = [];
  const places = new Uint32Array(series.length);
  for (const [index, one] of series.entries()) {
    const count = counts[index] ?? 0;
    if (count === 0 && hadEnded(one, covered)) continue;
    const samplesFromMs = yield* firstSampleMs(sampled, one, asOfMs + 1);
    if (count === 0 && hadNotBegun(one, samplesFromMs, covered)) continue;
    places[index] = shown.length;
    shown.push({ ...one, points: count, samplesFromMs });
  }
  return { shown, places };
}

export function hadEnded({ endedAtMs }: SeriesRow, covered: HistoryRange): boolean {
  return endedAtMs !== null && endedAtMs <= covered.fromMs;
}

/** `samplesFromMs`: of its first sample; null without any. */
export function hadNotBegun(
  { firstSeenMs }: SeriesRow,
  samplesFromMs: number | null,
  covered: HistoryRange,
): boolean {
  return Math.min(firstSeenMs, samplesFromMs ?? firstSeenMs) >= covered.toMs;
}
