import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers, rateAt } from "../market.ts";
import type { Shown, TruthAssetClass } from "../truth.ts";
import { fixed, tickText, trimmed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRequest,
  type WireRow,
  wireError,
} from "../wire.ts";
import { type Asked, type Call, encoderOfCalls } from "./calls.ts";
import { blockRate, chargedRate, pastRates } from "./cryptocom-history.ts";
import { createListings, PERPETUALS, PRODUCT_TYPES } from "./cryptocom-listings.ts";

/** The age of the newest point in a series of several points. */
const SPARSE_MS = 35_000;

const onWire = (listing: Listing): boolean => listing.state !== "gone";
const isSpot = (listing: Listing): boolean => listing.marks.has("spot");
const isPerpetual = (listing: Listing): boolean =>
  onWire(listing) && (listing.product === "perp" || listing.marks.has("beta"));

function typeOf(listing: Listing): "CCY_PAIR" | "WARRANT" | "FUTURE" | "PERPETUAL_SWAP" {
  if (isSpot(listing)) return "CCY_PAIR";
  if (listing.marks.has("warrant")) return "WARRANT";
  return listing.product === "dated" ? "FUTURE" : "PERPETUAL_SWAP";
}

function productTypeOf(listing: Listing): (typeof PRODUCT_TYPES)[number] {
  return PRODUCT_TYPES.find((type) => listing.marks.has(type)) ?? "DIGITAL_CURRENCIES";
}

function instrumentRow(listing: Listing): WireRow {
  const type = typeOf(listing);
  const tick = tickText(listing.priceDecimals);
  const [head = "", tail = ""] = listing.symbol.split("-");
  const derivative = isSpot(listing)
    ? {}
    : { underlying_symbol: `${head}-INDEX`, contract_size: String(listing.contractSize) };
  const option =
    type === "WARRANT" ? { put_call: "CALL", strike: listing.symbol.split("-CW")[1] ?? "" } : {};
  return {
    symbol: listing.symbol,
    inst_type: type,
    product_type: productTypeOf(listing),
    display_name: tail === "PERP" ? `${head} Perpetual` : listing.symbol.replace("_", "/"),
    base_ccy: listing.wireBase,
    quote_ccy: listing.quote,
    quote_decimals: listing.priceDecimals,
    quantity_decimals: 4,
    price_tick_size: tick,
    qty_tick_size: "0.0001",
    max_leverage: "50",
    tradable: listing.state !== "halted",
    expiry_timestamp_ms: listing.deliveryAtMs,
    beta_product: listing.marks.has("beta"),
    ...derivative,
    ...option,
    margin_buy_enabled: false,
    margin_sell_enabled: isSpot(listing),
  };
}

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => fixed(value, listing.priceDecimals);
  // A contract without trades has no last price, one without orders neither bid nor ask.
  const isUntraded = listing.marks.has("no_last");
  const isUnquoted = isUntraded || listing.marks.has("no_quotes");
  const open = isSpot(listing) ? {} : { oi: trimmed(live.openInterest, 4) };
  return {
    i: listing.symbol,
    h: price(live.high),
    l: price(live.low),
    a: isUntraded ? null : price(live.last),
    v: trimmed(live.volume, 4),
    vv: trimmed(live.turnoverUsd, 2),
    c: fixed(live.last / live.dayAgo - 1, 4),
    b: isUnquoted ? null : price(live.bid),
    k: isUnquoted ? null : price(live.ask),
    ...open,
    t: view.stampMs,
  };
}

/** The four valuations that a request may name: the charged rate, the estimate, and two prices. */
const VALUATIONS: Readonly<Record<string, (listing: Listing, view: MarketView) => string>> = {
  funding_rate: (listing, view) => trimmed(blockRate(listing, view.nowMs), 9),
  estimated_funding_rate: (listing, view) => trimmed(0.8 * rateAt(listing, view.nowMs), 9),
  mark_price: (listing, view) =>
    fixed(liveNumbers(listing, view.nowMs).mark, listing.priceDecimals + 1),
  index_price: (listing, view) =>
    fixed(liveNumbers(listing, view.nowMs).index, listing.priceDecimals + 2),
};

const hourOf = (view: MarketView): number => Math.floor(view.nowMs / HOUR_MS) * HOUR_MS;

function refused(status: number, code: number, message: string): WireError {
  return wireError(status, { id: -1, method: "public/get-valuations", code, message });
}

const VALUATION_PATH = "/exchange/v1/public/get-valuations";
const unknown = refused(400, 40_004, "Missing or invalid argument");
/** The same path as for the other valuations. */
const PAST_TYPE = "funding_hist";
const PAST_CALL = `${VALUATION_PATH} ${PAST_TYPE}`;
const valuedIn = ({ query }: WireRequest): string => query.get("valuation_type") ?? "";

function valuationRow(listing: Listing, view: MarketView, asked: Asked): WireRow {
  const type = valuedIn(asked);
  const ageMs = asked.query.get("count") === "1" ? 0 : SPARSE_MS;
  return {
    instrument_name: asked.symbol,
    v: VALUATIONS[type]?.(listing, view),
    // The rate is that of its hour, for as long as the hour lasts.
    t: type === "funding_rate" ? hourOf(view) : view.stampMs - ageMs,
  };
}

const valuations: Call = {
  kind: (asked) => (valuedIn(asked) === "funding_rate" ? "rates" : "secondary"),
  refuse: (asked) => (VALUATIONS[valuedIn(asked)] === undefined ? unknown : null),
  has: isPerpetual,
  row: valuationRow,
  one: {
    name: "instrument_name",
    unknown,
    missing: unknown,
    matches: ({ symbol }, name, asked) =>
      symbol === (valuedIn(asked) === "index_price" ? name.replace(/-INDEX$/, "-PERP") : name),
    wrap: (row) => ({
      id: -1,
      method: "public/get-valuations",
      code: 0,
      result: {
        data: [{ v: row?.["v"], t: row?.["t"] }],
        instrument_name: row?.["instrument_name"],
      },
    }),
    inTurn: true,
  },
};

const CLASSES: Readonly<Record<(typeof PRODUCT_TYPES)[number], TruthAssetClass | null>> = {
  DIGITAL_CURRENCIES: "crypto",
  EQUITY: "stock",
  EQUITY_IND: "index",
  COMMODITIES: "commodity",
  PRE_IPO: null,
};

function show(listing: Listing, view: MarketView): Shown {
  const ticker = tickerRow(listing, view);
  const valued = (type: string): number => Number(VALUATIONS[type]?.(listing, view));
  const mark = valued("mark_price");
  return {
    asset_class: CLASSES[productTypeOf(listing)],
    funding_rate: valued("funding_rate"),
    funding_interval_hours: 1,
    next_funding_time: (hourOf(view) + HOUR_MS) / 1000,
    // The published estimate is for the next block of four hours, not for the next hour.
    mark_price: mark,
    // It has no bulk form, and the mark suffices to distinguish assets.
    volume_24h_usd: Number(ticker["vv"]),
    open_interest_usd: Number(ticker["oi"]) * Number(ticker["a"] ?? mark),
  };
}

export const cryptocom: ExchangeEncoder = encoderOfCalls({
  id: "cryptocom",
  fields: { rate: "v", prices: [], symbol: "instrument_name" },
  createListings,
  calls: {
    "/exchange/v1/public/get-instruments": {
      kind: "list",
      row: instrumentRow,
      wrap: (data) => ({ id: 1, method: "public/get-instruments", code: 0, result: { data } }),
    },
    "/exchange/v1/public/get-tickers": {
      kind: "secondary",
      row: tickerRow,
      one: { name: "instrument_name" },
    },
    [VALUATION_PATH]: valuations,
    [PAST_CALL]: pastRates,
  },
  callOf: (request) =>
    valuedIn(request) === PAST_TYPE ? `${request.path} ${PAST_TYPE}` : request.path,
  wrap: (data) => ({ id: -1, method: "public/get-tickers", code: 0, result: { data } }),
  notFound: wireError(404, { id: -1, code: 40_401, message: "NOT_FOUND" }),
  skipMarks: ["spot", "warrant", "beta"],
  show,
  chargedRate,
  historyLimit: { requests: 100, perMs: 1000 },
  rateLimitBody: { id: -1, code: 42_901, message: "TOO_MANY_REQUESTS" },
  errorBody: { id: -1, method: "public/get-valuations", code: 50_001, message: "ERR_INTERNAL" },
  delistedState: "halted",
  exceptions: {
    many_rows: "a reply holds the rate of one instrument",
    frozen_timestamps: "the time of a rate is the full hour that it belongs to",
  },
  usual: [
    { path: "/exchange/v1/public/get-instruments" },
    { path: "/exchange/v1/public/get-tickers" },
    ...PERPETUALS.map((name) => ({
      path: `${VALUATION_PATH}?valuation_type=funding_rate&count=1&instrument_name=${name}`,
    })),
  ],
});
