import type { ExchangeId } from "../../src/domain/exchange.ts";

/** The keys under which an exchange states its intervals, in any of its replies; otherwise where they come from. */
export const INTERVAL_KEYS: Readonly<Record<ExchangeId, readonly string[] | string>> = {
  binance: ["fundingIntervalHours"],
  bybit: ["fundingIntervalHour", "fundingInterval"],
  okx: "its settlement times",
  bitget: ["fundingRateInterval", "fundInterval"],
  gate: ["funding_interval"],
  kucoin: ["fundingRateGranularity", "currentFundingRateGranularity"],
  hyperliquid: "documented",
  kraken: "documented",
  mexc: ["collectCycle"],
  htx: ["settlement_period"],
  bingx: ["fundingIntervalHours"],
  phemex: ["fundingInterval"],
  xt: ["collection_internal", "collectionInternal"],
  whitebit: ["funding_interval_minutes"],
  lbank: ["positionFeeTime"],
  toobit: ["period"],
  weex: ["collectCycle"],
  woox: ["estFundingIntervalHours", "lastFundingIntervalHours", "fundingIntervalHours"],
  bitfinex: "documented",
  deribit: "documented",
  delta: ["rate_exchange_interval"],
  btse: ["fundingIntervalMinutes"],
  deepcoin: ["settleInterval"],
  backpack: ["fundingInterval"],
  blofin: ["fundingInterval"],
  dydx: "documented",
  aster: ["fundingIntervalHours"],
  lighter: "documented",
  paradex: ["funding_period_hours"],
  orderly: ["funding_period"],
  extended: "documented",
  pacifica: "documented",
  apex: "documented",
  edgex: ["fundingRateIntervalMin"],
  cryptocom: "documented",
  poloniex: "its last and its next settlement",
  grvt: ["funding_interval_hours"],
  hibachi: "documented",
  aevo: "documented",
  drift: "documented",
  hashkey: "documented",
};

export function intervalKeysOf(id: ExchangeId): ReadonlySet<string> {
  const keys = INTERVAL_KEYS[id];
  return new Set(typeof keys === "string" ? [] : keys);
}

/** For these 480 is eight hours: they count minutes. */
export const IN_MINUTES: ReadonlySet<ExchangeId> = new Set(["whitebit", "weex", "btse", "edgex"]);

/** A change of intervals shows only in the outdated list, and why. */
export const UNSHOWN_CHANGE: readonly (readonly [ExchangeId, string])[] = [
  ["delta", "no reply states a next settlement"],
  ["paradex", "funding accrues each second: there is no next settlement"],
  [
    "deepcoin",
    "the next settlement is in the list of the intervals, which is a minute old at most",
  ],
];
