import { toobit } from "../../src/exchanges/toobit.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies } from "../support/memory-source.ts";

/** Replies of our own making in the shape that the page of toobit documents, and readers of them. */

export const RATES = "/api/v1/futures/fundingRate";
export const MARKS = "/quote/v1/markPrice";
export const INDEX = "/quote/v1/index";
export const TICKERS = "/quote/v1/contract/ticker/24hr";
export const LIST = "/api/v1/exchangeInfo";

export const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
export const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

type Row = Readonly<Record<string, unknown>>;

export const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  rate: "0.0000255",
  period: "8H",
  nextFundingTime: String(at(16)),
  interest: "0.0001",
  fundingRateCap: "0.003",
  fundingRateFloor: "-0.0025",
  ...extra,
});
const mark = (symbolId: string, price: unknown): Row => ({
  exchangeId: 301,
  symbolId,
  price,
});
const ticker = (s: string, qv: unknown, op: unknown): Row => ({
  t: String(AT),
  s,
  c: "71000",
  v: "90000",
  qv,
  op,
});
export const contract = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  status: "TRADING",
  inverse: false,
  baseAsset: symbol,
  quoteAsset: symbol.split("-")[2],
  marginToken: symbol.split("-")[2],
  underlying: symbol.split("-")[0],
  indexToken: `${symbol.split("-")[0]}USDT`,
  contractMultiplier: "0.001",
  isRwa: false,
  categories: [],
  closingStartTime: "0",
  ...extra,
});

export const LIVE = [
  contract("BTC-SWAP-USDT"),
  contract("1000PEPE-SWAP-USDT", { indexToken: "PEPEUSDT" }),
  contract("TSLA-SWAP-USDT", { isRwa: true, rwaType: "STOCK", categories: ["TradFi"] }),
  contract("BTC-SWAP-USDC", { indexToken: "BTCUSDC" }),
];
const DEAD = [
  contract("OLD-SWAP-USDT", { status: "CLOSE_FORBIDDEN" }),
  contract("SOON-SWAP-USDT", { status: "ONLINE" }),
  contract("BTC-SWAP-USD", { inverse: true, marginToken: "BTC" }),
  contract("TESTDOGE-SWAP-TESTX8Z9"),
];
export const symbolOf = (row: Row): string => String(row["symbol"]);
export const list = (contracts: unknown): Row => ({ timezone: "UTC", symbols: [], contracts });

export const BODIES: Bodies = {
  [RATES]: [
    rate("BTC-SWAP-USDT"),
    rate("1000PEPE-SWAP-USDT", { rate: "-0.0011", period: "4H" }),
    rate("TSLA-SWAP-USDT", { rate: "0", period: "1H", nextFundingTime: String(at(14)) }),
    rate("BTC-SWAP-USDC", { period: undefined }),
    ...DEAD.map((row) => rate(symbolOf(row))),
    rate("TBV_BTC-SWAP-USDT"),
    rate("NEW-SWAP-USDT"),
  ],
  [MARKS]: [
    mark("BTC-SWAP-USDT", "71000.5"),
    mark("1000PEPE-SWAP-USDT", "0.0081"),
    mark("KITE2511030000", "1"),
  ],
  [INDEX]: { index: { BTCUSDT: "71010.25", PEPEUSDT: "0.00805" }, edp: { BTCUSDT: "70990" } },
  [TICKERS]: [ticker("BTC-SWAP-USDT", "345000111.5", "800000"), ticker("OLD-SWAP-USDT", "1", "2")],
  [LIST]: list([...LIVE, ...DEAD]),
};

export const refresh = (bodies: Bodies, nowMs = AT) =>
  toobit.refresh(memorySource(bodies, { nowMs }));

export const btcOf = async (rateExtra: Row, listExtra: Row = {}, nowMs = AT) => {
  const bodies = {
    ...BODIES,
    [RATES]: [rate("BTC-SWAP-USDT", rateExtra)],
    [LIST]: list([contract("BTC-SWAP-USDT", listExtra), contract("ETH-SWAP-USDT")]),
  };
  const batch = await refresh(bodies, nowMs);
  return { batch, quote: batch.quotes[0] };
};
