import type { SeriesRow } from "../../db/history/past-reader.ts";
import type { FlatSpec, FlatTable } from "../../lib/flat-table.ts";
import type { HistoryRange, PointPlace, PointsQuery } from "./history-query.ts";
import type { BucketResolution, LiveBucket } from "./series.ts";

/** A series on a page of samples: the number of its points, and since when it has samples. */
export interface LiveSeries extends SeriesRow {
  readonly points: number;
  /** The time of the first sample that is kept, unix ms; null if there is none up to the time of the answer. */
  readonly samplesFromMs: number | null;
}

/** A live rate as it was sampled. Null: unknown then, or not sampled at that moment. Times are unix ms. */
export interface LivePointRow {
  /** Index in `series` of the page. */
  readonly series: number;
  readonly atMs: number;
  /** A fraction per interval. */
  readonly rate: number;
  readonly intervalHours: number | null;
  readonly nextFundingAtMs: number | null;
  readonly markPrice: number | null;
  readonly indexPrice: number | null;
  readonly openInterestUsd: number | null;
  readonly volume24hUsd: number | null;
}

export const LIVE_POINT_COLUMNS = {
  series: "integer",
  atMs: "integer",
  rate: "number",
  intervalHours: "number",
  nextFundingAtMs: "integer",
  markPrice: "number",
  indexPrice: "number",
  openInterestUsd: "number",
  volume24hUsd: "number",
} as const satisfies FlatSpec<LivePointRow>;

/** One page of what was sampled in equal lengths of time. */
export interface LiveBucketQuery extends PointsQuery {
  readonly resolution: BucketResolution;
}

/** What was sampled in one of them: `fromMs` is its start, a multiple of the resolution. */
export interface LiveBucketRow extends LiveBucket {
  /** Index in `series` of the page. */
  readonly series: number;
}

export const LIVE_BUCKET_COLUMNS = {
  series: "integer",
  fromMs: "integer",
  open: "number",
  high: "number",
  low: "number",
  close: "number",
  samples: "integer",
  intervalHours: "number",
} as const satisfies FlatSpec<LiveBucketRow>;

export interface LivePage<Row> {
  readonly series: readonly LiveSeries[];
  readonly rows: FlatTable<Row>;
  readonly count: number;
  /** Points on all pages. */
  readonly total: number;
  /** Hours, days and months of samples of an exchange that are damaged, and left out of this page. */
  readonly unreadable: number;
  /** The time that this page covers; the whole range if it is the only one. */
  readonly covered: HistoryRange;
  /** The last point, if more follow. */
  readonly next: PointPlace | null;
}
