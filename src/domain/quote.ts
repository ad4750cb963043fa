/** What an instrument is a claim on; null where the exchange does not say. */
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

/** `periodic`: charged at next_funding_time. `continuous`: accrues each second, never summed. */
export type Accrual = "periodic" | "continuous";

/** How the funding interval is known. */
export type IntervalSource = "published" | "derived" | "documented_default";

/**
 * One instrument's live state as one exchange published it, in this program's units.
 * Rates are fractions of notional per `fundingIntervalHours`, positive: longs pay shorts.
 * Money is in US dollars, prices are in `quote` per one contract-named unit (see `multiplier`).
 * `null` means that the exchange did not say, never zero.
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
  /** When the exchange says the contract was listed; a change of it is a relisting. */
  readonly listedAtMs: number | null;

  readonly fundingRate: number;
  readonly fundingIntervalHours: number | null;
  readonly intervalSource: IntervalSource | null;
  readonly nextFundingAtMs: number | null;
  readonly predictedRate: number | null;
  readonly instantRate: number | null;
  readonly settledRate: number | null;
  readonly settledAtMs: number | null;
  /** The exchange's published bounds of fundingRate, for the same interval. */
  readonly rateCap: number | null;
  readonly rateFloor: number | null;
  /** The exchange's documented resting rate for this interval (its interest component). */
  readonly baselineRate: number | null;
  /** True inside the exchange's documented window after a settlement in which the charged rate still shows. */
  readonly settling: boolean;

  readonly markPrice: number | null;
  readonly indexPrice: number | null;
  /** The last trade, only where the exchange tells neither mark nor index: which asset it is shows by it. */
  readonly lastPrice?: number | null;
  /** What a taker pays on this listing in basis points of one fill, where the payload states it for the listing. */
  readonly takerFeeBps?: number | null;
  /** One-sided. */
  readonly openInterestUsd: number | null;
  /** The last digit of the open interest as published (coins or contracts) that is not 0: see `evenShareOf`. */
  readonly openInterestDigit?: number | null;
  readonly volume24hUsd: number | null;

  /** The row's own timestamp as published, null where the exchange sends none. */
  readonly exchangeTimeMs: number | null;
  /** When the reply that holds the rate arrived here. */
  readonly receivedAtMs: number;
}

/** Why a row that should have counted could not be used. */
export type RejectReason =
  | "bad_row"
  | "bad_rate"
  | "bad_next_time"
  | "bad_price"
  | "bad_symbol"
  | "ambiguous"
  | "implausible_rate"
  /** A name or kind that the adapter does not know: not shown and reported, but no sign of a broken payload. */
  | "unknown_kind";

export interface Reject {
  /** Null where the row has none, or one that may not be shown. */
  readonly exchangeSymbol: string | null;
  readonly reason: RejectReason;
  /** The field and the rule it broke, for the log. */
  readonly detail: string;
}

/** What one refresh of one exchange yields. */
export interface Batch {
  readonly quotes: readonly Quote[];
  readonly rejects: readonly Reject[];
  /** What a bound of ours left out, in words with the number; absent: nothing. */
  readonly leftOut?: string;
  /** Live linear perpetuals by the exchange's own, independent list; null where list and rates are one reply. */
  readonly expected: number | null;
  /** Rows with a rate that the instrument list does not know: many of them make the list suspect. */
  readonly unlisted: number;
}

/** Fields that are served of a quote and that an exchange may never fill. */
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

/** What the funding rate of one row was made from. */
export interface RateOrigin {
  /** The rows of the payloads that it was read from, by the payload's name; values as received. */
  readonly rows: Readonly<Record<string, unknown>>;
  /**
   * funding_rate in terms of them: numbers, + - * / ( ), min(), max(), and `{payload.field}` for a value as received.
   * Example: "max(-0.0025, min(0.0025, {tickers.fundingRate} / {tickers.indexPrice}))".
   */
  readonly formula: string;
}

/** One quote with what its rate was made from, while the payloads of its refresh are still held. */
export interface Explanation {
  readonly quote: Quote;
  readonly origin: RateOrigin;
}
