import type { ExchangeStatus } from "../domain/exchange.ts";
import type { Flag } from "../domain/flags.ts";
import type { SortField, SortOrder } from "../services/finder/funding-query.ts";

/** An exchange's freshness and fee as shown on the page. */
export interface ExchangeCard {
  readonly name: string;
  readonly status: ExchangeStatus;
  readonly symbols: number;
  readonly ageSeconds: number | null;
  /** Basis points per fill, null if unknown. */
  readonly takerFeeBps: number | null;
  /** What the fee leaves out: other orders, contracts or accounts may pay a different one. */
  readonly takerFeeNote: string | null;
}

/** One row of the table, in the units of the domain. */
export interface RateLine {
  readonly exchange: string;
  readonly exchangeSymbol: string;
  readonly symbol: string;
  readonly fundingRate: number;
  readonly annualizedPct: number | null;
  readonly intervalHours: number | null;
  readonly nextFundingAtMs: number | null;
  readonly volume24hUsd: number | null;
  readonly openInterestUsd: number | null;
  readonly flags: readonly Flag[];
}

/** Everything shown on the front page. */
export interface BoardPageModel {
  readonly snapshotId: string;
  readonly asOfMs: number;
  readonly totalRows: number;
  /** Number of trusted rows, from which the table is chosen. */
  readonly trustedRows: number;
  readonly exchanges: readonly ExchangeCard[];
  /** Exchanges without current rates. */
  readonly missing: readonly Pick<ExchangeCard, "name" | "status">[];
  readonly lines: readonly RateLine[];
  readonly sort: SortField;
  readonly order: SortOrder;
}
