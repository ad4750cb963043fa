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

/** The exchanges that the simulator speaks. */
export type ExchangeName = (typeof EXCHANGES)[number];

export function isExchangeName(text: string): text is ExchangeName {
  return (EXCHANGES as readonly string[]).includes(text);
}

/** Only `perp` is a linear perpetual; the others are on the wire so that a reader must leave them out. */
export type Product = "perp" | "dated" | "inverse" | "inverse_dated" | "xperp" | "stranger";

/** `gone`: delisted by the control. The others are drawn when the market is built. */
export type ListingState = "live" | "settling" | "halted" | "pre_market" | "pending" | "gone";

/** How the rate of a listing behaves. */
export type RateStyle = "wandering" | "baseline" | "cap" | "floor" | "zero" | "beyond_cap";

/** One instrument of one exchange. Numbers that move are not here: the market computes them. */
export interface Listing {
  readonly exchange: ExchangeName;
  /** The exchange's own symbol. */
  readonly symbol: string;
  /** The asset's ticker as this exchange writes it: 1000PEPE, XBT, AAPLx. */
  readonly wireBase: string;
  /** What a reader must show as base. */
  readonly base: string;
  readonly quote: string;
  readonly settle: string;
  /** Units of the asset in one priced unit. */
  readonly multiplier: number;
  readonly asset: Asset;
  readonly product: Product;
  state: ListingState;
  intervalHours: number;
  /** Hours by which the settlement grid is shifted from UTC midnight. */
  readonly gridShiftHours: number;
  /** Symmetric bound of the rate, a fraction per interval. */
  readonly cap: number;
  readonly style: RateStyle;
  /** Coins per contract, 1 where the exchange counts coins. */
  readonly contractSize: number;
  readonly priceDecimals: number;
  /** Share of the asset's turnover that this exchange sees. */
  readonly weight: number;
  listedAtMs: number;
  readonly deliveryAtMs: number;
  /** Seeds what is drawn for this listing alone. */
  readonly key: number;
  /** Extra marks that only this exchange's encoder reads. */
  readonly marks: ReadonlySet<string>;
}
