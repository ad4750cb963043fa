import { countOf, newestOf, paymentsOf, rangeOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { liveNumbers } from "../market.ts";
import type { Shown, TruthAssetClass } from "../truth.ts";
import { fixed, tickText, trimmed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRow,
  wireError,
} from "../wire.ts";
import { createListings } from "./bybit-listings.ts";
import { type Asked, type Call, encoderOfCalls, wasNotDelisted } from "./calls.ts";

const DEFAULT_PAGE = 500;
const MAX_PAGE = 1000;

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const d = listing.priceDecimals;
  const dated = listing.product === "dated";
  // Both sides, as Bybit counts them; the single figure is half of it, rounded up to the step, and valued separately.
  const bothSides = fixed(2 * live.openInterest, 3);
  const bothValue = fixed(2 * live.openInterest * live.mark, 2);
  const oneSide = Math.ceil(Math.round(Number(bothSides) * 1_000) / 2) / 1_000;
  const single = listing.marks.has("no_single")
    ? {}
    : {
        singleOpenInterest: fixed(oneSide, 3),
        singleOpenInterestValue: fixed(oneSide * live.mark, 2),
      };
  return {
    symbol: listing.symbol,
    lastPrice: fixed(live.last, d),
    indexPrice: fixed(live.index, d),
    markPrice: fixed(live.mark, d),
    prevPrice24h: fixed(live.dayAgo, d),
    price24hPcnt: fixed(live.last / live.dayAgo - 1, 6),
    highPrice24h: fixed(live.high, d),
    lowPrice24h: fixed(live.low, d),
    prevPrice1h: fixed(live.last * 0.999, d),
    openInterest: bothSides,
    openInterestValue: bothValue,
    ...single,
    turnover24h: fixed(live.turnoverUsd, 4),
    volume24h: fixed(live.volume, 4),
    fundingRate: dated ? "" : trimmed(live.rate, 8),
    nextFundingTime: dated ? "0" : String(live.nextAtMs),
    predictedDeliveryPrice: "",
    basisRate: dated ? "0.0012" : "",
    deliveryFeeRate: dated ? "0" : "",
    deliveryTime: String(listing.deliveryAtMs),
    ask1Size: fixed(live.volume / 5_000, 3),
    bid1Price: fixed(live.bid, d),
    ask1Price: fixed(live.ask, d),
    bid1Size: fixed(live.volume / 6_000, 3),
    basis: "",
    preOpenPrice: "",
    preQty: "",
    curPreListingPhase: phaseOf(listing),
    fundingIntervalHour: dated ? "" : String(listing.intervalHours),
    basisRateYear: "",
    fundingCap: dated ? "" : trimmed(listing.cap, 8),
  };
}

function phaseOf(listing: Listing): string {
  if (listing.state === "pre_market") return "ContinuousTrading";
  return listing.marks.has("once_pre_market") ? "Finished" : "";
}

const SYMBOL_TYPES = ["stock", "xstocks", "ETF", "forex", "commodity"] as const;

function symbolType(listing: Listing): string {
  for (const type of SYMBOL_TYPES) if (listing.marks.has(type)) return type;
  return listing.asset.turnoverUsd < 400_000 ? "innovation" : "";
}

function instrumentRow(listing: Listing): WireRow {
  const tick = tickText(listing.priceDecimals);
  const dated = listing.product === "dated";
  return {
    symbol: listing.symbol,
    contractType: dated ? "LinearFutures" : "LinearPerpetual",
    status:
      listing.state === "live"
        ? "Trading"
        : listing.state === "pre_market"
          ? "PreLaunch"
          : "Settling",
    baseCoin: listing.wireBase,
    quoteCoin: listing.quote,
    launchTime: String(listing.listedAtMs),
    deliveryTime: String(listing.deliveryAtMs),
    deliveryFeeRate: dated ? "0.0005" : "",
    priceScale: String(listing.priceDecimals),
    leverageFilter: { minLeverage: "1", maxLeverage: "50.00", leverageStep: "0.01" },
    priceFilter: { minPrice: tick, maxPrice: "999999.00", tickSize: tick },
    lotSizeFilter: {
      maxNotionalValue: "",
      maxOrderQty: "100000.000",
      maxMktOrderQty: "50000.000",
      minOrderQty: "0.001",
      qtyStep: "0.001",
      postOnlyMaxOrderQty: "1000000.000",
      minNotionalValue: "5",
    },
    unifiedMarginTrade: true,
    fundingInterval: dated ? 0 : listing.intervalHours * 60,
    settleCoin: listing.settle,
    copyTrading: "both",
    upperFundingRate: dated ? "" : trimmed(listing.cap, 8),
    lowerFundingRate: dated ? "" : trimmed(-listing.cap, 8),
    isPreListing: listing.state === "pre_market",
    preListingInfo: null,
    displayName: "",
    symbolType: symbolType(listing),
  };
}

function envelope(view: MarketView, result: unknown): unknown {
  return { retCode: 0, retMsg: "OK", result, retExtInfo: {}, time: view.stampMs };
}

/** Bybit reports an invalid request with HTTP 200. */
function refused(retCode: number, retMsg: string): WireError {
  return wireError(200, { retCode, retMsg, result: {}, retExtInfo: {}, time: 0 });
}

function refusedCategory({ query }: Asked): WireError | null {
  return query.get("category") === "linear" ? null : refused(10001, "Illegal category");
}

/** Where a page of the list begins and how long it is; NaN for what is no number. */
function pageOf({ query }: Asked): { first: number; size: number } {
  const cursor = query.get("cursor") ?? "";
  const [, first = ""] = /^first=(\d+)$/.exec(cursor) ?? [];
  return {
    first: cursor === "" ? 0 : Number(first || Number.NaN),
    size: Number(query.get("limit") ?? DEFAULT_PAGE),
  };
}

function refusedPage(asked: Asked): WireError | null {
  const { first, size } = pageOf(asked);
  if (!(size >= 1 && size <= MAX_PAGE)) return refused(10001, "params error: limit invalid");
  return Number.isNaN(first) ? refused(10001, "params error: cursor invalid") : null;
}

function instrumentPage(
  list: readonly WireRow[],
  view: MarketView,
  asked: Asked,
  total: number,
): unknown {
  const { first, size } = pageOf(asked);
  const nextPageCursor = first + size < total ? `first=${first + size}` : "";
  return envelope(view, { category: "linear", list, nextPageCursor });
}

function refusedRange({ query }: Asked): WireError | null {
  return query.has("startTime") && !query.has("endTime")
    ? refused(10001, "params error: endTime is missing")
    : null;
}

/** The newest rows of a range with inclusive bounds. */
const pastRates: Call = {
  kind: "history",
  refuse: (asked) => refusedCategory(asked) ?? refusedRange(asked),
  has: (row) => row.product === "perp" && wasNotDelisted(row),
  one: { name: "symbol", missing: refused(10001, "params error: symbol invalid") },
  past: (listing, view, { query }) => {
    const { fromMs, toMs } = rangeOf(query, "startTime", "endTime");
    const payments = paymentsOf(listing, view, { fromMs, toMs: toMs + 1 });
    const count = countOf(view, query.get("limit"), { usual: 200, max: 200 });
    return newestOf(payments, count).map(({ rate, slotMs }) => ({
      symbol: listing.symbol,
      fundingRate: trimmed(rate, 8),
      fundingRateTimestamp: String(slotMs),
    }));
  },
};

function assetClass(listing: Listing): TruthAssetClass {
  switch (symbolType(listing)) {
    case "stock":
    case "xstocks":
      return "stock";
    case "ETF":
      return "etf";
    case "forex":
      return "forex";
    case "commodity":
      return "commodity";
    default:
      return "crypto";
  }
}

function show(listing: Listing, view: MarketView): Shown {
  const row = tickerRow(listing, view);
  const single = row["singleOpenInterestValue"];
  return {
    asset_class: assetClass(listing),
    funding_rate: Number(row["fundingRate"]),
    funding_interval_hours: Number(row["fundingIntervalHour"]),
    next_funding_time: Number(row["nextFundingTime"]) / 1000,
    mark_price: Number(row["markPrice"]),
    index_price: Number(row["indexPrice"]),
    volume_24h_usd: Number(row["turnover24h"]),
    open_interest_usd: single === undefined ? Number(row["openInterestValue"]) / 2 : Number(single),
  };
}

export const bybit: ExchangeEncoder = encoderOfCalls({
  id: "bybit",
  fields: { rate: "fundingRate", prices: ["markPrice", "indexPrice"], symbol: "symbol" },
  createListings,
  calls: {
    "/v5/market/tickers": {
      kind: "rates",
      refuse: refusedCategory,
      row: tickerRow,
      one: { name: "symbol" },
    },
    "/v5/market/instruments-info": {
      kind: "list",
      refuse: (asked) => refusedCategory(asked) ?? refusedPage(asked),
      has: (row, { query }) =>
        wasNotDelisted(row) &&
        (row.state === "pre_market") === (query.get("status") === "PreLaunch"),
      row: instrumentRow,
      one: { name: "symbol" },
      page: pageOf,
      wrap: instrumentPage,
    },
    "/v5/market/funding/history": pastRates,
  },
  wrap: (list, view) => envelope(view, { category: "linear", list }),
  notFound: wireError(404, {
    retCode: 404,
    retMsg: "The requested path was not found",
    result: {},
    retExtInfo: {},
    time: 0,
  }),
  wrongMethod: wireError(404, "404 page not found"),
  show,
  historyLimit: { requests: 600, perMs: 5_000 },
  rateLimitBody: {
    retCode: 10006,
    retMsg: "Too many visits!",
    result: {},
    retExtInfo: {},
    time: 0,
  },
  errorBody: {
    retCode: 10016,
    retMsg: "Internal server error",
    result: {},
    retExtInfo: {},
    time: 0,
  },
  delistedState: "gone",
  usual: [
    { path: "/v5/market/tickers?category=linear" },
    { path: "/v5/market/instruments-info?category=linear&limit=1000" },
  ],
});
