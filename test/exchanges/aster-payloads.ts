import type { Bodies } from "../support/memory-source.ts";

/** Aster's replies for its tests. */

export const RATES = "/fapi/v3/premiumIndex";
export const INTERVALS = "/fapi/v3/fundingInfo";
export const TICKERS = "/fapi/v3/ticker/24hr";
export const INSTRUMENTS = "/fapi/v3/exchangeInfo";

export const AT = Date.UTC(2026, 9, 5, 13, 30);
export const STAMP = AT - 900;
export const at = (hour: number): number => Date.UTC(2026, 9, 5, hour);
export const LISTED = Date.UTC(2025, 2, 14, 10);

export type Row = Readonly<Record<string, unknown>>;

export const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  markPrice: "64000.5",
  indexPrice: "64010.25",
  lastFundingRate: "0.00008300",
  nextFundingTime: at(16),
  time: STAMP,
  ...extra,
});
export const interval = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  interestRate: "0.00010000",
  fundingIntervalHours: 8,
  fundingFeeCap: 0.03,
  fundingFeeFloor: -0.02,
  ...extra,
});
export const interestAt = (symbol: string): string => `/fapi/v1/openInterest?symbol=${symbol}`;
export const interest = (symbol: string, openInterest: unknown = "12.5"): Row => ({
  symbol,
  openInterest,
  time: STAMP,
});
const ticker = (symbol: string): Row => ({
  symbol,
  volume: "8753.2",
  quoteVolume: "9236073.61",
});
export const instrument = (baseAsset: string, extra: Row = {}): Row => ({
  symbol: `${baseAsset}USDT`,
  contractType: "PERPETUAL",
  onboardDate: LISTED,
  status: "TRADING",
  baseAsset,
  quoteAsset: "USDT",
  marginAsset: "USDT",
  underlyingType: "COIN",
  underlyingSubType: [],
  symbolType: 0,
  ...extra,
});

export const LIVE = [
  instrument("BTC"),
  instrument("1000PEPE"),
  instrument("1MBABYDOGE"),
  instrument("TSLA", { underlyingSubType: ["STOCK"], symbolType: 1 }),
  instrument("ETH", { symbol: "ETHUSD1", quoteAsset: "USD1", marginAsset: "USD1" }),
];
export const DEAD = [
  instrument("OLD", { status: "SETTLING" }),
  instrument("SOON", { status: "PENDING_TRADING", contractType: "" }),
  instrument("BTC", { symbol: "BTCUSDT_261225", contractType: "CURRENT_QUARTER" }),
  instrument("COINM", { marginAsset: "COINM" }),
  instrument("EUR", { quoteAsset: "EUR", marginAsset: "EUR" }),
  instrument("OPENAI", { underlyingSubType: ["pre-launch", "STOCK"], symbolType: 1 }),
  instrument("TEST"),
  instrument("TEST2"),
  instrument("", { symbol: "NAMELESSUSDT" }),
];
export const symbolsOf = (rows: readonly Row[]): string[] =>
  rows.map((row) => String(row["symbol"]));

export const BODIES: Bodies = {
  [RATES]: [
    rate("BTCUSDT"),
    rate("1000PEPEUSDT", { lastFundingRate: "-0.00121000" }),
    rate("1MBABYDOGEUSDT", { nextFundingTime: at(14) }),
    rate("TSLAUSDT", { lastFundingRate: "0.00000000" }),
    rate("ETHUSD1"),
    ...symbolsOf(DEAD).map((symbol) => rate(symbol)),
    rate("STRANGERUSDT"),
  ],
  [INTERVALS]: [
    interval("BTCUSDT"),
    interval("1000PEPEUSDT", { fundingIntervalHours: 4 }),
    interval("1MBABYDOGEUSDT", { fundingIntervalHours: 1 }),
    interval("OLDUSDT"),
  ],
  ...Object.fromEntries(symbolsOf(LIVE).map((symbol) => [interestAt(symbol), interest(symbol)])),
  [TICKERS]: [ticker("BTCUSDT"), ticker("OLDUSDT")],
  [INSTRUMENTS]: { serverTime: STAMP, symbols: [...LIVE, ...DEAD] },
};
