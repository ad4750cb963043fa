import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers, rateAt } from "../market.ts";
import type { Shown } from "../truth.ts";
import { fixed, trimmed } from "../wire-text.ts";
import { type ExchangeEncoder, type MarketView, type WireRow, wireError } from "../wire.ts";
import { type Asked, type Call, encoderOfCalls } from "./calls.ts";
import { fundingSymbolOf, pastRates } from "./phemex-history.ts";
import { createListings } from "./phemex-listings.ts";

/** The page size if none is requested. */
const DEFAULT_PAGE_SIZE = 20;
const RATE_DECIMALS = 8;
const MINUTE_MS = 60_000;
const NS_PER_MS = 1_000_000;

const isInverse = (listing: Listing): boolean => listing.product === "inverse";
const isListed = (listing: Listing): boolean =>
  listing.state === "live" || listing.state === "pre_market";
/** The ticker list still contains one delisted contract. */
const hasTicker = (listing: Listing): boolean =>
  !isInverse(listing) && (isListed(listing) || listing.marks.has("ticker"));

function fundingRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  return {
    symbol: listing.symbol,
    fundingInterval: (listing.intervalHours * HOUR_MS) / 1000,
    toNextfundingInterval: Math.floor((live.nextAtMs - view.nowMs) / 1000),
    nextfundingTime: live.nextAtMs,
    fundingRate: fixed(live.rate, RATE_DECIMALS),
    interestRate: "0.0001",
    fundingRateCap: trimmed(listing.cap, RATE_DECIMALS),
    fundingRateFloor: trimmed(-listing.cap, RATE_DECIMALS),
  };
}

/** The ticker repeats the rate, updated once a minute. */
function tickerRate(listing: Listing, view: MarketView): string {
  const minute = Math.floor(view.nowMs / MINUTE_MS) * MINUTE_MS;
  return fixed(rateAt(listing, minute), RATE_DECIMALS);
}

function tickerV3(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => trimmed(value, listing.priceDecimals);
  return {
    askRp: price(live.ask),
    bidRp: price(live.bid),
    fundingRateRr: tickerRate(listing, view),
    highRp: price(live.high),
    indexRp: trimmed(live.index, Math.min(listing.priceDecimals + 4, 16)),
    lastRp: price(live.last),
    lowRp: price(live.low),
    markRp: trimmed(live.mark, Math.min(listing.priceDecimals + 6, 16)),
    openInterestRv: trimmed(live.openInterest, 4),
    openRp: price(live.dayAgo),
    predFundingRateRr: tickerRate(listing, view),
    symbol: listing.symbol,
    // Nanoseconds, beyond the precision of a double.
    timestamp: view.nowMs * NS_PER_MS,
    turnoverRv: trimmed(live.turnoverUsd, 4),
    volumeRq: trimmed(live.volume, 4),
  };
}

/** The older generation has other field names for the same numbers. */
function tickerV2(listing: Listing, view: MarketView): WireRow {
  const row = tickerV3(listing, view);
  return {
    closeRp: row["lastRp"],
    fundingRateRr: row["fundingRateRr"],
    highRp: row["highRp"],
    indexPriceRp: row["indexRp"],
    lowRp: row["lowRp"],
    markPriceRp: row["markRp"],
    openInterestRv: row["openInterestRv"],
    openRp: row["openRp"],
    predFundingRateRr: row["predFundingRateRr"],
    symbol: row["symbol"],
    timestamp: String(view.nowMs * NS_PER_MS),
    turnoverRv: row["turnoverRv"],
    volumeRq: row["volumeRq"],
  };
}

function sharedProduct(listing: Listing): WireRow {
  const { symbol, wireBase, quote } = listing;
  return {
    symbol,
    code: listing.key % 50_000,
    displaySymbol: `${wireBase} / ${quote}`,
    indexSymbol: `.${symbol}`,
    markSymbol: `.M${symbol}`,
    fundingRateSymbol: `.${symbol}FR`,
    fundingRate8hSymbol: fundingSymbolOf(listing),
    settleCurrency: listing.settle,
    quoteCurrency: quote,
    pricePrecision: listing.priceDecimals,
    description: `${wireBase}/${quote} perpetual contracts are priced on the .${symbol} Index.`,
    status: isListed(listing) ? "Listed" : "Delisted",
    listTime: listing.listedAtMs,
    majorSymbol: listing.asset.ticker === "BTC",
    defaultLeverage: "-10",
    fundingInterval: (listing.intervalHours * HOUR_MS) / 1000,
    maxLeverage: 100,
  };
}

function subTypeOf(listing: Listing): string {
  if (listing.state === "pre_market") return "PreMarket";
  return listing.marks.has("tradfi") ? "TradFi" : "Normal";
}

function linearProduct(listing: Listing): WireRow {
  const tick = fixed(Number(`1e-${listing.priceDecimals}`), listing.priceDecimals);
  return {
    ...sharedProduct(listing),
    type: "PerpetualV2",
    perpProductSubType: subTypeOf(listing),
    contractUnderlyingAssets: listing.wireBase,
    tickSize: tick,
    priceScale: 0,
    ratioScale: 0,
    baseCurrency: listing.wireBase,
    tipOrderQty: 0,
    maxOrderQtyRq: "100000",
    maxPriceRp: "2000000000",
    minOrderValueRv: "1",
    minPriceRp: tick,
    qtyPrecision: 3,
    qtyStepSize: "0.001",
    tipOrderQtyRq: "20000",
    maxOpenPosLeverage: 100,
  };
}

function coinMarginedProduct(listing: Listing): WireRow {
  return {
    ...sharedProduct(listing),
    type: "Perpetual",
    contractUnderlyingAssets: "USD",
    contractSize: 1,
    lotSize: 1,
    tickSize: 0.5,
    priceScale: 4,
    ratioScale: 8,
    minPriceEp: 5000,
    maxPriceEp: 10_000_000_000,
    maxOrderQty: 1_000_000,
    tipOrderQty: 1_000_000,
  };
}

/** Spot pairs are listed between the coin-margined contracts. */
function spotProduct({ asset }: Listing): WireRow {
  return {
    symbol: `s${asset.ticker}USDT`,
    code: 1001,
    type: "Spot",
    displaySymbol: `${asset.ticker} / USDT`,
    quoteCurrency: "USDT",
    baseCurrency: asset.ticker,
    status: "Listed",
    pricePrecision: 2,
  };
}

/** NaN for what is no whole number. */
function pageOf({ query }: Asked): { first: number; size: number } {
  const whole = (name: string, usual: number): number => {
    const value = Number(query.get(name) ?? usual);
    return Number.isInteger(value) && value >= 1 ? value : Number.NaN;
  };
  const size = whole("pageSize", DEFAULT_PAGE_SIZE);
  return { first: (whole("pageNum", 1) - 1) * size, size };
}

const fundingRates: Call = {
  kind: "rates",
  refuse: (asked) =>
    Number.isNaN(pageOf(asked).first)
      ? wireError(200, { code: 10_500, msg: "invalid page", data: null })
      : null,
  has: isListed,
  row: fundingRow,
  one: { name: "symbol" },
  page: pageOf,
  wrap: (rows, _view, _asked, total) => ({ code: 0, msg: "OK", data: { total, rows } }),
};

const invalidArgument = wireError(500, {
  error: { code: 6001, message: "invalid argument" },
  id: null,
  result: null,
});

const wrapTickers = (result: unknown): unknown => ({ error: null, id: 0, result });

function tickersOf(version: "v2" | "v3"): Readonly<Record<string, Call>> {
  const all: Call = {
    kind: "secondary",
    has: hasTicker,
    row: version === "v2" ? tickerV2 : tickerV3,
    wrap: wrapTickers,
  };
  const one = {
    name: "symbol",
    missing: invalidArgument,
    unknown: invalidArgument,
    wrap: wrapTickers,
  };
  return {
    [`/md/${version}/ticker/24hr/all`]: all,
    [`/md/${version}/ticker/24hr`]: { ...all, one },
  };
}

function wrapProducts(perpProductsV2: readonly WireRow[], view: MarketView): unknown {
  const inverse = view.listings.filter(isInverse);
  const products = [...inverse.map(coinMarginedProduct), ...inverse.map(spotProduct)];
  const checksum = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
  const data = { products, perpProductsV2, ratioScale: 8, md5Checksum: checksum };
  return { code: 0, msg: "", data };
}

function show(listing: Listing, view: MarketView): Shown {
  const funding = fundingRow(listing, view);
  const ticker = tickerV3(listing, view);
  const mark = Number(ticker["markRp"]);
  return {
    asset_class: subTypeOf(listing) === "Normal" ? "crypto" : null,
    funding_rate: Number(funding["fundingRate"]),
    funding_interval_hours: (Number(funding["fundingInterval"]) * 1000) / HOUR_MS,
    next_funding_time: Number(funding["nextfundingTime"]) / 1000,
    mark_price: mark,
    index_price: Number(ticker["indexRp"]),
    volume_24h_usd: Number(ticker["turnoverRv"]),
    open_interest_usd: Number(ticker["openInterestRv"]) * mark,
  };
}

export const phemex: ExchangeEncoder = encoderOfCalls({
  id: "phemex",
  fields: { rate: "fundingRate", prices: [], symbol: "symbol" },
  createListings,
  calls: {
    "/contract-biz/public/real-funding-rates": fundingRates,
    ...tickersOf("v2"),
    ...tickersOf("v3"),
    "/api-data/public/data/funding-rate-history": pastRates(
      (row) => !isInverse(row) && isListed(row),
    ),
    "/public/products": { kind: "list", has: (row) => !isInverse(row), row: linearProduct },
  },
  wrap: wrapProducts,
  // A path that does not exist is forbidden there.
  notFound: wireError(403, ""),
  onWire: () => true,
  show,
  historyLimit: { requests: 300, perMs: 60_000 },
  rateLimitBody: { code: 429, msg: "Too many requests", data: null },
  errorBody: { code: 10_002, msg: "internal error", data: null },
  delistedState: "settling",
  exceptions: { frozen_timestamps: "the rates carry no time of their own" },
  usual: [
    { path: "/contract-biz/public/real-funding-rates?pageNum=1&pageSize=200" },
    { path: "/md/v3/ticker/24hr/all" },
    { path: "/public/products" },
  ],
});
