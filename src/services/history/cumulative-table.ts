import type { SeriesRow } from "../../db/history/past-reader.ts";
import type { FlatSpec, FlatTable } from "../../lib/flat-table.ts";
import type { Cumulative, SignRun } from "./cumulative.ts";
import type { HistoryRange } from "./history-query.ts";
import type { SeriesFilter } from "./series-filter.ts";

/** A question about many series at once. */
export interface TableQuery {
  readonly filter: SeriesFilter;
  readonly range: HistoryRange;
  /** The time that the question is answered for, unix ms. */
  readonly asOfMs: number;
}

/**
 * Payments read for one question, at three microseconds each on a busy machine: well within its time-out. A month of
 * 12,000 instruments has some 1.6 million.
 */
export const MAX_SCANNED = 2_000_000;

/** More than MAX_SCANNED payments would have to be read. */
export interface TooWide {
  readonly kind: "too_wide";
  readonly payments: number;
}

/** A row for each series, or why there is none. */
export type TableAnswer<Row> = { readonly kind: "table"; readonly table: FlatTable<Row> } | TooWide;

/** What identifies a series in a table. */
export type SeriesCells = Pick<
  SeriesRow,
  "uid" | "exchange" | "exchangeSymbol" | "base" | "quote" | "assetClass" | "accrual"
>;

export const SERIES_COLUMNS = {
  uid: "text",
  exchange: "text",
  exchangeSymbol: "text",
  base: "text",
  quote: "text",
  assetClass: "text",
  accrual: "text",
} as const satisfies FlatSpec<SeriesCells>;

/** What a series charged over a range. */
export interface CumulativeRow extends SeriesCells, Omit<Cumulative, "longestRun" | "lacking"> {
  readonly isComplete: boolean;
  readonly runSign: SignRun["sign"] | null;
  readonly runCount: number | null;
  readonly runHours: number | null;
  readonly runFirstSlotMs: number | null;
  readonly runLastSlotMs: number | null;
}

export const CUMULATIVE_COLUMNS = {
  ...SERIES_COLUMNS,
  count: "integer",
  estimated: "integer",
  unpriced: "integer",
  sum: "text",
  sumPct: "number",
  noSum: "text",
  coveredHours: "number",
  annualizedPct: "number",
  positiveShare: "number",
  signFlips: "integer",
  expected: "integer",
  completeness: "number",
  isComplete: "boolean",
  runSign: "text",
  runCount: "integer",
  runHours: "number",
  runFirstSlotMs: "integer",
  runLastSlotMs: "integer",
} as const satisfies FlatSpec<CumulativeRow>;
