import { expect } from "bun:test";
import { kraken } from "../../src/exchanges/kraken.ts";
import { memorySource, type Bodies } from "../support/memory-source.ts";

/** Kraken's replies for its tests. */

export const TICKERS = "/derivatives/api/v3/tickers";
export const INSTRUMENTS = "/derivatives/api/v3/instruments";

export const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
export const SERVER_TIME = "2026-10-05T13:29:59.500Z";
export const NEXT_HOUR = Date.UTC(2026, 9, 5, 14);

export type Row = Readonly<Record<string, unknown>>;

export function ticker(symbol: string, extra: Row = {}): Row {
  return {
    symbol,
    tag: "perpetual",
    pair: "XBT:USD",
    markPrice: 80040,
    indexPrice: 80000,
    fundingRate: 1.6,
    fundingRatePrediction: -0.8,
    openInterest: 2000.5,
    vol24h: 8000,
    volumeQuote: 640000000.5,
    suspended: false,
    postOnly: false,
    ...extra,
  };
}

export function instrument(symbol: string, extra: Row = {}): Row {
  return {
    symbol,
    type: "flexible_futures",
    tradeable: true,
    postOnly: false,
    base: "BTC",
    quote: "USD",
    pair: "BTC:USD",
    openingDate: "2022-03-22T13:18:45Z",
    fundingRateCoefficient: 8,
    category: "Layer 1",
    tradfi: false,
    maxRelativeFundingRate: 0.005,
    ...extra,
  };
}

export const BTC = ticker("PF_XBTUSD");
export const PEPE = ticker("PF_PEPEUSD", {
  pair: "PEPE:USD",
  markPrice: 0.0000081,
  indexPrice: 0.000008,
  fundingRate: -4e-8,
  fundingRatePrediction: 3.2e-8,
  openInterest: 1e12,
  volumeQuote: 73.5,
});
export const APPLE = ticker("PF_AAPLxUSD", {
  pair: "AAPLx:USD",
  markPrice: 250,
  indexPrice: 250,
  fundingRate: 0,
  fundingRatePrediction: 0.0025,
});
export const INVERSE = ticker("PI_XBTUSD", { fundingRate: -4e-9 });
const DATED = ticker("FF_XBTUSD_261225", { tag: "quarter", fundingRate: undefined });
const INDEX = { symbol: "in_xbtusd", last: 80000, lastTime: "2026-10-05T13:29:59Z" };
const SUSPENDED = ticker("PF_OLDUSD", { suspended: true });

export const bodiesOf = (tickers: readonly Row[], instruments: readonly Row[]): Bodies => ({
  [TICKERS]: { result: "success", serverTime: SERVER_TIME, tickers },
  [INSTRUMENTS]: { result: "success", instruments },
});

export const BODIES = bodiesOf(
  [BTC, PEPE, APPLE, INVERSE, DATED, INDEX, SUSPENDED],
  [
    instrument("PF_XBTUSD"),
    instrument("PF_PEPEUSD", { base: "PEPE", category: "Meme", maxRelativeFundingRate: 0.0025 }),
    instrument("PF_AAPLxUSD", {
      base: "AAPLx",
      pair: "AAPLx:USD",
      category: "xStocks",
      openingDate: "2025-07-01T00:00:00Z",
    }),
    instrument("PI_XBTUSD", { type: "futures_inverse" }),
    instrument("PF_OLDUSD", { base: "OLD" }),
    instrument("FF_XBTUSD_261225", { lastTradingTime: "2026-12-25T15:00:00.000Z" }),
  ],
);

export const refresh = (bodies: Bodies, nowMs = AT) =>
  kraken.refresh(memorySource(bodies, { nowMs }));

/** Alongside an intact contract, so that a list is never empty. */
export async function refreshOf(tickerExtra: Row, instrumentExtra: Row = {}, symbol = "PF_AUSD") {
  const { quotes, rejects, expected, unlisted } = await refresh(
    bodiesOf(
      [PEPE, ticker(symbol, tickerExtra)],
      [
        instrument("PF_PEPEUSD", { base: "PEPE" }),
        instrument(symbol, { base: "A", ...instrumentExtra }),
      ],
    ),
  );
  expect(quotes[0]?.base).toBe("PEPE");
  return { quote: quotes[1], rejects, expected, unlisted };
}
