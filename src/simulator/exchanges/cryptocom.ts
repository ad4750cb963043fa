import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers, rateAt } from "../market.ts";
import { collectTruth, namesOf, type TrueInstrument, type TruthAssetClass } from "../truth.ts";
import { fixed, trimmed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireReply,
  type WireRequest,
  type WireRow,
  wireError,
  wireList,
} from "../wire.ts";
import { createListings, PERPETUALS, PRODUCT_TYPES } from "./cryptocom-listings.ts";
import { oneInstrument } from "./one-instrument.ts";
import { reasonsByMark } from "./skip-marks.ts";

/** The hourly rate is constant for this long, starting at midnight UTC. */
const BLOCK_MS = 4 * HOUR_MS;
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
  const tick = fixed(10 ** -listing.priceDecimals, listing.priceDecimals);
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
    h: price(Math.max(live.last, live.dayAgo) * 1.01),
    l: price(Math.min(live.last, live.dayAgo) * 0.99),
    a: isUntraded ? null : price(live.last),
    v: trimmed(live.volume, 4),
    vv: trimmed(live.turnoverUsd, 2),
    c: fixed(live.last / live.dayAgo - 1, 4),
    b: isUnquoted ? null : price(live.last * 0.9999),
    k: isUnquoted ? null : price(live.last * 1.0001),
    ...open,
    t: view.stampMs,
  };
}

/** The four valuations that a request may name: the charged rate, the estimate, and two prices. */
const VALUATIONS: Readonly<Record<string, (listing: Listing, view: MarketView) => string>> = {
  funding_rate: (listing, view) =>
    trimmed(rateAt(listing, Math.floor(view.nowMs / BLOCK_MS) * BLOCK_MS), 9),
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

function valuations(query: URLSearchParams): WireReply {
  const name = query.get("instrument_name") ?? "";
  const type = query.get("valuation_type") ?? "";
  const value = VALUATIONS[type];
  const unknown = refused(400, 40_004, "Missing or invalid argument");
  if (name === "" || value === undefined) return unknown;
  const ageMs = query.get("count") === "1" ? 0 : SPARSE_MS;
  const underlying = type === "index_price" ? name.replace(/-INDEX$/, "-PERP") : name;
  return oneInstrument({
    kind: type === "funding_rate" ? "rates" : "secondary",
    key: `${type} ${name} ${ageMs}`,
    wanted: (listing) => listing.symbol === underlying && isPerpetual(listing),
    row: (listing, view) => ({
      instrument_name: name,
      v: value(listing, view),
      // The rate is that of its hour, for as long as the hour lasts.
      t: type === "funding_rate" ? hourOf(view) : view.stampMs - ageMs,
    }),
    wrap: ({ v, t }) => ({
      id: -1,
      method: "public/get-valuations",
      code: 0,
      result: { data: [{ v, t }], instrument_name: name },
    }),
    unknown,
  });
}

function route({ path, query }: WireRequest): WireReply {
  switch (path) {
    case "/exchange/v1/public/get-instruments":
      return wireList(
        "list",
        "instruments",
        (view) => view.listings.filter(onWire).map(instrumentRow),
        (data) => ({ id: 1, method: "public/get-instruments", code: 0, result: { data } }),
      );
    case "/exchange/v1/public/get-tickers": {
      const name = query.get("instrument_name");
      return wireList(
        "secondary",
        `tickers ${name ?? ""}`,
        (view) =>
          view.listings
            .filter((row) => onWire(row) && (name === null || row.symbol === name))
            .map((row) => tickerRow(row, view)),
        (data) => ({ id: -1, method: "public/get-tickers", code: 0, result: { data } }),
      );
    }
    case "/exchange/v1/public/get-valuations":
      return valuations(query);
    default:
      return wireError(404, { id: -1, code: 40_401, message: "NOT_FOUND" });
  }
}

const CLASSES: Readonly<Record<(typeof PRODUCT_TYPES)[number], TruthAssetClass | null>> = {
  DIGITAL_CURRENCIES: "crypto",
  EQUITY: "stock",
  EQUITY_IND: "index",
  COMMODITIES: "commodity",
  PRE_IPO: null,
};

function show(listing: Listing, view: MarketView): TrueInstrument {
  const ticker = tickerRow(listing, view);
  const valued = (type: string): number => Number(VALUATIONS[type]?.(listing, view));
  const mark = valued("mark_price");
  return {
    ...namesOf(listing),
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

const VALUATION_PATH = "/exchange/v1/public/get-valuations?valuation_type=funding_rate&count=1";

export const cryptocom: ExchangeEncoder = {
  id: "cryptocom",
  fields: { rate: "v", prices: [], symbolOf: (row) => String(row["instrument_name"]) },
  createListings,
  route,
  rateLimitBody: { id: -1, code: 42_901, message: "TOO_MANY_REQUESTS" },
  errorBody: { id: -1, method: "public/get-valuations", code: 50_001, message: "ERR_INTERNAL" },
  delistedState: "halted",
  exceptions: {
    many_rows: "a reply holds the rate of one instrument",
    frozen_timestamps: "the time of a rate is the full hour that it belongs to",
  },
  truth: (view) => {
    const known = collectTruth(view.listings, onWire, (row) => show(row, view));
    return reasonsByMark(known, view.listings, ["spot", "warrant", "beta"]);
  },
  usual: [
    { path: "/exchange/v1/public/get-instruments" },
    { path: "/exchange/v1/public/get-tickers" },
    ...PERPETUALS.map((name) => ({ path: `${VALUATION_PATH}&instrument_name=${name}` })),
  ],
};
