import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers, rateAt } from "../market.ts";
import { collectTruth, namesOf, type TrueInstrument } from "../truth.ts";
import { fixed, trimmed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireReply,
  type WireRequest,
  type WireRow,
  wireError,
  wireList,
} from "../wire.ts";
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
    askRp: price(live.last * 1.0001),
    bidRp: price(live.last * 0.9999),
    fundingRateRr: tickerRate(listing, view),
    highRp: price(Math.max(live.last, live.dayAgo) * 1.01),
    indexRp: trimmed(live.index, Math.min(listing.priceDecimals + 4, 16)),
    lastRp: price(live.last),
    lowRp: price(Math.min(live.last, live.dayAgo) * 0.99),
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
    fundingRate8hSymbol: `.${symbol}FR8H`,
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

function fundingRates(query: URLSearchParams): WireReply {
  const page = Number(query.get("pageNum") ?? 1);
  const size = Number(query.get("pageSize") ?? DEFAULT_PAGE_SIZE);
  if (!Number.isInteger(page) || !Number.isInteger(size) || page < 1 || size < 1) {
    return wireError(200, { code: 10_500, msg: "invalid page", data: null });
  }
  const symbol = query.get("symbol");
  const members = (view: MarketView): readonly Listing[] =>
    view.listings.filter((row) => isListed(row) && (symbol === null || row.symbol === symbol));
  const firstIndex = (page - 1) * size;
  return {
    ...wireList(
      "rates",
      `rates?${page}&${size}&${symbol ?? ""}`,
      (view) =>
        members(view)
          .slice(firstIndex, firstIndex + size)
          .map((row) => fundingRow(row, view)),
      (rows, view) => ({ code: 0, msg: "OK", data: { total: members(view).length, rows } }),
    ),
    firstIndex,
  };
}

function tickers(version: "v2" | "v3", symbol: string | null): WireReply {
  const row = version === "v2" ? tickerV2 : tickerV3;
  return {
    ...wireList(
      "secondary",
      `ticker?${version}&${symbol ?? ""}`,
      (view) =>
        view.listings
          .filter((each) => hasTicker(each) && (symbol === null || each.symbol === symbol))
          .map((each) => row(each, view)),
      (rows) => ({ error: null, id: 0, result: symbol === null ? rows : rows[0] }),
    ),
    ...(symbol === null ? {} : { whenEmpty: invalidArgument }),
  };
}

const invalidArgument = wireError(500, {
  error: { code: 6001, message: "invalid argument" },
  id: null,
  result: null,
});

function route({ path, host, method, query }: WireRequest): WireReply {
  // A path that does not exist is forbidden there.
  if (host !== null || method !== "GET") return wireError(403, "");
  switch (path) {
    case "/contract-biz/public/real-funding-rates":
      return fundingRates(query);
    case "/md/v3/ticker/24hr/all":
      return tickers("v3", null);
    case "/md/v2/ticker/24hr/all":
      return tickers("v2", null);
    case "/md/v3/ticker/24hr":
    case "/md/v2/ticker/24hr":
      return tickers(path.startsWith("/md/v3") ? "v3" : "v2", query.get("symbol") ?? "");
    case "/public/products":
      return wireList(
        "list",
        "products",
        (view) => view.listings.filter((row) => !isInverse(row)).map(linearProduct),
        (perpProductsV2, view) => {
          const inverse = view.listings.filter(isInverse);
          const products = [
            ...inverse.map(coinMarginedProduct),
            ...inverse.map((row) => spotProduct(row)),
          ];
          const checksum = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
          const data = { products, perpProductsV2, ratioScale: 8, md5Checksum: checksum };
          return { code: 0, msg: "", data };
        },
      );
    default:
      return wireError(403, "");
  }
}

function show(listing: Listing, view: MarketView): TrueInstrument {
  const funding = fundingRow(listing, view);
  const ticker = tickerV3(listing, view);
  const mark = Number(ticker["markRp"]);
  return {
    ...namesOf(listing),
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

export const phemex: ExchangeEncoder = {
  id: "phemex",
  fields: { rate: "fundingRate", prices: [], symbolOf: (row) => String(row["symbol"]) },
  createListings,
  route,
  rateLimitBody: { code: 429, msg: "Too many requests", data: null },
  errorBody: { code: 10_002, msg: "internal error", data: null },
  delistedState: "settling",
  exceptions: { frozen_timestamps: "the rates carry no time of their own" },
  truth: (view) =>
    collectTruth(
      view.listings,
      () => true,
      (row) => show(row, view),
    ),
  usual: [
    { path: "/contract-biz/public/real-funding-rates?pageNum=1&pageSize=200" },
    { path: "/md/v3/ticker/24hr/all" },
    { path: "/public/products" },
  ],
};
