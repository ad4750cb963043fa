import { bingx } from "../../src/exchanges/bingx.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies, MemorySourceOptions } from "../support/memory-source.ts";

/** Made-up replies in bingx's documented format, and readers of them. */

const CALL = "/openApi/swap/v2/quote";
export const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
/** The requests of a refresh at `nowMs`. */
export const ratesAt = (nowMs: number): string => `${CALL}/premiumIndex?timestamp=${nowMs}`;
export const tickersAt = (nowMs: number): string => `${CALL}/ticker?timestamp=${nowMs}`;
export const listAt = (nowMs: number): string => `${CALL}/contracts?timestamp=${nowMs}`;
export const interestAt = (symbol: string, nowMs = AT): string =>
  `${CALL}/openInterest?symbol=${symbol}&timestamp=${nowMs}`;
export const RATES = ratesAt(AT);
export const TICKERS = tickersAt(AT);
export const LIST = listAt(AT);
export const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

type Row = Readonly<Record<string, unknown>>;

export const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  markPrice: "71000.5",
  indexPrice: "71012.25",
  lastFundingRate: "0.00007300",
  nextFundingTime: at(16),
  fundingIntervalHours: 8,
  minFundingRate: "-0.002500",
  maxFundingRate: "0.003000",
  updateTime: at(8),
  ...extra,
});
export const ticker = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  priceChangePercent: "0.4%",
  volume: "52000.1",
  quoteVolume: "3691203440.75",
  ...extra,
});
export const contract = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  currency: symbol.slice(symbol.lastIndexOf("-") + 1),
  asset: symbol.slice(0, symbol.lastIndexOf("-")),
  status: 1,
  apiStateOpen: "true",
  takerFeeRate: 0.0005,
  ...extra,
});
export const interest = (symbol: string, openInterest: unknown): Row =>
  reply({ openInterest, symbol, time: AT });
export const reply = (data: unknown): Row => ({ code: 0, msg: "", data });

export const LIVE = [
  contract("BTC-USDT"),
  contract("1000PEPE-USDT", { apiStateOpen: "false" }),
  contract("NCCOGOLD2USD-USDT"),
  contract("NCSKTSLA2USD-USDT"),
  contract("BTC-USDC"),
];
const DEAD = [
  contract("OLD-USDT", { status: 0 }),
  contract("HALT-USDT", { status: 25 }),
  contract("SOON-USDT", { status: 5 }),
  contract("ETH-BTC"),
  contract("ETH-USDT", { currency: "ETH" }),
];
export const symbolOf = (row: Row): string => String(row["symbol"]);

export const BODIES: Bodies = {
  [RATES]: reply([
    rate("BTC-USDT"),
    rate("1000PEPE-USDT", { lastFundingRate: "-0.00045", fundingIntervalHours: 4 }),
    rate("NCCOGOLD2USD-USDT", { lastFundingRate: "0", nextFundingTime: at(14) }),
    rate("NCSKTSLA2USD-USDT", { fundingIntervalHours: undefined }),
    rate("BTC-USDC"),
    ...DEAD.map((row) => rate(symbolOf(row))),
    rate("NEW-USDT"),
  ]),
  [TICKERS]: reply([ticker("BTC-USDT"), ticker("OLD-USDT")]),
  [LIST]: reply([...LIVE, ...DEAD]),
  ...Object.fromEntries(
    LIVE.map(symbolOf).map((s, n) => [interestAt(s), interest(s, `${n}500100.5`)]),
  ),
};

export const refresh = (bodies: Bodies, options: Partial<MemorySourceOptions> = {}) =>
  bingx.refresh(memorySource(bodies, { nowMs: AT, ...options }));

export const btcOf = async (rateExtra: Row, listExtra: Row = {}) => {
  const batch = await refresh({
    ...BODIES,
    [RATES]: reply([rate("BTC-USDT", rateExtra)]),
    [LIST]: reply([contract("BTC-USDT", listExtra), contract("BTC-USDC")]),
  });
  return { batch, quote: batch.quotes[0] };
};
