import { countOf, newestOf, oldestOf, paymentsOf, rangeOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { liveNumbers } from "../market.ts";
import type { Shown, TruthAssetClass } from "../truth.ts";
import { fixed, tickText, trimmed } from "../wire-text.ts";
import { type ExchangeEncoder, type MarketView, type WireRow, wireError } from "../wire.ts";
import { createListings } from "./binance-listings.ts";
import { type Call, encoderOfCalls } from "./calls.ts";

const FAR_FUTURE_MS = 4_133_404_800_000;

function premiumRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const dated = listing.product === "dated";
  return {
    symbol: listing.symbol,
    markPrice: fixed(live.mark, Math.max(8, listing.priceDecimals)),
    indexPrice: fixed(live.index, Math.max(8, listing.priceDecimals)),
    estimatedSettlePrice: fixed(live.index, Math.max(8, listing.priceDecimals)),
    lastFundingRate: dated ? "" : fixed(live.rate, 8),
    interestRate: dated ? "" : "0.00010000",
    nextFundingTime: dated || listing.state === "pending" ? 0 : live.nextAtMs,
    time: view.stampMs,
  };
}

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const d = listing.priceDecimals;
  return {
    symbol: listing.symbol,
    priceChange: fixed(live.last - live.dayAgo, d),
    priceChangePercent: fixed((live.last / live.dayAgo - 1) * 100, 3),
    weightedAvgPrice: fixed((live.last + live.dayAgo) / 2, d),
    lastPrice: fixed(live.last, d),
    lastQty: fixed(live.volume / 9_000, 1),
    openPrice: fixed(live.dayAgo, d),
    highPrice: fixed(live.high, d),
    lowPrice: fixed(live.low, d),
    volume: fixed(live.volume, 3),
    quoteVolume: fixed(live.turnoverUsd, 2),
    openTime: view.stampMs - 86_400_000,
    closeTime: view.stampMs,
    firstId: 1_000_000,
    lastId: 1_000_000 + Math.round(live.turnoverUsd / 500),
    count: Math.round(live.turnoverUsd / 500),
  };
}

function contractType(listing: Listing): string {
  if (listing.state === "pending") return "";
  if (listing.product === "dated")
    return listing.marks.has("NEXT_QUARTER") ? "NEXT_QUARTER" : "CURRENT_QUARTER";
  return listing.marks.has("TRADIFI") ? "TRADIFI_PERPETUAL" : "PERPETUAL";
}

function underlyingType(listing: Listing): string {
  for (const type of ["EQUITY", "INDEX", "COMMODITY"]) if (listing.marks.has(type)) return type;
  return "COIN";
}

function infoRow(listing: Listing): WireRow {
  const tick = tickText(listing.priceDecimals);
  const lot = { stepSize: "1", maxQty: "10000000", minQty: "1" };
  return {
    symbol: listing.symbol,
    pair: listing.wireBase + listing.quote,
    contractType: contractType(listing),
    deliveryDate: listing.deliveryAtMs || FAR_FUTURE_MS,
    onboardDate: listing.listedAtMs,
    status: statusOf(listing),
    maintMarginPercent: "2.5000",
    requiredMarginPercent: "5.0000",
    baseAsset: listing.wireBase,
    quoteAsset: listing.quote,
    marginAsset: listing.settle,
    pricePrecision: listing.priceDecimals,
    quantityPrecision: 0,
    baseAssetPrecision: 8,
    quotePrecision: 8,
    underlyingType: underlyingType(listing),
    underlyingSubType: underlyingType(listing) === "COIN" ? ["DEFI"] : [],
    settlePlan: 0,
    triggerProtect: "0.1500",
    liquidationFee: "0.012500",
    marketTakeBound: "0.10",
    filters: [
      { minPrice: tick, maxPrice: "1000000", filterType: "PRICE_FILTER", tickSize: tick },
      { ...lot, filterType: "LOT_SIZE" },
      { ...lot, filterType: "MARKET_LOT_SIZE" },
      { limit: 200, filterType: "MAX_NUM_ORDERS" },
      { limit: 10, filterType: "MAX_NUM_ALGO_ORDERS" },
      { notional: "5", filterType: "MIN_NOTIONAL" },
      {
        multiplierDown: "0.9000",
        multiplierUp: "1.1000",
        multiplierDecimal: "4",
        filterType: "PERCENT_PRICE",
      },
    ],
    orderTypes: [
      "LIMIT",
      "MARKET",
      "STOP",
      "STOP_MARKET",
      "TAKE_PROFIT",
      "TAKE_PROFIT_MARKET",
      "TRAILING_STOP_MARKET",
    ],
    timeInForce: ["GTC", "IOC", "FOK", "GTX"],
  };
}

function statusOf(listing: Listing): string {
  if (listing.state === "pending") return "PENDING_TRADING";
  return listing.state === "live" ? "TRADING" : "SETTLING";
}

/** A symbol whose interval was changed by the control counts as adjusted. */
function adjusted(listing: Listing): boolean {
  if (listing.product !== "perp" || listing.state === "pending") return false;
  return listing.intervalHours !== 8 || !listing.marks.has("unadjusted");
}

function fundingRow(listing: Listing): WireRow {
  return {
    symbol: listing.symbol,
    adjustedFundingRateCap: fixed(listing.cap, 8),
    adjustedFundingRateFloor: fixed(-listing.cap, 8),
    fundingIntervalHours: listing.intervalHours,
    disclaimer: false,
    updateTime: listing.listedAtMs,
  };
}

function openInterestRow(listing: Listing, view: MarketView): WireRow {
  const { openInterest } = liveNumbers(listing, view.nowMs);
  return { openInterest: trimmed(openInterest, 3), symbol: listing.symbol, time: view.stampMs };
}

function isPerpetual({ product, state }: Listing): boolean {
  return product === "perp" && state !== "pending";
}

const invalidSymbol = wireError(400, { code: -1121, msg: "Invalid symbol." });
const missingSymbol = wireError(400, {
  code: -1102,
  msg: "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.",
});

/** How late payments are recorded at most. */
const JITTER_MS = 12;
/** What is sent of a past without bounds. */
const NEWEST_ROWS = 200;

/** The oldest rows of a range with inclusive bounds, or the newest rows of all. */
const pastRates: Call = {
  kind: "history",
  has: isPerpetual,
  one: { name: "symbol", unknown: invalidSymbol, missing: missingSymbol },
  past: (listing, view, { query }) => {
    const { fromMs, toMs } = rangeOf(query, "startTime", "endTime");
    const payments = paymentsOf(listing, view, { fromMs, toMs: toMs + 1 }, JITTER_MS);
    const isOpen = !query.has("startTime") && !query.has("endTime");
    const usual = isOpen ? NEWEST_ROWS : 100;
    const count = countOf(view, query.get("limit"), { usual, max: 1000 });
    const sent = isOpen ? newestOf(payments, count).toReversed() : oldestOf(payments, count);
    return sent.map(({ rate, atMs, mark }) => ({
      symbol: listing.symbol,
      fundingRate: fixed(rate, 8),
      fundingTime: atMs,
      markPrice: fixed(mark, Math.max(8, listing.priceDecimals)),
      rateType: "Regular",
    }));
  },
};

const isListed = (row: Listing): boolean => row.product !== "other";
/** One object for a request with a symbol, which may be invalid; else the whole list. */
const one: Call["one"] = { name: "symbol", unknown: invalidSymbol, wrap: (row) => row };

function exchangeInfo(rows: readonly WireRow[], view: MarketView): unknown {
  const limit = (
    rateLimitType: string,
    interval: string,
    intervalNum: number,
    count: number,
  ): WireRow => ({
    rateLimitType,
    interval,
    intervalNum,
    limit: count,
  });
  return {
    timezone: "UTC",
    serverTime: view.stampMs,
    futuresType: "U_MARGINED",
    rateLimits: [
      limit("REQUEST_WEIGHT", "MINUTE", 1, 2400),
      limit("ORDERS", "MINUTE", 1, 1200),
      limit("ORDERS", "SECOND", 10, 300),
    ],
    exchangeFilters: [],
    assets: ["USDT", "BTC", "USDC"].map((asset) => ({
      asset,
      marginAvailable: true,
      autoAssetExchange: "-10000",
    })),
    symbols: rows,
  };
}

const CLASS_OF_TYPE: Readonly<Record<string, TruthAssetClass>> = {
  COIN: "crypto",
  EQUITY: "stock",
  INDEX: "index",
};

function show(listing: Listing, view: MarketView): Shown {
  const row = premiumRow(listing, view);
  const mark = Number(row["markPrice"]);
  return {
    asset_class: CLASS_OF_TYPE[underlyingType(listing)] ?? null,
    funding_rate: Number(row["lastFundingRate"]),
    funding_interval_hours: listing.intervalHours,
    next_funding_time: Number(row["nextFundingTime"]) / 1000,
    mark_price: mark,
    index_price: Number(row["indexPrice"]),
    volume_24h_usd: Number(tickerRow(listing, view)["quoteVolume"]),
    open_interest_usd: Number(openInterestRow(listing, view)["openInterest"]) * mark,
  };
}

export const binance: ExchangeEncoder = encoderOfCalls({
  id: "binance",
  fields: { rate: "lastFundingRate", prices: ["markPrice", "indexPrice"], symbol: "symbol" },
  createListings,
  calls: {
    "/fapi/v1/premiumIndex": { kind: "rates", row: premiumRow, one },
    "/fapi/v1/ticker/24hr": { kind: "secondary", has: isListed, row: tickerRow, one },
    "/fapi/v1/openInterest": {
      kind: "secondary",
      has: isListed,
      row: openInterestRow,
      one: { ...one, missing: missingSymbol },
    },
    "/fapi/v1/fundingInfo": { kind: "secondary", has: adjusted, row: fundingRow },
    "/fapi/v1/exchangeInfo": { kind: "list", has: isListed, row: infoRow, wrap: exchangeInfo },
    "/fapi/v1/fundingRate": pastRates,
  },
  notFound: ({ path, method }) =>
    wireError(404, { code: -5000, msg: `Path ${path}, Method ${method} is invalid` }),
  onWire: () => true,
  show,
  historyLimit: { requests: 500, perMs: 300_000 },
  rateLimitBody: {
    code: -1003,
    msg: "Too many requests; current limit of IP is 2400 requests per minute.",
  },
  errorBody: {
    code: -1001,
    msg: "Internal error; unable to process your request. Please try again.",
  },
  delistedState: "settling",
  usual: [
    { path: "/fapi/v1/premiumIndex" },
    { path: "/fapi/v1/ticker/24hr" },
    { path: "/fapi/v1/fundingInfo" },
    { path: "/fapi/v1/exchangeInfo" },
  ],
});
