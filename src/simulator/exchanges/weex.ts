import type { Asset } from "../assets.ts";
import { countOf, newestOf, paymentsOf, rangeOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { type LiveNumbers, liveNumbers } from "../market.ts";
import type { Shown, TruthAssetClass } from "../truth.ts";
import { fixed, trimmed } from "../wire-text.ts";
import { type ExchangeEncoder, type MarketView, type WireRow, wireError } from "../wire.ts";
import { type Call, encoderOfCalls } from "./calls.ts";
import { createListings } from "./weex-listings.ts";

/** Rates and the prices next to them are updated once a minute. */
const REFRESH_MS = 60_000;
/** What one contract has instead of its next settlement: 08:00 on 1970-01-01. */
const EPOCH_NEXT_MS = 28_800_000;
const DAY_HOURS = 24;
/** The longest range of one request for payments. */
const PAST_RANGE_MS = 7 * DAY_HOURS * 3_600_000;
/** Every fourth contract takes orders over the API. */
const TRADABLE_EVERY = 4;

const onWire = (listing: Listing): boolean => listing.state !== "gone";
/** Demo contracts are only among the tradable names. */
const isListed = (listing: Listing): boolean => onWire(listing) && listing.product === "perp";

/** The numbers of the last full minute, which ends at a settlement: the rate rolls over with its time. */
function minuteNumbers(listing: Listing, { nowMs }: MarketView): LiveNumbers {
  return liveNumbers(listing, Math.floor(nowMs / REFRESH_MS) * REFRESH_MS);
}

function premiumRow(listing: Listing, view: MarketView): WireRow {
  const minute = minuteNumbers(listing, view);
  return {
    symbol: listing.symbol,
    markPrice: trimmed(minute.mark, listing.priceDecimals),
    indexPrice: trimmed(minute.index, listing.priceDecimals),
    forecastFundingRate: trimmed(minute.rate, 8),
    lastFundingRate: trimmed(minute.settledRate, 8),
    interestRate: "0.0001",
    nextFundingTime: listing.marks.has("epoch_next") ? EPOCH_NEXT_MS : minute.nextAtMs,
    time: view.stampMs,
    collectCycle: listing.intervalHours * 60,
  };
}

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => trimmed(value, listing.priceDecimals);
  return {
    symbol: listing.symbol,
    priceChange: price(live.last - live.dayAgo),
    priceChangePercent: trimmed(live.last / live.dayAgo - 1, 6),
    lastPrice: price(live.last),
    openPrice: price(live.dayAgo),
    highPrice: price(live.high),
    lowPrice: price(live.low),
    volume: trimmed(live.volume, 3),
    quoteVolume: trimmed(live.turnoverUsd, 5),
    openTime: view.stampMs - DAY_HOURS * 3_600_000,
    closeTime: view.stampMs,
    markPrice: price(live.mark),
    indexPrice: price(live.index),
  };
}

function underlyingType(listing: Listing): string {
  if (listing.marks.has("filed_as_coin")) return "COIN";
  switch (listing.asset.kind) {
    case "coin":
      return "COIN";
    case "stock":
      return "Stocks";
    case "index":
    case "basket":
      return "Indices";
    case "metal":
      return "Metals";
    case "commodity":
      return "Commodities";
    case "forex":
      return "Forex";
    case "pre_ipo":
      return "Pre-IPO";
  }
}

function displaySymbol({ asset, marks, symbol, quote }: Listing): string {
  if (marks.has("chinese")) return `${asset.ticker}${quote}`;
  if (!marks.has("renamed")) return symbol;
  return asset.ticker === "TON" ? `GRAM${quote}` : `NEW${symbol}`;
}

function infoRow(listing: Listing): WireRow {
  const hours = Array.from(
    { length: DAY_HOURS / listing.intervalHours },
    (_, index) => `${String(index * listing.intervalHours).padStart(2, "0")}:00:00`,
  );
  const type = underlyingType(listing);
  return {
    symbol: listing.symbol,
    displaySymbol: displaySymbol(listing),
    baseAsset: listing.wireBase,
    quoteAsset: listing.quote,
    marginAsset: listing.settle,
    contractType: type === "COIN" ? "PERPETUAL" : "TRADIFI_PERPETUAL",
    underlyingType: type,
    pricePrecision: listing.priceDecimals,
    quantityPrecision: 3,
    baseAssetPrecision: 3,
    quotePrecision: 8,
    contractVal: 0.001,
    delivery: hours,
    collectCycle: listing.intervalHours * 60,
    forwardContractFlag: true,
    minLeverage: 1,
    maxLeverage: 100,
    buyLimitPriceRatio: 0.016,
    sellLimitPriceRatio: 0.015,
    makerFeeRate: 0.0002,
    takerFeeRate: 0.0008,
    minOrderSize: 0.001,
    maxOrderSize: 100_000,
    maxPositionSize: 20_000_000,
    marketOpenLimitSize: 12_000,
  };
}

const invalidSymbol = wireError(400, { code: -1142, msg: "Parameter 'symbol' is invalid." });
const missingSymbol = wireError(400, {
  code: -1141,
  msg: "Mandatory parameter 'symbol' was not sent.",
});
const rangeTooLong = wireError(400, { code: -1130, msg: "Time range cannot exceed 7 days." });
const one: Call["one"] = { name: "symbol", unknown: invalidSymbol };

function openInterestRow(listing: Listing, view: MarketView): WireRow {
  return {
    symbol: listing.symbol,
    openInterest: trimmed(liveNumbers(listing, view.nowMs).openInterest, 3),
    time: view.stampMs,
  };
}

/** The newest rows of a range, newest first. */
const pastRates: Call = {
  kind: "history",
  has: isListed,
  one: { name: "symbol", missing: missingSymbol },
  refuse: ({ query }) => {
    const { fromMs, toMs } = rangeOf(query, "startTime", "endTime");
    return fromMs > 0 && toMs - fromMs > PAST_RANGE_MS ? rangeTooLong : null;
  },
  past: (listing, view, { query }) => {
    const { fromMs, toMs } = rangeOf(query, "startTime", "endTime");
    const payments = paymentsOf(listing, view, { fromMs, toMs: toMs + 1 }, 0);
    const count = countOf(view, query.get("limit"), { usual: 100, max: 1000 });
    return newestOf(payments, count).map(({ slotMs, rate, mark }) => ({
      symbol: listing.symbol,
      fundingRate: fixed(rate, 8),
      fundingTime: slotMs,
      markPrice: trimmed(mark, listing.priceDecimals),
    }));
  },
};

function tradable(view: MarketView): WireRow[] {
  return view.listings
    .filter((each, index) => each.product === "other" || index % TRADABLE_EVERY === 0)
    .filter(onWire)
    .map(({ symbol }) => ({ symbol }));
}

function exchangeInfo(symbols: readonly WireRow[]): unknown {
  return {
    timezone: "UTC",
    rateLimits: [
      { rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 10, limit: 500 },
    ],
    assets: [
      { asset: "BTC", marginAvailable: false },
      { asset: "USDT", marginAvailable: true },
    ],
    symbols,
  };
}

const CLASSES: Readonly<Record<Asset["kind"], TruthAssetClass | null>> = {
  coin: "crypto",
  stock: "stock",
  index: "index",
  basket: "index",
  metal: "metal",
  commodity: "commodity",
  forex: "forex",
  pre_ipo: null,
};

function show(listing: Listing, view: MarketView): Shown {
  const row = premiumRow(listing, view);
  const ticker = tickerRow(listing, view);
  const next = Number(row["nextFundingTime"]);
  return {
    asset_class: CLASSES[listing.asset.kind],
    funding_rate: Number(row["forecastFundingRate"]),
    funding_interval_hours: Number(row["collectCycle"]) / 60,
    next_funding_time: next > view.nowMs ? next / 1000 : null,
    settled_rate: Number(row["lastFundingRate"]),
    // The reply does not say when.
    mark_price: Number(ticker["markPrice"]),
    index_price: Number(ticker["indexPrice"]),
    volume_24h_usd: Number(ticker["quoteVolume"]),
    // Available one contract at a time, in an unknown unit.
  };
}

export const weex: ExchangeEncoder = encoderOfCalls({
  id: "weex",
  fields: { rate: "forecastFundingRate", prices: ["markPrice", "indexPrice"], symbol: "symbol" },
  createListings,
  calls: {
    "/capi/v3/market/premiumIndex": { kind: "rates", has: isListed, row: premiumRow, one },
    "/capi/v3/market/ticker/24hr": { kind: "secondary", has: isListed, row: tickerRow, one },
    "/capi/v3/market/openInterest": {
      kind: "secondary",
      has: isListed,
      row: openInterestRow,
      one: { ...one, missing: missingSymbol, wrap: (row) => row },
    },
    "/capi/v3/market/exchangeInfo": {
      kind: "list",
      has: isListed,
      row: infoRow,
      wrap: exchangeInfo,
    },
    "/capi/v3/market/fundingRate": pastRates,
    "/capi/v3/market/apiTradingSymbols": {
      kind: "secondary",
      rows: tradable,
      wrap: (rows) => rows.map((row) => row["symbol"]),
    },
  },
  notFound: ({ path }) => wireError(404, { code: -1000, msg: `No handler found for GET ${path}` }),
  wrongMethod: wireError(405, { code: -1000, msg: "Method not allowed." }),
  show,
  // Weight 5 of 500 in 10 seconds.
  historyLimit: { requests: 100, perMs: 10_000 },
  rateLimitBody: { code: -1003, msg: "Too many requests; current limit is 500 per 10 seconds." },
  errorBody: { code: -1000, msg: "An unknown error occurred while processing the request." },
  delistedState: "gone",
  usual: [
    { path: "/capi/v3/market/premiumIndex" },
    { path: "/capi/v3/market/ticker/24hr" },
    { path: "/capi/v3/market/exchangeInfo" },
    { path: "/capi/v3/market/apiTradingSymbols" },
  ],
});
