import type { SeriesRow } from "../db/history/past-reader.ts";
import type { Stepwise } from "../lib/stepwise.ts";
import type { HistoryRange, SettledQuery } from "../services/history/history-query.ts";
import {
  MAX_LACKING_RANGES,
  type PageSeries,
  type SettledColumns,
  type SettledPage,
} from "../services/history/settled-page.ts";
import { chosenSeries } from "./chosen-series.ts";
import { type JudgedCharges, judgedCharges, type KnownPast } from "./known-past.ts";
import { type Point, pointsAfter, type PointsFound, unitIndex } from "./settled-points.ts";

/** One page of payments and accrued hours, with the interval of each and what the page lacks. */
export function* settledPage(known: KnownPast, query: SettledQuery): Stepwise<SettledPage> {
  const { filter, asOfMs } = query;
  const series = chosenSeries(known.past, filter);
  yield;
  const found = yield* pointsAfter(known.past, series, query);
  const judged: JudgedCharges[] = [];
  for (const one of series) {
    judged.push(judgedCharges(known, one, coveredBy(one, series, query, found), asOfMs));
    yield;
  }
  const counts = new Uint32Array(series.length);
  for (const point of found.points) counts[point.series] = (counts[point.series] ?? 0) + 1;
  const total = query.total ?? (yield* countAll(known, series, query.range));
  const last = found.points.at(-1);
  const lastSeries = last === undefined ? undefined : series[last.series];
  const { shown, places } = shownSeries(series, counts, judged);
  return {
    series: shown,
    points: columnsOf(found.points, places, judged),
    count: found.points.length,
    total,
    covered: {
      fromMs: query.after?.slotMs ?? query.range.fromMs,
      toMs: found.hasMore && last !== undefined ? last.slotMs + 1 : query.range.toMs,
    },
    next:
      found.hasMore && last !== undefined && lastSeries !== undefined
        ? { slotMs: last.slotMs, seriesId: lastSeries.id }
        : null,
  };
}

/** The time that the page covers of one series: a page may end between two series at one slot. */
function coveredBy(
  { id }: SeriesRow,
  series: readonly SeriesRow[],
  { range, after }: SettledQuery,
  { points, hasMore }: PointsFound,
): HistoryRange {
  const last = hasMore ? points.at(-1) : undefined;
  const lastId = last === undefined ? 0 : (series[last.series]?.id ?? 0);
  const fromMs = after === null ? range.fromMs : after.slotMs + (id <= after.seriesId ? 1 : 0);
  const toMs = last === undefined ? range.toMs : last.slotMs + (id <= lastId ? 1 : 0);
  return { fromMs, toMs: Math.max(fromMs, toMs) };
}

function* countAll(
  { past }: KnownPast,
  series: readonly SeriesRow[],
  { fromMs, toMs }: HistoryRange,
): Stepwise<number> {
  let total = 0;
  for (const { id, accrual } of series) {
    total +=
      accrual === "continuous"
        ? past.countAccruals(id, fromMs, toMs)
        : past.countSettlements(id, fromMs, toMs);
    yield;
  }
  return total;
}

/** Those with a point on the page, or that lack one; and the place of each series among them. */
function shownSeries(
  series: readonly SeriesRow[],
  counts: Uint32Array,
  judged: readonly JudgedCharges[],
) {
  const shown: PageSeries[] = [];
  const places = new Uint32Array(series.length);
  for (const [index, one] of series.entries()) {
    const points = counts[index] ?? 0;
    const lacking = judged[index]?.lacking ?? [];
    if (points === 0 && lacking.length === 0) continue;
    places[index] = shown.length;
    shown.push({
      ...one,
      points,
      lacking: lacking.slice(0, MAX_LACKING_RANGES),
      lackingRanges: lacking.length,
    });
  }
  return { shown, places };
}

function columnsOf(
  points: readonly Point[],
  places: Uint32Array,
  judged: readonly JudgedCharges[],
): SettledColumns {
  const { length } = points;
  const columns = {
    series: new Uint32Array(length),
    slotMs: new Float64Array(length),
    atMs: new Float64Array(length),
    unit: new Uint8Array(length),
    intervalHours: new Uint8Array(length),
    markPrice: new Float64Array(length),
    origin: new Uint8Array(length),
    estimate: new Float64Array(length),
  };
  const amounts: string[] = [];
  // Points and charges of a series are the same rows in the same order.
  const next = new Uint32Array(places.length);
  for (const [row, point] of points.entries()) {
    const at = next[point.series] ?? 0;
    next[point.series] = at + 1;
    const charge = judged[point.series]?.charges[at];
    columns.series[row] = places[point.series] ?? 0;
    columns.slotMs[row] = point.slotMs;
    columns.atMs[row] = point.atMs;
    columns.unit[row] = unitIndex(point.unit);
    columns.intervalHours[row] = charge?.slotMs === point.slotMs ? (charge.intervalHours ?? 0) : 0;
    columns.markPrice[row] = point.markPrice ?? Number.NaN;
    columns.origin[row] = point.origin;
    columns.estimate[row] = point.estimate ?? Number.NaN;
    amounts.push(point.amount);
  }
  return { ...columns, amounts: amounts.join("\n") };
}
