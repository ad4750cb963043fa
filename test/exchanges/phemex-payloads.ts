import { phemex } from "../../src/exchanges/phemex.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies } from "../support/memory-source.ts";

/** Made-up replies in phemex's documented format, and readers of them. */

export const ratesAt = (page: number): string =>
  `/contract-biz/public/real-funding-rates?pageNum=${page}&pageSize=200`;
export const RATES = ratesAt(1);
export const TICKERS = "/md/v3/ticker/24hr/all";
export const LIST = "/public/products";

export const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
export const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);
export const LISTED = Date.UTC(2023, 4, 9, 12);

type Row = Readonly<Record<string, unknown>>;

export const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  fundingInterval: 28800,
  toNextfundingInterval: 9000,
  nextfundingTime: at(16),
  fundingRate: "0.00002255",
  interestRate: "0.0001",
  fundingRateCap: "0.003",
  fundingRateFloor: "-0.0025",
  ...extra,
});
const ticker = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  markRp: "71000.5",
  indexRp: "71011",
  openInterestRv: "1500.25",
  turnoverRv: "228000111.5",
  volumeRq: "3211.4",
  fundingRateRr: "0.00002255",
  ...extra,
});
export const perpetual = (symbol: string, baseCurrency: string, extra: Row = {}): Row => ({
  symbol,
  type: "PerpetualV2",
  status: "Listed",
  perpProductSubType: "Normal",
  baseCurrency,
  quoteCurrency: "USDT",
  settleCurrency: "USDT",
  listTime: LISTED,
  fundingInterval: 28800,
  ...extra,
});

export const LIVE = [
  perpetual("BTCUSDT", "BTC"),
  perpetual("u1000PEPEUSDT", "1000 PEPE"),
  perpetual("SPYXUSDT", "SPYX", { perpProductSubType: "TradFi" }),
  perpetual("ETHUSDC", "ETH", { quoteCurrency: "USDC", settleCurrency: "USDC" }),
];
const DEAD = [
  perpetual("OLDUSDT", "OLD", { status: "Delisted" }),
  perpetual("IPOUSDT", "IPO", { perpProductSubType: "PreMarket" }),
  perpetual("BTCUSDQ", "BTC", { type: "Futures" }),
  perpetual("ETHBTC", "ETH", { quoteCurrency: "BTC" }),
  perpetual("ETHUSDX", "ETH", { settleCurrency: "ETH" }),
];
const COIN_MARGINED = { symbol: "BTCUSD", type: "Perpetual", status: "Listed" };
export const symbolOf = (row: Row): string => String(row["symbol"]);

export const page = (rows: readonly unknown[], total: unknown = rows.length): Row => ({
  code: 0,
  msg: "OK",
  data: { total, rows },
});
export const products = (perpProductsV2: unknown): Row => ({
  code: 0,
  msg: "",
  data: { products: [COIN_MARGINED, { symbol: 7 }], perpProductsV2 },
});
const tickers = (result: unknown): Row => ({ error: null, id: 0, result });

export const BODIES: Bodies = {
  [RATES]: page([
    rate("BTCUSDT"),
    rate("u1000PEPEUSDT", { fundingRate: "-0.0011", fundingInterval: 14400 }),
    rate("SPYXUSDT", { fundingRate: "0" }),
    rate("ETHUSDC", { fundingInterval: 3600, nextfundingTime: at(14) }),
    ...DEAD.map((row) => rate(symbolOf(row))),
    rate("BTCUSD"),
    rate("NEWUSDT"),
  ]),
  [TICKERS]: tickers([
    ticker("BTCUSDT"),
    ticker("u1000PEPEUSDT", { markRp: "0.008", openInterestRv: "250000" }),
    ticker("OLDUSDT"),
  ]),
  [LIST]: products([...LIVE, ...DEAD]),
};

export const refresh = (bodies: Bodies, nowMs = AT) =>
  phemex.refresh(memorySource(bodies, { nowMs }));

export const btcOf = async (rateExtra: Row, listExtra: Row = {}) => {
  const batch = await refresh({
    ...BODIES,
    [RATES]: page([rate("BTCUSDT", rateExtra)]),
    [LIST]: products([perpetual("BTCUSDT", "BTC", listExtra), perpetual("ETHUSDT", "ETH")]),
  });
  return { batch, quote: batch.quotes[0] };
};
