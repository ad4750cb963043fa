/** The supported exchanges. Closed set: an unknown id in a request is an error. */
export const EXCHANGE_IDS = [
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

export type ExchangeId = (typeof EXCHANGE_IDS)[number];

/**
 * Exchanges that are collected only if the operator names them; the reason is `disabledReason` in the adapter's
 * facts. The list is here because settings are read without the adapters.
 */
export const DISABLED_BY_DEFAULT: readonly ExchangeId[] = ["aevo", "drift", "hashkey"];

export function isExchangeId(text: string): text is ExchangeId {
  return (EXCHANGE_IDS as readonly string[]).includes(text);
}

/** Why a refresh failed. Different kinds have different remedies, so they are never merged. */
export const FAILURE_KINDS = [
  "timeout",
  "network",
  "http",
  "rate_limited",
  "banned",
  "geo_blocked",
  "bad_envelope",
  "too_large",
  "refused_batch",
] as const;

export type FailureKind = (typeof FAILURE_KINDS)[number];

/** The status of an exchange as shown to the operator. `off`: registered but not enabled. */
export type ExchangeStatus =
  "starting" | "ok" | "degraded" | "stale" | "down" | "geo_blocked" | "off";

/** The statuses in which an exchange's rates are missing: there are none, or none that are current. */
export const MISSING_STATUSES = [
  "starting",
  "stale",
  "down",
  "geo_blocked",
  "off",
] as const satisfies readonly ExchangeStatus[];

export type MissingStatus = (typeof MISSING_STATUSES)[number];

export function isMissing(status: ExchangeStatus): status is MissingStatus {
  return (MISSING_STATUSES as readonly ExchangeStatus[]).includes(status);
}

/** A requested exchange without current rates. */
export interface MissingExchange {
  readonly exchange: ExchangeId;
  readonly status: MissingStatus;
  /** A text that is safe to publish. */
  readonly reason: string;
}
