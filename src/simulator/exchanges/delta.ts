import type { Listing } from "../listing.ts";
import { liveNumbers } from "../market.ts";
import type { Shown } from "../truth.ts";
import { rounded, trimmed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRow,
  wireError,
} from "../wire.ts";
import { type Asked, type Call, encoderOfCalls } from "./calls.ts";
import { pastCandles } from "./delta-history.ts";
import { createListings } from "./delta-listings.ts";
import { productRow, typeOf } from "./delta-products.ts";

const onWire = (listing: Listing): boolean => listing.state !== "gone";
const SIX_HOURS_MS = 21_600_000;

/** Rates are in percent of the contract's own interval. */
function percent(rate: number): string {
  return trimmed(rate * 100, 8);
}

function fundingOf(listing: Listing, rate: number): WireRow {
  return typeOf(listing) === "perpetual_futures" ? { funding_rate: percent(rate) } : {};
}

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): number => rounded(value, listing.priceDecimals);
  const long = (value: number): string => trimmed(value, listing.priceDecimals + 4);
  const contracts = Math.round(live.openInterest / listing.contractSize);
  const coins = trimmed(contracts * listing.contractSize, 8);
  const before = liveNumbers(listing, view.nowMs - SIX_HOURS_MS);
  return {
    close: price(live.last),
    contract_type: typeOf(listing),
    ...fundingOf(listing, live.rate),
    greeks: null,
    high: price(live.high),
    low: price(live.low),
    mark_basis: trimmed((live.mark / live.index - 1) * 100, 8),
    mark_price: long(live.mark),
    mark_vol: null,
    oi: coins,
    oi_change_usd_6h: trimmed((live.openInterest - before.openInterest) * live.mark, 4),
    oi_contracts: String(contracts),
    oi_value: coins,
    oi_value_symbol: listing.wireBase,
    oi_value_usd: trimmed(Number(coins) * live.mark, 4),
    open: price(live.dayAgo),
    price_band: { lower_limit: long(live.mark * 0.95), upper_limit: long(live.mark * 1.05) },
    product_id: 100 + (listing.key % 90_000),
    quotes: {
      ask_iv: null,
      ask_size: "965",
      best_ask: long(live.ask),
      best_bid: long(live.bid),
      bid_iv: null,
      bid_size: "196",
      impact_mid_price: null,
      mark_iv: trimmed((live.mark / live.index - 1) * 100, 8),
    },
    size: Math.round(live.volume / listing.contractSize),
    spot_price: long(live.index),
    symbol: listing.symbol,
    timestamp: view.stampMs * 1000,
    turnover: rounded(live.turnoverUsd, 6),
    turnover_symbol: listing.quote,
    turnover_usd: rounded(live.turnoverUsd, 6),
    volume: rounded(live.volume, 6),
  };
}

function refused(status: number, code: string, context: WireRow = {}): WireError {
  return wireError(status, { success: false, error: { code, context } });
}

const TYPES = new Set(
  "perpetual_futures futures call_options put_options move_options spot interest_rate_swaps".split(
    " ",
  ),
);

const typesOf = ({ query }: Asked): readonly string[] =>
  query.get("contract_types")?.split(",") ?? [...TYPES];

function refusedTypes(asked: Asked): WireError | null {
  const wrong = typesOf(asked).find((type) => !TYPES.has(type));
  if (wrong === undefined) return null;
  return refused(400, "bad_schema", {
    schema_errors: [
      { code: "invalid_value", message: `${wrong} is not valid`, param: "contract_types" },
    ],
  });
}

const isHere = (listing: Listing, { host }: Asked): boolean =>
  onWire(listing) && listing.marks.has("global") === (host === "global");

const tickers: Call = {
  kind: "rates",
  refuse: refusedTypes,
  // Contracts that are not open yet have no ticker.
  has: (listing, asked) =>
    isHere(listing, asked) &&
    listing.state !== "pending" &&
    typesOf(asked).includes(typeOf(listing)),
  row: tickerRow,
};
const products: Call = {
  kind: "list",
  refuse: refusedTypes,
  // The product list does not reliably filter: it contains contracts of other types.
  has: isHere,
  row: productRow,
  wrap: (result) => ({
    meta: { after: null, before: null, limit: 3000, total_count: result.length },
    result,
    success: true,
  }),
};

const candles = pastCandles(
  (listing, asked) => isHere(listing, asked) && typeOf(listing) === "perpetual_futures",
  (param) =>
    refused(400, "bad_schema", {
      schema_errors: [{ code: "missing_value", message: `${param} is not valid`, param }],
    }),
);

function show(listing: Listing, view: MarketView): Shown {
  const row = tickerRow(listing, view);
  const specified = !listing.marks.has("no_specs");
  return {
    funding_rate: Number(row["funding_rate"]) / 100,
    funding_interval_hours: specified ? listing.intervalHours : null,
    // Not published: it follows from the interval and the UTC grid.
    next_funding_time: specified ? liveNumbers(listing, view.nowMs).nextAtMs / 1000 : null,
    mark_price: Number(row["mark_price"]),
    index_price: Number(row["spot_price"]),
    volume_24h_usd: Number(row["turnover_usd"]),
    open_interest_usd: Number(row["oi_value_usd"]),
  };
}

export const delta: ExchangeEncoder = encoderOfCalls({
  id: "delta",
  fields: { rate: "funding_rate", prices: ["mark_price", "spot_price"], symbol: "symbol" },
  createListings,
  calls: {
    "/v2/tickers": tickers,
    "/v2/products": products,
    "global:/v2/tickers": tickers,
    "global:/v2/products": products,
    "/v2/history/candles": candles,
    "global:/v2/history/candles": candles,
  },
  wrap: (result) => ({ result, success: true }),
  notFound: refused(404, "not_found"),
  show,
  // The real quota is not known.
  historyLimit: { requests: 100, perMs: 300_000 },
  rateLimitBody: { success: false, error: { code: "too_many_requests", context: {} } },
  errorBody: { success: false, error: { code: "internal_server_error", context: {} } },
  delistedState: "gone",
  usual: ["", ".global"].flatMap((host) =>
    ["tickers", "products"].map((name) => ({
      path: `${host}/v2/${name}?contract_types=perpetual_futures`,
    })),
  ),
});
