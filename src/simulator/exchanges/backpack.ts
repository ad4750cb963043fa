import { countOf, paymentsOf, WHOLE_PAST } from "../history.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers } from "../market.ts";
import type { Shown, TrueInstrument } from "../truth.ts";
import { fixed, isoTime, tickText, trimmed } from "../wire-text.ts";
import { type ExchangeEncoder, type MarketView, type WireRow, wireError } from "../wire.ts";
import { createListings } from "./backpack-listings.ts";
import { type Call, encoderOfCalls } from "./calls.ts";

const OTHER_TYPES = ["SPOT", "IPERP", "DATED", "PREDICTION", "RFQ", "MONAD"];
const BOOK_STATES = ["PostOnly", "CancelOnly", "LimitOnly"];
const BASIS_POINTS = 10_000;
/** The documentation's own sample has the interval of one row as text. */
const TEXT_INTERVAL_EVERY = 4;
/** The ticker of a market without a first price says so in words. */
const NO_CHANGE_EVERY = 29;

const onWire = (listing: Listing): boolean => listing.state !== "gone";
const marketType = (listing: Listing): string =>
  OTHER_TYPES.find((type) => listing.marks.has(type)) ?? "PERP";
/** The bulk calls contain what trades: no closed book, and of the other types those with a mark price. */
const hasRows = (listing: Listing): boolean => onWire(listing) && !listing.marks.has("no_rows");
const hasMark = (listing: Listing): boolean =>
  hasRows(listing) && ["PERP", "IPERP", "DATED"].includes(marketType(listing));

function bookState(listing: Listing): string {
  if (listing.state === "halted") return "Closed";
  return BOOK_STATES.find((state) => listing.marks.has(state)) ?? "Open";
}

function markRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const decimals = Math.max(8, listing.priceDecimals);
  const dated = listing.product === "dated";
  return {
    fundingRate: dated ? "0" : trimmed(live.rate, 10),
    indexPrice: fixed(live.index, decimals),
    markPrice: fixed(live.mark, decimals),
    nextFundingTimestamp: dated ? listing.deliveryAtMs : live.nextAtMs,
    symbol: listing.symbol,
  };
}

function openInterestRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  return {
    // Both sides: always an even number of steps.
    openInterest: fixed(2 * Number(fixed(live.openInterest, 5)), 5),
    symbol: listing.symbol,
    timestamp: view.nowMs,
  };
}

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => trimmed(value, listing.priceDecimals);
  const unknown = listing.key % NO_CHANGE_EVERY === 0;
  return {
    firstPrice: price(live.dayAgo),
    high: price(live.high),
    lastPrice: price(live.last),
    low: price(live.low),
    priceChange: price(live.last - live.dayAgo),
    priceChangePercent: unknown ? "N/A" : trimmed(live.last / live.dayAgo - 1, 6),
    quoteVolume: trimmed(live.turnoverUsd, 5),
    symbol: listing.symbol,
    trades: String(Math.floor(live.turnoverUsd / 900)),
    volume: trimmed(live.volume, 5),
  };
}

function priceFilter(listing: Listing, spot: boolean): WireRow {
  const tick = tickText(listing.priceDecimals);
  return {
    borrowEntryFeeMaxMultiplier: null,
    borrowEntryFeeMinMultiplier: null,
    maxImpactMultiplier: "1.03",
    maxMultiplier: "1.25",
    maxPrice: spot ? null : "1000000",
    meanMarkPriceBand: { maxMultiplier: "1.1", minMultiplier: "0.9" },
    meanPremiumBand: spot ? null : { tolerancePct: "0.05" },
    minImpactMultiplier: "0.97",
    minMultiplier: "0.75",
    minPrice: tick,
    tickSize: tick,
  };
}

function rwaType(listing: Listing): "STOCK" | "INDEX" | null {
  if (listing.asset.kind !== "stock") return null;
  return listing.marks.has("fund") ? "INDEX" : "STOCK";
}

function classOf(listing: Listing): TrueInstrument["asset_class"] {
  const type = rwaType(listing);
  if (type === null) return "crypto";
  return type === "INDEX" ? "index" : "stock";
}

function marketRow(listing: Listing): WireRow {
  const type = marketType(listing);
  const spot = type === "SPOT";
  const interval = listing.intervalHours * HOUR_MS;
  const bound = trimmed(listing.cap * BASIS_POINTS, 4);
  return {
    baseSymbol: listing.wireBase,
    // Printed without a zone, meaning UTC.
    createdAt: isoTime(listing.listedAtMs).replace("Z", ""),
    filters: {
      price: priceFilter(listing, spot),
      quantity: { maxQuantity: null, minQuantity: "0.01", stepSize: "0.01" },
    },
    // Filled for spot rows too.
    fundingInterval: listing.key % TEXT_INTERVAL_EVERY === 0 ? String(interval) : interval,
    fundingRateLowerBound: spot ? null : `-${bound}`,
    fundingRateUpperBound: spot ? null : bound,
    imfFunction: spot ? null : { base: "0.02", factor: "0.0001275", type: "sqrt" },
    marketType: type,
    mmfFunction: spot ? null : { base: "0.0125", factor: "0.0000765", type: "sqrt" },
    openInterestLimit: spot ? "0" : "4000000",
    orderBookState: bookState(listing),
    quoteSymbol: listing.quote,
    rwaMarketType: rwaType(listing),
    symbol: listing.symbol,
    visible: !listing.marks.has("hidden"),
  };
}

function show(listing: Listing, view: MarketView): Shown {
  const row = markRow(listing, view);
  const mark = Number(row["markPrice"]);
  return {
    asset_class: classOf(listing),
    funding_rate: Number(row["fundingRate"]),
    funding_interval_hours: Number(marketRow(listing)["fundingInterval"]) / HOUR_MS,
    next_funding_time: Number(row["nextFundingTimestamp"]) / 1000,
    mark_price: mark,
    index_price: Number(row["indexPrice"]),
    volume_24h_usd: Number(tickerRow(listing, view)["quoteVolume"]),
    open_interest_usd: (Number(openInterestRow(listing, view)["openInterest"]) / 2) * mark,
  };
}

const bySymbol = {
  name: "symbol",
  unknown: wireError(400, { code: "INVALID_CLIENT_REQUEST", message: "Invalid market" }),
};

/** A time as printed here: without a zone, meaning UTC. */
const zoneless = (ms: number): string => isoTime(ms).replace(/\.000Z$/, "");

/** Rows from an offset, newest first. The first of all is the running interval, with its estimate. */
const pastRates: Call = {
  kind: "history",
  has: (row) => onWire(row) && marketType(row) === "PERP",
  one: { name: "symbol", missing: bySymbol.unknown },
  past: (listing, view, { query }) => {
    const live = liveNumbers(listing, view.nowMs);
    const payments = paymentsOf(listing, view, WHOLE_PAST, 0).toReversed();
    const rows = [{ slotMs: live.nextAtMs, rate: live.rate }, ...payments];
    const offset = Number(query.get("offset") ?? 0);
    const count = countOf(view, query.get("limit"), { usual: 100, max: 1000 });
    return rows.slice(offset, offset + count).map(({ slotMs, rate }) => ({
      fundingRate: trimmed(rate, 10),
      intervalEndTimestamp: zoneless(slotMs),
      symbol: listing.symbol,
    }));
  },
};

export const backpack: ExchangeEncoder = encoderOfCalls({
  id: "backpack",
  fields: { rate: "fundingRate", prices: ["markPrice", "indexPrice"], symbol: "symbol" },
  createListings,
  // The two calls for perpetuals accept a symbol, the other two ignore it.
  calls: {
    "/api/v1/markPrices": { kind: "rates", has: hasMark, row: markRow, one: bySymbol },
    "/api/v1/openInterest": {
      kind: "secondary",
      has: hasMark,
      row: openInterestRow,
      one: bySymbol,
    },
    "/api/v1/fundingRates": pastRates,
    "/api/v1/tickers": { kind: "secondary", has: hasRows, row: tickerRow },
    "/api/v1/markets": { kind: "list", row: marketRow },
  },
  notFound: wireError(404, { code: "RESOURCE_NOT_FOUND", message: "Not found" }),
  show,
  historyLimit: { requests: 30, perMs: 60_000 },
  rateLimitBody: { code: "TOO_MANY_REQUESTS", message: "Too many requests" },
  errorBody: { code: "INTERNAL_ERROR", message: "Internal error" },
  delistedState: "halted",
  exceptions: { frozen_timestamps: "the rates payload carries no time of its own" },
});
