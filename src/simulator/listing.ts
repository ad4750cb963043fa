import type { Asset } from "./assets.ts";

export const EXCHANGES = [
  "binance",
  "bybit",
  "okx",
  "bitget",
  "gate",
  "kucoin",
  "hyperliquid",
  "kraken",
  "mexc",
  "htx",
  "bingx",
  "phemex",
  "xt",
  "whitebit",
  "lbank",
  "toobit",
  "weex",
  "woox",
  "bitfinex",
  "deribit",
  "delta",
  "btse",
  "deepcoin",
  "backpack",
  "blofin",
  "dydx",
  "aster",
  "lighter",
  "paradex",
  "orderly",
  "extended",
  "pacifica",
  "apex",
  "edgex",
  "cryptocom",
  "poloniex",
  "grvt",
  "hibachi",
  "aevo",
  "drift",
  "hashkey",
] as const;

/** The simulated exchanges. */
export type ExchangeName = (typeof EXCHANGES)[number];

export function isExchangeName(text: string): text is ExchangeName {
  return (EXCHANGES as readonly string[]).includes(text);
}

/** Only `perp` is a linear perpetual; the others are on the wire and must not be shown by a reader. */
export type Product = "perp" | "dated" | "inverse" | "inverse_dated" | "xperp" | "other";

/** `gone`: delisted by the control. The others are assigned when the market is built. */
export type ListingState = "live" | "settling" | "halted" | "pre_market" | "pending" | "gone";

/** How a listing's rate behaves. */
export type RateStyle = "wandering" | "baseline" | "cap" | "floor" | "zero" | "beyond_cap";

/** One instrument of one exchange. Changing numbers are not included: the market computes them. */
export interface Listing {
  readonly exchange: ExchangeName;
  /** The exchange's own symbol. */
  readonly symbol: string;
  /** The asset's ticker as written by this exchange: 1000PEPE, XBT, AAPLx. */
  readonly wireBase: string;
  /** What a reader must show as base. */
  readonly base: string;
  readonly quote: string;
  readonly settle: string;
  /** Units of the asset per priced unit. */
  readonly multiplier: number;
  readonly asset: Asset;
  readonly product: Product;
  state: ListingState;
  intervalHours: number;
  /** Earlier intervals, each with the last settlement that it applied to, oldest first. */
  intervalPast: readonly { readonly untilMs: number; readonly hours: number }[];
  /** Slots (unix ms) that are missing from its history. */
  readonly holes: Set<number>;
  /** Hours by which the settlement grid is shifted from UTC midnight. */
  readonly gridShiftHours: number;
  /** Symmetric bound of the rate, a fraction per interval. */
  readonly cap: number;
  readonly style: RateStyle;
  /** Coins per contract; 1 if the exchange counts coins. */
  readonly contractSize: number;
  readonly priceDecimals: number;
  /** The exchange's share of the asset's turnover. */
  readonly weight: number;
  listedAtMs: number;
  readonly deliveryAtMs: number;
  /** Seeds the random values of this listing. */
  readonly key: number;
  /** Additional marks that only this exchange's encoder uses. */
  readonly marks: ReadonlySet<string>;
}
