import type { ExchangeStatus } from "../domain/exchange.ts";
import type { Flag } from "../domain/flags.ts";
import type { SortField, SortOrder } from "../services/finder/funding-query.ts";

/** One exchange's freshness and fee as the page shows them. */
export interface ExchangeCard {
  readonly name: string;
  readonly status: ExchangeStatus;
  readonly symbols: number;
  readonly ageSeconds: number | null;
  /** Basis points of one fill, null where nobody vouches for a fee. */
  readonly takerFeeBps: number | null;
  /** What the fee leaves out: an exchange may take another one for other orders, contracts or accounts. */
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

/** Everything that the front page shows. */
export interface BoardPageModel {
  readonly snapshotId: string;
  readonly asOfMs: number;
  readonly totalRows: number;
  /** Rows that can be trusted: the table is chosen from them. */
  readonly trustedRows: number;
  readonly exchanges: readonly ExchangeCard[];
  /** Those of them whose rates are not there or not of now. */
  readonly missing: readonly Pick<ExchangeCard, "name" | "status">[];
  readonly lines: readonly RateLine[];
  readonly sort: SortField;
  readonly order: SortOrder;
}
