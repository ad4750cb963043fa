import { visibleFromMs } from "./history-depth.ts";
import { MAX_RAW_RANGE_MS, SERIES_DEFAULTS } from "./series.ts";
import type { SeriesFilter } from "./series-filter.ts";

/** Points of one series on one page. */
export const MAX_POINTS_PER_SERIES = SERIES_DEFAULTS.maxPointsPerSeries;

/** Points of all series on one page. */
export const MAX_POINTS = SERIES_DEFAULTS.maxPoints;

const DAY_MS = 24 * 3_600_000;

/** The longest range of single points, in days. */
export const MAX_RAW_DAYS = MAX_RAW_RANGE_MS / DAY_MS;

/** The defaults. */
export const HISTORY_DEFAULTS = {
  /** The range, up to and including the time of the answer. */
  spanMs: 7 * DAY_MS,
} as const;

/** Half-open: fromMs <= slot < toMs, unix ms. */
export interface HistoryRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The range of a question, `asOfMs` being the time that it is answered for: without an end up to and including that
 * time, without a start HISTORY_DEFAULTS.spanMs before the end. Nothing after `asOfMs` is in it.
 */
export function historyRange(
  { fromMs, toMs }: { readonly fromMs: number | null; readonly toMs: number | null },
  asOfMs: number,
): HistoryRange {
  const latestMs = asOfMs + 1;
  const endMs = Math.min(toMs ?? latestMs, latestMs);
  const startMs = fromMs ?? (toMs ?? latestMs) - HISTORY_DEFAULTS.spanMs;
  return { fromMs: visibleFromMs(Math.min(startMs, endMs)), toMs: endMs };
}

/** Whether single points may be shown over this range. */
export function isShortEnough({ fromMs, toMs }: HistoryRange): boolean {
  return toMs - fromMs <= MAX_RAW_RANGE_MS;
}

/** Where a page starts: after this point, in the order of slots, then of series. */
export interface PointPlace {
  readonly slotMs: number;
  /** The history file's own id. */
  readonly seriesId: number;
}

/** One page of points of the past: of settlements and the hours of continuous contracts, or of samples. */
export interface PointsQuery {
  readonly filter: SeriesFilter;
  readonly range: HistoryRange;
  /** The time that the question is answered for: what is due by then is expected. */
  readonly asOfMs: number;
  /** At most MAX_POINTS. */
  readonly limit: number;
  /** Null: the first page. */
  readonly after: PointPlace | null;
  /** The number of points on all pages, if an earlier page has counted them. */
  readonly total: number | null;
}
