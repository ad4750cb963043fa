import type { SeriesRow } from "../../db/history/past-reader.ts";
import type { FlatSpec, FlatTable } from "../../lib/flat-table.ts";
import type { BacktestQuery, BacktestResult, EquityPoint, Lacking } from "./backtest-query.ts";

/** A leg as asked for. */
export interface LegQuery {
  readonly uid: string;
  /** Basis points of notional per fill. */
  readonly feeBps: number;
}

/** A pair over what was really charged. */
export interface PairQuery extends BacktestQuery {
  readonly long: LegQuery;
  readonly short: LegQuery;
  /** The time that the question is answered for, unix ms. */
  readonly asOfMs: number;
}

/** The longest range with rules that need the live rates: some 50,000 of each leg a month. */
export const MAX_THRESHOLD_DAYS = 31;

/** Default of the net yearly spread under which the rule closes a position, percent. */
export const LEAVE_UNDER_PCT = 0;

export const POINT_COLUMNS = {
  atMs: "integer",
  kind: "text",
  longUsd: "number",
  shortUsd: "number",
  equityUsd: "number",
  isProRata: "boolean",
} as const satisfies FlatSpec<EquityPoint>;

interface Legs {
  readonly long: SeriesRow;
  readonly short: SeriesRow;
  /** Hours, days and months of samples of an exchange that are damaged, and left out. */
  readonly unreadable: number;
}

export type BacktestAnswer =
  | (Legs & Omit<BacktestResult, "curve"> & { readonly curve: FlatTable<EquityPoint> })
  | (Legs & { readonly kind: "refused"; readonly lacking: readonly Lacking[] })
  /** No past is known of this leg. */
  | { readonly kind: "unknown"; readonly side: "long" | "short" }
  /** The legs are not of one asset: their asset ids, or their tickers if one of them was never identified. */
  | { readonly kind: "two_assets"; readonly long: string; readonly short: string };
