/** What an instrument is a claim on; null if the exchange does not say. */
export const ASSET_CLASSES = [
  "crypto",
  "stock",
  "etf",
  "index",
  "metal",
  "commodity",
  "forex",
] as const;

export type AssetClass = (typeof ASSET_CLASSES)[number];

/** `periodic`: charged at next_funding_time. `continuous`: accrues every second, never summed. */
export type Accrual = "periodic" | "continuous";

/** Where the funding interval comes from. */
export type IntervalSource = "published" | "derived" | "documented_default";

/**
 * One instrument's live state as one exchange published it, in this program's units.
 * Rates are fractions of notional per `fundingIntervalHours`, positive: longs pay shorts.
 * Money is in US dollars, prices are in `quote` per priced unit (see `multiplier`).
 * `null` means that the exchange did not publish it, never zero.
 */
export interface Quote {
  /** The exchange's own symbol, verbatim. */
  readonly exchangeSymbol: string;
  /** Canonical asset: alias resolved, multiplier removed. */
  readonly base: string;
  readonly quote: string;
  readonly settle: string;
  /** Units of `base` in one priced unit: 1000 for 1000PEPE. Price per unit = markPrice / multiplier. */
  readonly multiplier: number;
  readonly assetClass: AssetClass | null;
  readonly accrual: Accrual;
  /** The listing time stated by the exchange; a change means a relisting. */
  readonly listedAtMs: number | null;

  readonly fundingRate: number;
  readonly fundingIntervalHours: number | null;
  readonly intervalSource: IntervalSource | null;
  readonly nextFundingAtMs: number | null;
  readonly predictedRate: number | null;
  readonly instantRate: number | null;
  readonly settledRate: number | null;
  readonly settledAtMs: number | null;
  /** The exchange's published bounds of fundingRate for the same interval. */
  readonly rateCap: number | null;
  readonly rateFloor: number | null;
  /** The exchange's documented resting rate for this interval (its interest component). */
  readonly baselineRate: number | null;
  /** True within the exchange's documented window after a settlement in which it still publishes the charged rate. */
  readonly settling: boolean;

  readonly markPrice: number | null;
  readonly indexPrice: number | null;
  /** The last trade, only if the exchange publishes neither mark nor index: it identifies the asset. */
  readonly lastPrice?: number | null;
  /** The taker fee of this listing in basis points per fill, if the payload states it for the listing. */
  readonly takerFeeBps?: number | null;
  /** One-sided. */
  readonly openInterestUsd: number | null;
  /** The last non-zero digit of the open interest as published (coins or contracts): see `evenShareOf`. */
  readonly openInterestDigit?: number | null;
  readonly volume24hUsd: number | null;

  /** The row's own timestamp as published, null if the exchange sends none. */
  readonly exchangeTimeMs: number | null;
  /** When the reply with the rate arrived. */
  readonly receivedAtMs: number;
}

/**
 * Why a row that should have been used could not be. `unknown_kind` is a name or kind that the adapter does not know:
 * not shown and reported, but no sign of a broken payload.
 */
export const REJECT_REASONS = [
  "bad_row",
  "bad_rate",
  "bad_next_time",
  "bad_price",
  "bad_symbol",
  "ambiguous",
  "implausible_rate",
  "unknown_kind",
] as const;

export type RejectReason = (typeof REJECT_REASONS)[number];

export interface Reject {
  /** Null if the row has none, or one that is unsafe to show. */
  readonly exchangeSymbol: string | null;
  readonly reason: RejectReason;
  /** The field and the rule it broke, for the log. */
  readonly detail: string;
}

/** The result of one refresh of one exchange. */
export interface Batch {
  readonly quotes: readonly Quote[];
  readonly rejects: readonly Reject[];
  /** Description of what was omitted because of a limit of ours, with the number; absent: nothing. */
  readonly leftOut?: string;
  /** Live linear perpetuals in the exchange's own, independent list; null if list and rates are one reply. */
  readonly expected: number | null;
  /** Rows with a rate that are not in the instrument list: many of them make the list suspect. */
  readonly unlisted: number;
}

/** Served fields of a quote that some exchanges never fill. */
export const OPTIONAL_FIELDS = [
  "nextFundingAtMs",
  "predictedRate",
  "instantRate",
  "settledRate",
  "settledAtMs",
  "rateCap",
  "rateFloor",
  "baselineRate",
  "markPrice",
  "indexPrice",
  "lastPrice",
  "takerFeeBps",
  "openInterestUsd",
  "volume24hUsd",
  "assetClass",
  "listedAtMs",
  "exchangeTimeMs",
] as const satisfies readonly (keyof Quote)[];

export type OptionalField = (typeof OPTIONAL_FIELDS)[number];

/** What the funding rate of one row was computed from. */
export interface RateOrigin {
  /** The payload rows that it and the other fields were read from, by the payload's name; values as received. */
  readonly rows: Readonly<Record<string, unknown>>;
  /**
   * funding_rate in terms of them: numbers, + - * / ( ), min(), max(), and `{payload.field}` for a value as received.
   * Example: "max(-0.0025, min(0.0025, {tickers.fundingRate} / {tickers.indexPrice}))".
   */
  readonly formula: string;
}

/** A quote with what its rate was computed from; available while the payloads of its refresh are retained. */
export interface Explanation {
  readonly quote: Quote;
  readonly origin: RateOrigin;
}
