import { hashText, unitOf } from "./random.ts";
import {
  COIN_TICKERS,
  COMMODITY_TICKERS,
  FOREX_TICKERS,
  INDEX_TICKERS,
  METAL_TICKERS,
  PRE_IPO_TICKERS,
  STOCK_TICKERS,
  TINY_COIN_TICKERS,
  inventedTicker,
} from "./tickers.ts";

export type AssetKind =
  "coin" | "stock" | "index" | "basket" | "metal" | "commodity" | "forex" | "pre_ipo";

/** What instruments are claims on. An asset has nearly the same price on every exchange. */
export interface Asset {
  /** Canonical ticker; two assets can share one (LIT). */
  readonly ticker: string;
  readonly kind: AssetKind;
  /** Dollars per one unit around which the price wanders. */
  readonly priceUsd: number;
  /** Relative size of a typical move: 0.03 is three per cent. */
  readonly swing: number;
  /** Dollars traded per day on one average exchange. */
  readonly turnoverUsd: number;
  /** Seeds all random values of this asset. */
  readonly key: number;
}

/** The assets by kind, each list in order of rank, and a few individual ones. */
export interface AssetTable {
  readonly byKind: Readonly<Record<AssetKind, readonly Asset[]>>;
  /** Two different coins under the one ticker LIT. */
  readonly litOld: Asset;
  readonly litNew: Asset;
  /** A share quoted in Hong Kong dollars, whose ticker keeps its HKD. */
  readonly hongKongShare: Asset;
  /** Coins with a Chinese name, with the pinyin that one exchange uses. */
  readonly chinese: readonly { readonly asset: Asset; readonly pinyin: string }[];
}

const KNOWN_PRICES: Readonly<Record<string, number>> = {
  BTC: 81_000,
  ETH: 2_120,
  SOL: 145,
  XRP: 2.13,
  DOGE: 0.0854,
  BNB: 890,
  ADA: 0.47,
  SUI: 1.6,
  LINK: 13.2,
  AVAX: 14.5,
  LTC: 84,
  BCH: 480,
  DOT: 2.4,
  TRX: 0.28,
  PEPE: 0.000004,
  SHIB: 0.0000083,
  BONK: 0.0000097,
  FLOKI: 0.00005,
  SATS: 2.1e-8,
  RATS: 0.000016,
  LUNC: 0.00003,
  XEC: 0.0000125,
  CAT: 0.0000041,
  CHEEMS: 0.0000011,
  WHY: 2.9e-8,
  TURBO: 0.0019,
  TOSHI: 0.0004,
  BABYDOGE: 7.1e-10,
  MOG: 3.3e-7,
  BTT: 4.4e-7,
  DOGS: 0.00005,
  NOT: 0.0007,
  SPX500: 6_700,
  NAS100: 24_300,
  US30: 46_900,
  JPN225: 49_000,
  XAU: 4_080,
  XAG: 50.2,
  XPT: 1_530,
  XPD: 1_400,
  XCU: 5.02,
  CLOIL: 59,
  BRENT: 63,
  NATGAS: 4.5,
  EUR: 1.158,
  GBP: 1.31,
  JPY: 0.0064,
  TSLA: 400,
  NVDA: 180,
  AAPL: 271,
  BTCDOM: 4_650,
  DEFI: 520,
  OPENAI: 1_546,
  ANTHROPIC: 640,
};

/** The position of the tiny coins among the others: early, because every large exchange lists them. */
const TINY_COINS_AFTER = 40;

/** The most traded coin's turnover on one exchange, and how fast turnover falls with rank. */
const TOP_TURNOVER_USD = 6_000_000_000;
const TURNOVER_FALL = 1.42;

/** Builds the assets. @param coins number of coins in total; beyond the known names they are invented */
export function createAssets(seed: number, coins: number, stocks: number): AssetTable {
  const make = (ticker: string, kind: AssetKind, rank: number): Asset =>
    asset(seed, ticker, kind, rank);
  const coinTickers = fill(
    COIN_TICKERS.toSpliced(TINY_COINS_AFTER, 0, ...TINY_COIN_TICKERS),
    coins,
    0,
  );
  // Far from the coins' numbers, so that an invented share never has an invented coin's name.
  const stockTickers = fill(STOCK_TICKERS, stocks, 9_000);
  const table = (tickers: readonly string[], kind: AssetKind, firstRank: number): Asset[] =>
    tickers.map((ticker, index) => make(ticker, kind, firstRank + index * 3));
  return {
    byKind: {
      coin: coinTickers.map((ticker, index) => make(ticker, "coin", coinRank(ticker, index))),
      stock: table(stockTickers, "stock", 30),
      index: table(INDEX_TICKERS, "index", 25),
      basket: table(["BTCDOM", "DEFI"], "basket", 150),
      metal: table(METAL_TICKERS, "metal", 8),
      commodity: table(COMMODITY_TICKERS, "commodity", 30),
      forex: table(FOREX_TICKERS, "forex", 60),
      pre_ipo: table(PRE_IPO_TICKERS, "pre_ipo", 200),
    },
    litOld: { ...make("LIT", "coin", 260), priceUsd: 0.34, key: hashText("LIT-old", seed) },
    litNew: { ...make("LIT", "coin", 90), priceUsd: 2.71, key: hashText("LIT-new", seed) },
    hongKongShare: { ...make("TENCENTHKD", "stock", 300), priceUsd: 618 },
    chinese: [
      { asset: { ...make("币安人生", "coin", 180), priceUsd: 0.14 }, pinyin: "BIANRENSHENG" },
      { asset: { ...make("我踏马来了", "coin", 320), priceUsd: 0.021 }, pinyin: "WOTAMALAILE" },
    ],
  };
}

/** Tiny coins are contiguous but trade like the first hundred or two. */
function coinRank(ticker: string, index: number): number {
  return TINY_COIN_TICKERS.includes(ticker) ? 60 + TINY_COIN_TICKERS.indexOf(ticker) * 12 : index;
}

function fill(known: readonly string[], count: number, firstInvented: number): string[] {
  const seen = new Set<string>([...COIN_TICKERS, ...TINY_COIN_TICKERS, ...STOCK_TICKERS, "LIT"]);
  const tickers = [...new Set(known)];
  for (let i = firstInvented; tickers.length < count; i += 1) {
    const ticker = inventedTicker(i);
    if (seen.has(ticker)) continue;
    seen.add(ticker);
    tickers.push(ticker);
  }
  return tickers;
}

function asset(seed: number, ticker: string, kind: AssetKind, rank: number): Asset {
  const drawn = unitOf(ticker, "price", seed);
  const priceUsd =
    KNOWN_PRICES[ticker] ?? (kind === "coin" ? 0.002 * 8_000 ** (drawn * drawn) : 5 * 120 ** drawn);
  const luck = 0.35 + 1.6 * unitOf(ticker, "turnover", seed);
  return {
    ticker,
    kind,
    priceUsd,
    swing: kind === "coin" ? 0.06 : kind === "forex" ? 0.004 : 0.02,
    turnoverUsd: (TOP_TURNOVER_USD * luck) / (rank + 1) ** TURNOVER_FALL,
    key: hashText(`${kind}:${ticker}`, seed),
  };
}
