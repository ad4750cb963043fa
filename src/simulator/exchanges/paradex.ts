import type { Listing } from "../listing.ts";
import { liveNumbers } from "../market.ts";
import type { Shown } from "../truth.ts";
import { tickText, trimmed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRow,
  wireError,
} from "../wire.ts";
import { encoderOfCalls } from "./calls.ts";
import { pastSamples } from "./paradex-history.ts";
import { createListings } from "./paradex-listings.ts";

const OTHER_KINDS = ["PERP_OPTION", "OPTION", "SPOT"];
const RATE_DECIMALS = 14;
/** Perpetual options are charged over a whole day. */
const OPTION_PERIOD_HOURS = 24;
/** An option costs a few per cent of its underlying. */
const OPTION_SHARE = 0.03;
/** Announced contracts open this long after now. */
const ANNOUNCED_MS = 2 * 86_400_000;

const kindOf = (listing: Listing): string =>
  OTHER_KINDS.find((kind) => listing.marks.has(kind)) ?? "PERP";
const isOption = (listing: Listing): boolean => kindOf(listing).endsWith("OPTION");

/** Fields that a row has only for an option, or only for others. */
function optionParts(listing: Listing): WireRow {
  if (!isOption(listing)) return {};
  return {
    mark_iv: "0.52",
    bid_iv: "0.51",
    ask_iv: "0.53",
    delta: listing.marks.has("C") ? "0.48" : "-0.52",
    greeks: { delta: "0.48", gamma: "0.00002", vega: "31.2", rho: "4.1", vanna: "0", volga: "0" },
    future_funding_rate: "0.00031",
  };
}

function summaryRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const share = isOption(listing) ? OPTION_SHARE : 1;
  const price = (value: number): string =>
    trimmed(value * share, Math.max(8, listing.priceDecimals));
  const tick = (value: number): string => trimmed(value * share, listing.priceDecimals + 1);
  return {
    symbol: listing.symbol,
    oracle_price: price(live.mark),
    mark_price: price(live.mark),
    last_traded_price: tick(live.last),
    bid: tick(live.bid),
    ask: tick(live.ask),
    volume_24h: trimmed(live.turnoverUsd * share, 9),
    total_volume: trimmed(live.turnoverUsd * 90, 9),
    created_at: view.stampMs,
    underlying_price: trimmed(live.index, Math.max(8, listing.priceDecimals)),
    open_interest: trimmed(live.openInterest, 3),
    // Options and spot pairs have the key with an empty value.
    funding_rate: kindOf(listing) === "PERP" ? trimmed(live.rate, RATE_DECIMALS) : "",
    price_change_rate_24h: trimmed(live.last / live.dayAgo - 1, 6),
    ...optionParts(listing),
  };
}

/** The period over which the rate is quoted; a few rows have none or zero. */
function periodOf(listing: Listing): { funding_period_hours?: number } {
  if (listing.marks.has("no_period")) return {};
  if (listing.marks.has("zero_period")) return { funding_period_hours: 0 };
  if (kindOf(listing) === "PERP") return { funding_period_hours: listing.intervalHours };
  const charged = kindOf(listing) === "PERP_OPTION";
  return { funding_period_hours: charged ? OPTION_PERIOD_HOURS : 0 };
}

function marginParts(listing: Listing): WireRow {
  if (!isOption(listing)) {
    const params = {
      imf_base: "0.2",
      imf_shift: "180000",
      imf_factor: "0.00071",
      mmf_factor: "0.5",
    };
    return { delta1_cross_margin_params: params };
  }
  const strike = [...listing.marks].find((mark) => mark.startsWith("strike:")) ?? "";
  const margin = { long_itm: "0.2", short_itm: "0.15", short_otm: "0.1", short_put_cap: "0.5" };
  return {
    option_cross_margin_params: { imf: margin, mmf: margin },
    option_type: listing.marks.has("C") ? "CALL" : "PUT",
    strike_price: strike.slice("strike:".length),
    iv_bands_width: "0.05",
  };
}

function marketRow(listing: Listing, view: MarketView): WireRow {
  const pending = listing.state === "pending";
  return {
    symbol: listing.symbol,
    base_currency: listing.wireBase,
    quote_currency: listing.quote,
    settlement_currency: listing.settle,
    order_size_increment: "1",
    price_tick_size: tickText(listing.priceDecimals),
    min_notional: "10",
    open_at: pending ? view.nowMs + ANNOUNCED_MS : listing.listedAtMs,
    expiry_at: listing.deliveryAtMs,
    asset_kind: kindOf(listing),
    market_kind: kindOf(listing) === "SPOT" ? "spot" : "cross",
    trading_mode: listing.marks.has("rfq") || isOption(listing) ? "RFQ_ONLY" : "STANDARD",
    position_limit: "2000000",
    price_bands_width: "0.2",
    max_open_orders: 50,
    max_funding_rate: trimmed(listing.cap, 6),
    ...marginParts(listing),
    price_feed_id: `${listing.key.toString(36)}QvNPbbTFDzk7Zr1nSNR8yzqVhmFxQ5vPXt`,
    oracle_ewma_factor: "0.14999987905913592",
    max_order_size: "520000",
    max_funding_rate_change: "0.0005",
    max_tob_spread: "0.2",
    interest_rate: "0.0001",
    clamp_rate: "0.0005",
    ...periodOf(listing),
    tags: [],
  };
}

function refused(status: number, error: string, message: string): WireError {
  return wireError(status, { error, message, data: null });
}

const wrap = (results: readonly WireRow[]): unknown => ({ results });

const blankMarket = refused(400, "INVALID_REQUEST_PARAMETER", "market: cannot be blank");
const noMarket = refused(400, "INVALID_REQUEST_PARAMETER", "no such market");

function show(listing: Listing, view: MarketView): Shown {
  const row = summaryRow(listing, view);
  const mark = Number(row["mark_price"]);
  const { funding_period_hours: period = 0 } = periodOf(listing);
  return {
    // The meaning of its m is not documented: a separate asset.
    ...(listing.wireBase === "mSATS" ? { base: "MSATS", multiplier: 1 } : {}),
    accrual: "continuous",
    funding_rate: Number(row["funding_rate"]),
    funding_interval_hours: period === 0 ? null : period,
    next_funding_time: null,
    mark_price: mark,
    index_price: Number(row["underlying_price"]),
    volume_24h_usd: Number(row["volume_24h"]),
    open_interest_usd: Number(row["open_interest"]) * mark,
  };
}

export const paradex: ExchangeEncoder = encoderOfCalls({
  id: "paradex",
  fields: { rate: "funding_rate", prices: ["mark_price", "underlying_price"], symbol: "symbol" },
  createListings,
  calls: {
    "/v1/markets/summary": {
      kind: "rates",
      row: summaryRow,
      one: {
        name: "market",
        missing: blankMarket,
        unknown: (market) => (market === "" ? blankMarket : noMarket),
        matches: (row, market) => market === "ALL" || row.symbol === market,
      },
    },
    "/v1/markets": { kind: "list", row: marketRow, one: { name: "market", unknown: noMarket } },
    "/v1/funding/data": pastSamples({
      has: (row) => row.state !== "gone" && kindOf(row) === "PERP",
      periodOf,
      refused: (message) => refused(400, "INVALID_REQUEST_PARAMETER", message),
    }),
  },
  wrap,
  notFound: refused(404, "NOT_FOUND", "no such path"),
  show,
  historyLimit: { requests: 1500, perMs: 60_000 },
  rateLimitBody: { error: "RATE_LIMIT_EXCEEDED", message: "too many requests", data: null },
  errorBody: { error: "INTERNAL_ERROR", message: "internal server error", data: null },
  delistedState: "gone",
  usual: [{ path: "/v1/markets/summary?market=ALL" }, { path: "/v1/markets" }],
});
