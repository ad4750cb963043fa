import type { SeriesRow } from "../../db/history/past-reader.ts";
import type { LedgerRange } from "./gap-ledger.ts";
import type { FlatSpec, FlatTable } from "../../lib/flat-table.ts";
import type { HistoryRange, PointPlace, PointsQuery } from "./history-query.ts";
import type { BucketResolution, SettledBucket } from "./series.ts";

/** A series on a page: the number of its points, and what the time covered by the page lacks of it. */
export interface PageSeries extends SeriesRow {
  readonly points: number;
  /** Ascending, at most MAX_LACKING_RANGES of them; empty if complete. */
  readonly lacking: readonly LedgerRange[];
  readonly lackingRanges: number;
  /** Accrued hours that are in none of its points, because no price makes fractions of them. */
  readonly unpriced: number;
}

/** Ranges that an answer names per series; a past with more holes than this is not described by a list of them. */
export const MAX_LACKING_RANGES = 100;

/** What the amount of a point is. */
export const AMOUNT_UNITS = ["rate", "fraction", "quote_per_unit"] as const;
export type AmountUnit = (typeof AMOUNT_UNITS)[number];

/** Index of an origin that does not exist: accrued amounts have none. */
export const NO_ORIGIN = 255;

/** Points as columns, which cross a thread boundary without being copied. All have the same length. */
export interface SettledColumns {
  /** Index in `series` of the page. */
  readonly series: Uint32Array<ArrayBuffer>;
  readonly slotMs: Float64Array<ArrayBuffer>;
  readonly atMs: Float64Array<ArrayBuffer>;
  /** Decimal texts, one a line. */
  readonly amounts: string;
  /** Index in AMOUNT_UNITS. */
  readonly unit: Uint8Array<ArrayBuffer>;
  /** 0: unknown. */
  readonly intervalHours: Uint8Array<ArrayBuffer>;
  /** NaN: unknown. */
  readonly markPrice: Float64Array<ArrayBuffer>;
  /** Index in SETTLEMENT_ORIGINS, or NO_ORIGIN. */
  readonly origin: Uint8Array<ArrayBuffer>;
  /** NaN: there was none. */
  readonly estimate: Float64Array<ArrayBuffer>;
}

export interface SettledPage {
  readonly series: readonly PageSeries[];
  readonly points: SettledColumns;
  readonly count: number;
  /** Points on all pages. */
  readonly total: number;
  /** The time that this page covers; the whole range if it is the only one. */
  readonly covered: HistoryRange;
  /** The last point, if more follow. */
  readonly next: PointPlace | null;
}

/** One page of sums over equal lengths of time. */
export interface BucketQuery extends PointsQuery {
  readonly resolution: BucketResolution;
}

/** A sum: `fromMs` is the start of its time, a multiple of the resolution. */
export interface BucketRow extends SettledBucket {
  /** Index in `series` of the page. */
  readonly series: number;
}

export const BUCKET_COLUMNS = {
  series: "integer",
  fromMs: "integer",
  count: "integer",
  sum: "text",
  sumPct: "number",
  meanPct: "number",
} as const satisfies FlatSpec<BucketRow>;

export interface BucketPage extends Omit<SettledPage, "points"> {
  readonly buckets: FlatTable<BucketRow>;
}
