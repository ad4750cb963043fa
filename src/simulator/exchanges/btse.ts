import { newestOf, paymentsOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { liveNumbers } from "../market.ts";
import type { Shown, TruthAssetClass } from "../truth.ts";
import { fixed, rounded, tickText, trimmed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRow,
  wireError,
} from "../wire.ts";
import { createListings } from "./btse-listings.ts";
import { type Asked, type Call, encoderOfCalls } from "./calls.ts";

const DAY_SECONDS = 86_400;
const PAST_JITTER_MS = 1_000;
const INVALID_PARAMETER = 10_010_004;

const onWire = (listing: Listing): boolean => listing.state !== "gone";

function marketType(listing: Listing): "FuturesPerpetual" | "FuturesTimeBased" {
  return listing.product === "dated" ? "FuturesTimeBased" : "FuturesPerpetual";
}

/** The older API writes a contract without its currency. */
function legacySymbol(listing: Listing): string {
  return listing.symbol.replace(/-USDT$/, "");
}

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => trimmed(value, listing.priceDecimals);
  const dated = listing.product === "dated";
  const closeTime = Math.floor(view.stampMs / 1000);
  return {
    symbol: listing.symbol,
    lastPrice: price(live.last),
    openPrice: price(live.dayAgo),
    highPrice: price(live.high),
    lowPrice: price(live.low),
    amount: fixed(live.volume / listing.contractSize, 0),
    volume: trimmed(live.turnoverUsd, 6),
    // Seconds here, milliseconds in the time of the settlement.
    openTime: closeTime - DAY_SECONDS,
    closeTime,
    priceChange: price(live.last - live.dayAgo),
    priceChangePercent: trimmed(live.last / live.dayAgo - 1, 3),
    prevClosePrice: price(live.dayAgo * 1.0005),
    bidPrice: price(live.bid),
    bidQty: "222000",
    askPrice: price(live.ask),
    askQty: "255355",
    openInterest: fixed(live.openInterest / listing.contractSize, 0),
    fundingRate: dated ? "0" : trimmed(live.rate, 8),
    nextFundingTime: dated ? 0 : live.nextAtMs,
    fundingIntervalMinutes: dated ? 0 : listing.intervalHours * 60,
  };
}

function priceRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  return {
    symbol: legacySymbol(listing),
    indexPrice: rounded(live.index, listing.priceDecimals + 4),
    lastPrice: rounded(live.last, listing.priceDecimals),
    markPrice: rounded(live.mark, listing.priceDecimals + 4),
  };
}

function categoryOf(listing: Listing): "CRYPTO" | "STOCK" | "COMMODITIES" {
  switch (listing.asset.kind) {
    case "stock":
    case "pre_ipo":
      return "STOCK";
    case "metal":
    case "commodity":
      return "COMMODITIES";
    case "coin":
    case "basket":
    case "index":
    case "forex":
      return "CRYPTO";
  }
}

function marketRow(listing: Listing): WireRow {
  const tick = tickText(listing.priceDecimals);
  const { listedAtMs, deliveryAtMs } = listing;
  const dates = {
    contractStartTime: listedAtMs,
    contractEndTime: deliveryAtMs + 30_000,
    matchingStartTime: listedAtMs + 15_000,
    becomeInactiveTime: deliveryAtMs,
  };
  return {
    symbol: listing.symbol,
    type: marketType(listing),
    category: categoryOf(listing),
    tradeCurrency: legacySymbol(listing),
    baseCurrency: listing.wireBase,
    quoteCurrency: listing.quote,
    displayName: listing.base,
    active: listing.state === "live",
    minOrderPrice: tick,
    minPriceIncrement: tick,
    pricePrecision: listing.priceDecimals,
    minOrderSize: "1",
    maxOrderSize: "7500000",
    minSizeIncrement: "1",
    sizePrecision: 0,
    contractSize: trimmed(listing.contractSize, 8),
    availableSettlement: ["USD", "USDT"],
    ...(listing.product === "dated" ? dates : {}),
  };
}

function refused(status: number, code: number, msg: string): WireError {
  return wireError(status, { code, msg, success: false, time: 0, data: null });
}

const TYPES: readonly unknown[] = ["FuturesPerpetual", "FuturesTimeBased", "Spot"];

/** The market types in a request; null if there are none or invalid ones. */
function typesOf(text: string | null): readonly unknown[] | null {
  try {
    const types: unknown = JSON.parse(text ?? "");
    return Array.isArray(types) && types.length > 0 && types.every((type) => TYPES.includes(type))
      ? types
      : null;
  } catch {
    return null;
  }
}

const success = { code: 1, msg: "Success", success: true } as const;

const invalid = refused(400, INVALID_PARAMETER, "Invalid parameter");
const dated = (data: unknown, view: MarketView): unknown => ({
  data,
  ...success,
  time: view.stampMs,
});

/** What lists of the newer interface have in common: they are requested by types, or for one symbol. */
const byTypes = {
  refuse: ({ symbol, query }: Asked) =>
    symbol === null && typesOf(query.get("types")) === null ? invalid : null,
  has: (row: Listing, { symbol, query }: Asked) =>
    onWire(row) &&
    (symbol !== null || typesOf(query.get("types"))?.includes(marketType(row)) === true),
  one: { name: "symbol", unknown: invalid, wrap: dated },
} as const;

/** The periods that can be requested, in days. */
const PAST_DAYS: Readonly<Record<string, number>> = { "7D": 7, "2W": 14, "1M": 30 };

const daysOf = ({ query }: Asked): number | undefined => PAST_DAYS[query.get("period") ?? ""];

/** All payments of a period, newest first, with times up to a second late. */
const pastRates: Call = {
  kind: "history",
  refuse: (asked) => (daysOf(asked) === undefined || !asked.query.get("symbol") ? invalid : null),
  has: (row) => onWire(row) && marketType(row) === "FuturesPerpetual",
  one: { name: "symbol" },
  past: (listing, view, asked) => {
    const fromMs = view.nowMs - (daysOf(asked) ?? 0) * DAY_SECONDS * 1000;
    const payments = paymentsOf(listing, view, { fromMs, toMs: view.nowMs }, PAST_JITTER_MS);
    return newestOf(payments, payments.length).map(({ atMs, rate }) => ({
      timestamp: atMs,
      rate: trimmed(rate, 8),
    }));
  },
};

const CLASSES: Readonly<Record<ReturnType<typeof categoryOf>, TruthAssetClass>> = {
  CRYPTO: "crypto",
  STOCK: "stock",
  COMMODITIES: "commodity",
};

function show(listing: Listing, view: MarketView): Shown {
  const row = tickerRow(listing, view);
  const prices = priceRow(listing, view);
  const mark = Number(prices["markPrice"]);
  const contractSize = Number(marketRow(listing)["contractSize"]);
  return {
    asset_class: CLASSES[categoryOf(listing)],
    funding_rate: Number(row["fundingRate"]),
    funding_interval_hours: Number(row["fundingIntervalMinutes"]) / 60,
    next_funding_time: Number(row["nextFundingTime"]) / 1000,
    mark_price: mark,
    index_price: Number(prices["indexPrice"]),
    volume_24h_usd: Number(row["volume"]),
    open_interest_usd: Number(row["openInterest"]) * contractSize * mark,
  };
}

const typed = (path: string, type: string): { readonly path: string } => ({
  path: `/public-api/market/v1/${path}?types=${encodeURIComponent(`["${type}"]`)}`,
});

export const btse: ExchangeEncoder = encoderOfCalls({
  id: "btse",
  fields: { rate: "fundingRate", prices: [], symbol: "symbol" },
  createListings,
  calls: {
    "/public-api/market/v1/ticker/24hr": { kind: "rates", ...byTypes, row: tickerRow },
    "/public-api/market/v1/markets": {
      kind: "list",
      ...byTypes,
      row: marketRow,
      wrap: (symbols) => ({ data: { symbols }, ...success }),
    },
    "/public-api/market/v1/recentFundingHistory": pastRates,
    "/futures/api/v2.3/price": {
      kind: "secondary",
      row: priceRow,
      wrap: (rows) => rows,
      one: {
        name: "symbol",
        unknown: wireError(400, { status: 400, errorCode: -2, message: "Invalid symbol" }),
        matches: (row, symbol) => legacySymbol(row) === symbol,
      },
    },
  },
  wrap: dated,
  notFound: refused(404, 10_010_002, "Not Found"),
  wrongMethod: refused(405, 10_010_001, "Method Not Allowed"),
  show,
  historyLimit: { requests: 50, perMs: 2_000 },
  rateLimitBody: { status: 429, errorCode: 429, message: "Too many requests" },
  errorBody: { code: 10_010_003, msg: "System error", success: false, time: 0, data: null },
  delistedState: "gone",
  usual: [
    typed("ticker/24hr", "FuturesPerpetual"),
    { path: "/futures/api/v2.3/price" },
    typed("markets", "FuturesPerpetual"),
    // A reader that requests all futures gets these as well.
    typed("markets", "FuturesTimeBased"),
  ],
});
