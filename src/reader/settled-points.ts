import type { PastReader, SeriesRow } from "../db/history/past-reader.ts";
import { HOUR_MS } from "../domain/funding.ts";
import { SETTLEMENT_ORIGINS } from "../domain/settlement.ts";
import type { Stepwise } from "../lib/stepwise.ts";
import {
  type HistoryRange,
  MAX_POINTS_PER_SERIES,
  type PointPlace,
} from "../services/history/history-query.ts";
import { AMOUNT_UNITS, type AmountUnit, NO_ORIGIN } from "../services/history/settled-page.ts";

/** A payment or an accrued hour of one series. */
export interface Point {
  /** Index of its series. */
  readonly series: number;
  readonly slotMs: number;
  readonly atMs: number;
  readonly amount: string;
  readonly unit: AmountUnit;
  readonly markPrice: number | null;
  /** Index in SETTLEMENT_ORIGINS, or NO_ORIGIN. */
  readonly origin: number;
  readonly estimate: number | null;
}

/** The points of one page, and whether others follow. */
export interface PointsFound {
  readonly points: readonly Point[];
  readonly hasMore: boolean;
}

/**
 * The points after `after` in the order of slots, then of series: `limit` of them, or fewer where a series would have
 * more than MAX_POINTS_PER_SERIES. They are read in windows of time that start with what fits the page if each series
 * settles hourly and double: all series are read side by side, and not much more than the page.
 */
export function* pointsAfter(
  past: PastReader,
  series: readonly SeriesRow[],
  of: { readonly range: HistoryRange; readonly after: PointPlace | null; readonly limit: number },
): Stepwise<PointsFound> {
  const { range, after, limit } = of;
  const points: Point[] = [];
  const counts = new Uint32Array(series.length);
  let fromMs = Math.max(range.fromMs, after?.slotMs ?? range.fromMs);
  let spanMs = Math.ceil((limit + 1) / Math.max(1, series.length)) * HOUR_MS;
  while (fromMs < range.toMs) {
    const window = { fromMs, toMs: Math.min(range.toMs, fromMs + spanMs) };
    const found: Point[] = [];
    for (const [index, one] of series.entries()) {
      const startMs = startFor(one, window.fromMs, after);
      for (const point of pointsOf(past, one, index, { ...window, fromMs: startMs }))
        found.push(point);
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
    fromMs = window.toMs;
    spanMs *= 2;
  }
  return { points, hasMore: false };
}

/** A series up to the place continues after its slot, the others with it. */
function startFor({ id }: SeriesRow, fromMs: number, after: PointPlace | null): number {
  if (after === null || fromMs > after.slotMs) return fromMs;
  return id <= after.seriesId ? after.slotMs + 1 : after.slotMs;
}

/** One more than a page can show: more than that would be read in vain. */
const MAX_READ = MAX_POINTS_PER_SERIES + 1;

function pointsOf(
  past: PastReader,
  { id, accrual }: SeriesRow,
  series: number,
  { fromMs, toMs }: HistoryRange,
): Point[] {
  if (accrual === "continuous")
    return past.accruals(id, fromMs, toMs, MAX_READ).map(({ hourEndMs, amount, unit }) => ({
      series,
      slotMs: hourEndMs,
      atMs: hourEndMs,
      amount,
      unit,
      markPrice: null,
      origin: NO_ORIGIN,
      estimate: null,
    }));
  return past.settlements(id, fromMs, toMs, MAX_READ).map((row) => ({
    series,
    slotMs: row.slotMs,
    atMs: row.slotMs + row.offsetMs,
    amount: row.rate,
    unit: "rate",
    markPrice: row.markPrice,
    origin: SETTLEMENT_ORIGINS.indexOf(row.origin),
    estimate: row.estimate,
  }));
}

/** Index in AMOUNT_UNITS. */
export function unitIndex(unit: AmountUnit): number {
  return AMOUNT_UNITS.indexOf(unit);
}
