import { mexc } from "../../src/exchanges/mexc.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies } from "../support/memory-source.ts";

/** Made-up replies in mexc's documented format, and readers of them. */

export const RATES = "/api/v1/contract/funding_rate";
export const TICKERS = "/api/v1/contract/ticker";
export const DETAIL = "/api/v1/contract/detail";

export const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
export const STAMP = AT - 700;
export const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);

type Row = Readonly<Record<string, unknown>>;

export const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  fundingRate: 0.000081,
  maxFundingRate: 0.0021,
  minFundingRate: -0.0019,
  collectCycle: 8,
  nextSettleTime: at(16),
  timestamp: STAMP,
  idxPrice: 71010.5,
  fairPrice: 71000.25,
  ...extra,
});

const ticker = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  amount24: 7029024.75,
  holdVol: 412000,
  indexPrice: 71009,
  fairPrice: 71003.5,
  timestamp: STAMP - 3000,
  ...extra,
});

export const contract = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  baseCoin: symbol.split("_")[0],
  quoteCoin: "USDT",
  settleCoin: "USDT",
  contractSize: 0.0001,
  state: 0,
  type: 1,
  futureType: 1,
  ...extra,
});

export const LIVE = [
  contract("BTC_USDT"),
  contract("1000BONK_USDT", { contractSize: 10 }),
  contract("TESLA_USDT", { type: 2, contractSize: 0.01 }),
  contract("ETH_USDC", { quoteCoin: "USDC", settleCoin: "USDC" }),
  contract("SOL_USD1", { quoteCoin: "USD1", settleCoin: "USD1" }),
];
const DEAD = [
  contract("OLD_USDT", { state: 3 }),
  contract("HALT_USDT", { state: 4 }),
  contract("BTC_USDT_261225", { baseCoin: "BTC", futureType: 2 }),
  contract("BTC_USD", { quoteCoin: "USD", settleCoin: "BTC" }),
  contract("ETH_BTC", { quoteCoin: "BTC", settleCoin: "BTC" }),
];

export const reply = (data: unknown): Row => ({ success: true, code: 0, data });

export const BODIES: Bodies = {
  [RATES]: reply([
    rate("BTC_USDT"),
    rate("1000BONK_USDT", { fundingRate: -5e-5, collectCycle: 4, fairPrice: 0.02 }),
    rate("TESLA_USDT", { fundingRate: 0, collectCycle: 24, nextSettleTime: at(0, 6) }),
    rate("ETH_USDC", { collectCycle: 1, nextSettleTime: at(14) }),
    rate("SOL_USD1"),
    ...DEAD.map((row) => rate(String(row["symbol"]))),
    rate("WBTC_USDT"),
  ]),
  [TICKERS]: reply([
    ticker("BTC_USDT"),
    ticker("1000BONK_USDT", { holdVol: 50000 }),
    ticker("OLD_USDT"),
  ]),
  [DETAIL]: reply([...LIVE, ...DEAD]),
};

export const refresh = (bodies: Bodies, nowMs = AT) =>
  mexc.refresh(memorySource(bodies, { nowMs }));

export const btcOf = async (rateExtra: Row, contractExtra: Row = {}) => {
  const batch = await refresh({
    ...BODIES,
    [RATES]: reply([rate("BTC_USDT", rateExtra)]),
    [DETAIL]: reply([contract("BTC_USDT", contractExtra), contract("ETH_USDT")]),
  });
  return { batch, quote: batch.quotes[0] };
};
