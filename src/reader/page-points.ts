import type { SeriesRow } from "../db/history/past-reader.ts";
import { HOUR_MS } from "../domain/funding.ts";
import type { Stepwise } from "../lib/stepwise.ts";
import {
  type HistoryRange,
  MAX_POINTS_PER_SERIES,
  type PointPlace,
  type PointsQuery,
} from "../services/history/history-query.ts";
import type { LedgerRange } from "../services/history/gap-ledger.ts";
import { MAX_LACKING_RANGES, type PageSeries } from "../services/history/settled-page.ts";
import { chosenSeries } from "./chosen-series.ts";
import { type JudgedCharges, judgedCharges, type KnownPast } from "./known-past.ts";

/** A point of a list in the order of time. */
export interface Placed {
  /** Index of its series. */
  readonly series: number;
  readonly slotMs: number;
}

/** Where points come from. */
export interface PointReading<Point extends Placed> {
  /** The time that a point stands for, from its slot on; 1 for a moment. */
  readonly stepMs: number;
  /** How often a series has a point, about. */
  readonly everyMs: number;
  /**
   * The points of a series in a range that consists of whole steps, ascending; only the first ones, if they are more
   * than MAX_POINTS_PER_SERIES.
   */
  readonly read: (
    series: SeriesRow,
    index: number,
    range: HistoryRange,
  ) => Stepwise<readonly Point[]>;
  /** Where points are sums of fractions of notional: how many accrued hours of a range are in none, without a price. */
  readonly unpriced?: (series: SeriesRow, range: HistoryRange) => Stepwise<number>;
  /** How many it has in the whole range. */
  readonly count: (series: SeriesRow) => Stepwise<number>;
}

/** One page. */
interface PointsRead<Point extends Placed> {
  readonly points: readonly Point[];
  readonly total: number;
  readonly covered: HistoryRange;
  readonly next: PointPlace | null;
}

/** One page, with what the time that it covers lacks. */
interface PageRead<Point extends Placed> extends PointsRead<Point> {
  /** Those with a point on the page, or that lack one. */
  readonly shown: readonly PageSeries[];
  /** The index among `shown`, by index of a series. */
  readonly places: Uint32Array;
  readonly judged: readonly JudgedCharges[];
}

/** Reads the page of a query, and judges what it lacks. */
export function* pageRead<Point extends Placed>(
  known: KnownPast,
  query: PointsQuery,
  reading: PointReading<Point>,
): Stepwise<PageRead<Point>> {
  const series = chosenSeries(known.past, query.filter);
  yield;
  const page = yield* readPoints(series, query, reading);
  const judged: JudgedCharges[] = [];
  const unpriced = new Uint32Array(series.length);
  for (const [index, one] of series.entries()) {
    const covered = coveredBy(one, query, page.next, reading.stepMs);
    judged.push(judgedCharges(known, one, covered, query.asOfMs));
    if (reading.unpriced !== undefined) unpriced[index] = yield* reading.unpriced(one, covered);
    yield;
  }
  return { ...page, judged, ...shownSeries(series, page.points, judged, unpriced) };
}

/** Reads the page of a query. */
export function* readPoints<Point extends Placed>(
  series: readonly SeriesRow[],
  query: PointsQuery,
  reading: PointReading<Point>,
): Stepwise<PointsRead<Point>> {
  const { stepMs } = reading;
  const { points, hasMore } = yield* pointsAfter(series, query, reading);
  const last = hasMore ? points.at(-1) : undefined;
  const lastSeries = last === undefined ? undefined : series[last.series];
  const next =
    last === undefined || lastSeries === undefined
      ? null
      : { slotMs: last.slotMs, seriesId: lastSeries.id };
  return {
    points,
    total: query.total ?? (yield* countAll(series, reading)),
    next,
    covered: {
      fromMs: Math.max(query.range.fromMs, query.after?.slotMs ?? query.range.fromMs),
      toMs: next === null ? query.range.toMs : next.slotMs + stepMs,
    },
  };
}

/** The points of one page, and whether others follow. */
interface PointsFound<Point> {
  readonly points: readonly Point[];
  readonly hasMore: boolean;
}

/**
 * The points after `after` in the order of slots, then of series: `limit` of them, or fewer where a series would have
 * more than MAX_POINTS_PER_SERIES. They are read in windows of time that start with what fits the page if each series
 * has one every `everyMs`, an hour at least, and double: all series are read side by side, and not much more than the
 * page.
 */
function* pointsAfter<Point extends Placed>(
  series: readonly SeriesRow[],
  { range, after, limit }: PointsQuery,
  { stepMs, everyMs, read }: PointReading<Point>,
): Stepwise<PointsFound<Point>> {
  const points: Point[] = [];
  const counts = new Uint32Array(series.length);
  const startMs = Math.max(range.fromMs, after?.slotMs ?? range.fromMs);
  let fromMs = Math.floor(startMs / stepMs) * stepMs;
  const pointsEach = Math.ceil((limit + 1) / Math.max(1, series.length));
  // Whole steps: both are whole hours, or a step is a moment.
  let spanMs = Math.max(HOUR_MS, pointsEach * everyMs);
  while (fromMs < range.toMs) {
    const windowEndMs = fromMs + spanMs;
    const found: Point[] = [];
    for (const [index, one] of series.entries()) {
      const from = startFor(one, fromMs, after, stepMs);
      const toMs = stepMs > 1 ? windowEndMs : Math.min(range.toMs, windowEndMs);
      for (const point of yield* read(one, index, { fromMs: from, toMs })) found.push(point);
      yield;
    }
    found.sort((left, right) => left.slotMs - right.slotMs || left.series - right.series);
    for (const point of found) {
      const count = counts[point.series] ?? 0;
      if (points.length >= limit || count >= MAX_POINTS_PER_SERIES)
        return { points, hasMore: true };
      counts[point.series] = count + 1;
      points.push(point);
    }
    yield;
    fromMs = windowEndMs;
    spanMs *= 2;
  }
  return { points, hasMore: false };
}

/** A series up to the place continues after its slot, the others with it. */
function startFor(
  { id }: SeriesRow,
  fromMs: number,
  after: PointPlace | null,
  stepMs: number,
): number {
  if (after === null || fromMs > after.slotMs) return fromMs;
  return id <= after.seriesId ? after.slotMs + stepMs : after.slotMs;
}

/** The time that the page covers of one series: a page may end between two series at one slot. */
function coveredBy(
  { id }: SeriesRow,
  { range, after }: PointsQuery,
  next: PointPlace | null,
  stepMs: number,
): HistoryRange {
  const startMs =
    after === null ? range.fromMs : after.slotMs + (id <= after.seriesId ? stepMs : 0);
  // The first length of time may begin before the range.
  const fromMs = Math.max(range.fromMs, startMs);
  const toMs = next === null ? range.toMs : next.slotMs + (id <= next.seriesId ? stepMs : 0);
  return { fromMs, toMs: Math.max(fromMs, Math.min(toMs, range.toMs)) };
}

function* countAll<Point extends Placed>(
  series: readonly SeriesRow[],
  { count }: PointReading<Point>,
): Stepwise<number> {
  let total = 0;
  for (const one of series) {
    total += yield* count(one);
    yield;
  }
  return total;
}

/** Those with a point on the page, or that lack one; and the place of each series among them. */
function shownSeries(
  series: readonly SeriesRow[],
  points: readonly Placed[],
  judged: readonly JudgedCharges[],
  unpriced: Uint32Array,
) {
  const counts = new Uint32Array(series.length);
  for (const point of points) counts[point.series] = (counts[point.series] ?? 0) + 1;
  const shown: PageSeries[] = [];
  const places = new Uint32Array(series.length);
  for (const [index, one] of series.entries()) {
    const count = counts[index] ?? 0;
    const lacking = judged[index]?.lacking ?? [];
    const without = unpriced[index] ?? 0;
    if (count === 0 && lacking.length === 0 && without === 0) continue;
    places[index] = shown.length;
    shown.push(pageSeries(one, count, lacking, without));
  }
  return { shown, places };
}

/** A series with the number of its points on a page, and what the page lacks of it. */
export function pageSeries(
  series: SeriesRow,
  points: number,
  lacking: readonly LedgerRange[],
  unpriced: number,
): PageSeries {
  return {
    ...series,
    points,
    unpriced,
    lacking: lacking.slice(0, MAX_LACKING_RANGES),
    lackingRanges: lacking.length,
  };
}
