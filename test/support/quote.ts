import type { Quote } from "../../src/domain/quote.ts";

/** Noon on a day without a settlement of 8 h contracts at that minute. */
export const NOON_MS = Date.UTC(2026, 10, 2, 12, 0, 0);

/** A plain crypto perpetual with an 8 h interval, all of it overridable. */
export function quoteOf(base: string, extra: Partial<Quote> = {}): Quote {
  return {
    exchangeSymbol: `${base}USDT`,
    base,
    quote: "USDT",
    settle: "USDT",
    multiplier: 1,
    assetClass: "crypto",
    accrual: "periodic",
    listedAtMs: null,
    fundingRate: 0.0003,
    fundingIntervalHours: 8,
    intervalSource: "published",
    nextFundingAtMs: NOON_MS + 4 * 3_600_000,
    predictedRate: null,
    instantRate: null,
    settledRate: null,
    settledAtMs: null,
    rateCap: null,
    rateFloor: null,
    baselineRate: null,
    settling: false,
    markPrice: 100,
    indexPrice: 100.1,
    openInterestUsd: 5_000_000,
    volume24hUsd: 9_000_000,
    exchangeTimeMs: null,
    receivedAtMs: NOON_MS,
    ...extra,
  };
}
