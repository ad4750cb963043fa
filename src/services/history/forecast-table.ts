import { HOUR_MS } from "../../domain/funding.ts";
import type { FlatSpec, FlatTable } from "../../lib/flat-table.ts";
import type { ForecastError } from "./forecast-error.ts";
import { visibleFromMs } from "./history-depth.ts";
import type { HistoryRange } from "./history-query.ts";
import type { SeriesFilter } from "./series-filter.ts";

/** The longest time that is looked back. */
export const MAX_FORECAST_DAYS = 30;

/** A question about the live rates before settlements. */
export interface ForecastQuery {
  readonly filter: SeriesFilter;
  /** Of the slots. */
  readonly range: HistoryRange;
}

const DAY_MS = 24 * HOUR_MS;

/** The last days up to the last full hour, half-open: the same for the whole hour. */
export function slotsUntil(asOfMs: number, days: number): HistoryRange {
  const toMs = Math.floor(asOfMs / HOUR_MS) * HOUR_MS;
  return { fromMs: visibleFromMs(toMs - days * DAY_MS), toMs };
}

/**
 * Days of all series of one question together, whose samples are read in a millisecond each on a busy machine: within
 * its time-out. A week of 850 series.
 */
export const MAX_SERIES_DAYS = 6_000;

export const FORECAST_COLUMNS = {
  exchange: "text",
  intervalHours: "number",
  horizonHours: "integer",
  count: "integer",
  biasPct: "number",
  p10Pct: "number",
  p50Pct: "number",
  p90Pct: "number",
} as const satisfies FlatSpec<ForecastError>;

export type ForecastAnswer =
  | {
      readonly kind: "table";
      readonly table: FlatTable<ForecastError>;
      /** Whose live rates were compared, as far as there are any. */
      readonly instruments: number;
      /** Left out: what they charge is not a rate at a slot. */
      readonly continuous: number;
      /** Days, hours and months of an exchange whose samples are damaged, and left out. */
      readonly unreadable: number;
    }
  /** More than MAX_SERIES_DAYS. */
  | { readonly kind: "too_wide"; readonly seriesDays: number };
