import { countOf, oldestOf, paymentsOf, rangeOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers } from "../market.ts";
import type { Shown, TruthAssetClass } from "../truth.ts";
import { fixed, rounded, tickText, trimmed } from "../wire-text.ts";
import { type ExchangeEncoder, type MarketView, type WireRow, wireError } from "../wire.ts";
import { createListings } from "./aster-listings.ts";
import { type Call, encoderOfCalls } from "./calls.ts";

/** The expiry of a contract without one. */
const FAR_FUTURE_MS = 4_133_404_800_000;
/** How often the list of intervals is rebuilt. */
const FUNDING_INFO_EVERY_MS = 600_000;
/** Payments are recorded this long after their time at most. */
const PAST_JITTER_MS = 12;

const onWire = (listing: Listing): boolean => listing.state !== "gone";
const isListed = (listing: Listing): boolean =>
  onWire(listing) && (listing.product !== "other" || listing.marks.has("listed"));
/** A contract that is not charged: dated, or not trading. */
const isUncharged = (listing: Listing): boolean =>
  listing.product === "dated" || listing.state === "settling" || listing.state === "pending";
/** A symbol whose interval was changed by the control remains missing. */
const hasIntervalRow = (listing: Listing): boolean =>
  onWire(listing) && listing.product === "perp" && !listing.marks.has("no_interval");

function premiumRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => fixed(value, Math.max(8, listing.priceDecimals));
  return {
    symbol: listing.symbol,
    markPrice: price(live.mark),
    indexPrice: price(live.index),
    estimatedSettlePrice: price(live.index * 0.9998),
    lastFundingRate: fixed(live.rate, 8),
    interestRate: "0.00010000",
    nextFundingTime: isUncharged(listing) ? 0 : live.nextAtMs,
    time: view.stampMs,
  };
}

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => trimmed(value, listing.priceDecimals);
  const trades = Math.floor(live.turnoverUsd / 5_000);
  return {
    symbol: listing.symbol,
    priceChange: price(live.last - live.dayAgo),
    priceChangePercent: fixed((live.last / live.dayAgo - 1) * 100, 3),
    weightedAvgPrice: price((live.last + live.dayAgo) / 2),
    lastPrice: price(live.last),
    lastQty: trimmed(live.volume / 90_000, 3),
    openPrice: price(live.dayAgo),
    highPrice: price(live.high),
    lowPrice: price(live.low),
    volume: trimmed(live.volume, 3),
    quoteVolume: fixed(live.turnoverUsd, 2),
    openTime: view.nowMs - 24 * HOUR_MS,
    closeTime: view.nowMs,
    firstId: 24_000_000,
    lastId: 24_000_000 + trades,
    count: trades,
  };
}

function fundingRow(listing: Listing, view: MarketView): WireRow {
  return {
    symbol: listing.symbol,
    interestRate: fixed(0.0001, 8),
    time: Math.floor(view.nowMs / FUNDING_INFO_EVERY_MS) * FUNDING_INFO_EVERY_MS,
    fundingIntervalHours: listing.intervalHours,
    fundingFeeCap: rounded(listing.cap, 6),
    fundingFeeFloor: rounded(-listing.cap, 6),
  };
}

function statusOf(listing: Listing): string {
  if (listing.state === "pending") return "PENDING_TRADING";
  return listing.state === "live" || listing.state === "pre_market" ? "TRADING" : "SETTLING";
}

function contractType(listing: Listing): string {
  if (listing.product === "dated") return "CURRENT_QUARTER";
  // A contract that does not trade yet has no type.
  return listing.state === "pending" ? "" : "PERPETUAL";
}

function interestRow(listing: Listing, view: MarketView): WireRow {
  const { openInterest } = liveNumbers(listing, view.nowMs);
  return { symbol: listing.symbol, openInterest: fixed(openInterest, 3), time: view.nowMs };
}

function classOf(listing: Listing): TruthAssetClass | null {
  if (listing.marks.has("STOCK")) return "stock";
  if (listing.marks.has("ETF")) return "etf";
  if (listing.marks.has("Commodities")) return "commodity";
  return isCoin(listing) ? "crypto" : null;
}

/** The tags that state a class; coins have others. */
const CLASS_TAGS = ["STOCK", "ETF", "Commodities"] as const;

function tagsOf(listing: Listing): readonly string[] {
  const tag = CLASS_TAGS.find((name) => listing.marks.has(name));
  const known = tag === undefined ? [] : [tag];
  if (listing.state === "pre_market") return ["pre-launch", ...known];
  if (tag !== undefined) return known;
  return listing.key % 3 === 0 ? [] : ["STORAGE"];
}

/** Every underlyingType is COIN; non-coins have another symbolType. */
const isCoin = (listing: Listing): boolean => listing.asset.kind === "coin";

function infoRow(listing: Listing): WireRow {
  const tick = tickText(listing.priceDecimals);
  return {
    symbol: listing.symbol,
    pair: listing.wireBase + listing.quote,
    contractType: contractType(listing),
    deliveryDate: listing.deliveryAtMs || FAR_FUTURE_MS,
    onboardDate: listing.listedAtMs,
    status: statusOf(listing),
    maintMarginPercent: "2.5000",
    requiredMarginPercent: "5.0000",
    ...(listing.marks.has("no_base") ? {} : { baseAsset: listing.wireBase }),
    quoteAsset: listing.quote,
    marginAsset: listing.settle,
    pricePrecision: listing.priceDecimals,
    quantityPrecision: 0,
    baseAssetPrecision: 8,
    quotePrecision: 8,
    underlyingType: "COIN",
    underlyingSubType: tagsOf(listing),
    symbolType: isCoin(listing) ? 0 : 1,
    settlePlan: 0,
    triggerProtect: "0.15",
    filters: filtersOf(tick),
    OrderType: ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET"],
    timeInForce: ["GTC", "IOC", "FOK", "GTX", "HIDDEN"],
    liquidationFee: "0.010000",
    marketTakeBound: "0.30",
  };
}

function filtersOf(tick: string): readonly WireRow[] {
  const lot = { maxQty: "10000000", minQty: "1", stepSize: "1" };
  return [
    { filterType: "PRICE_FILTER", maxPrice: "1000000", minPrice: tick, tickSize: tick },
    { filterType: "LOT_SIZE", ...lot },
    { filterType: "MARKET_LOT_SIZE", ...lot },
    { filterType: "MAX_NUM_ORDERS", limit: 200 },
    { filterType: "MAX_NUM_ALGO_ORDERS", limit: 100 },
    { filterType: "MIN_NOTIONAL", notional: "5" },
    {
      filterType: "PERCENT_PRICE",
      multiplierUp: "1.1500",
      multiplierDown: "0.8500",
      multiplierDecimal: 4,
    },
  ];
}

function exchangeInfo(symbols: readonly WireRow[], view: MarketView): unknown {
  const limit = (rateLimitType: string, most: number): WireRow => ({
    interval: "MINUTE",
    intervalNum: 1,
    limit: most,
    rateLimitType,
  });
  return {
    exchangeFilters: [],
    rateLimits: [limit("REQUEST_WEIGHT", 2400), limit("ORDERS", 1200)],
    serverTime: view.nowMs,
    assets: ["USDT", "USDC", "USD1", "BTC"].map((asset) => ({
      asset,
      marginAvailable: asset !== "BTC",
      autoAssetExchange: asset === "BTC" ? null : 0,
    })),
    symbols,
    timezone: "UTC",
  };
}

const noSymbol = wireError(400, { code: -1102, msg: "Mandatory parameter 'symbol' was not sent." });
const invalidSymbol = wireError(400, { code: -1121, msg: "Invalid symbol." });
const one: Call["one"] = { name: "symbol", unknown: invalidSymbol, wrap: (row) => row };

/** Of a longer range, the rows that follow its start. */
const pastRates: Call = {
  kind: "history",
  has: isListed,
  one: { name: "symbol", missing: noSymbol },
  past: (listing, view, { query }) => {
    // Both bounds are included.
    const { fromMs, toMs } = rangeOf(query, "startTime", "endTime");
    const count = countOf(view, query.get("limit"), { usual: 100, max: 1000 });
    const payments = paymentsOf(listing, view, { fromMs, toMs: toMs + 1 }, PAST_JITTER_MS);
    return oldestOf(payments, count).map(({ atMs, rate }) => ({
      symbol: listing.symbol,
      fundingRate: fixed(rate, 8),
      fundingTime: atMs,
    }));
  },
};

/** The newest paths and the previous ones respond alike. */
const callsOf = (version: "v1" | "v3"): Readonly<Record<string, Call>> => ({
  [`/fapi/${version}/premiumIndex`]: { kind: "rates", row: premiumRow, one },
  [`/fapi/${version}/ticker/24hr`]: { kind: "secondary", has: isListed, row: tickerRow, one },
  [`/fapi/${version}/fundingInfo`]: {
    kind: "secondary",
    has: hasIntervalRow,
    row: fundingRow,
    one,
  },
  [`/fapi/${version}/exchangeInfo`]: {
    kind: "list",
    has: isListed,
    row: infoRow,
    wrap: exchangeInfo,
  },
  [`/fapi/${version}/fundingRate`]: pastRates,
});

function show(listing: Listing, view: MarketView): Shown {
  const row = premiumRow(listing, view);
  return {
    asset_class: classOf(listing),
    funding_rate: Number(row["lastFundingRate"]),
    funding_interval_hours: hasIntervalRow(listing) ? listing.intervalHours : null,
    next_funding_time: Number(row["nextFundingTime"]) / 1000,
    mark_price: Number(row["markPrice"]),
    index_price: Number(row["indexPrice"]),
    volume_24h_usd: Number(tickerRow(listing, view)["quoteVolume"]),
    open_interest_usd:
      Number(interestRow(listing, view)["openInterest"]) * Number(row["markPrice"]),
  };
}

export const aster: ExchangeEncoder = encoderOfCalls({
  id: "aster",
  fields: { rate: "lastFundingRate", prices: ["markPrice", "indexPrice"], symbol: "symbol" },
  createListings,
  calls: {
    ...callsOf("v1"),
    ...callsOf("v3"),
    // Served by the older path alone, and for one contract at a time.
    "/fapi/v1/openInterest": {
      kind: "secondary",
      has: isListed,
      row: interestRow,
      one: { ...one, missing: noSymbol },
    },
  },
  notFound: ({ path, method }) =>
    wireError(404, { code: -5000, msg: `Path ${path}, Method ${method} is invalid` }),
  show,
  historyLimit: { requests: 2400, perMs: 60_000 },
  rateLimitBody: { code: -1003, msg: "Too many requests; current limit is 2400 per minute." },
  errorBody: { code: -1000, msg: "An unknown error occured while processing the request." },
  delistedState: "settling",
  usual: ["premiumIndex", "ticker/24hr", "fundingInfo", "exchangeInfo"].map((name) => ({
    path: `/fapi/v3/${name}`,
  })),
});
