import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers } from "../market.ts";
import { collectTruth, namesOf, type TrueInstrument } from "../truth.ts";
import { fixed, rounded, trimmed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type PayloadKind,
  type WireReply,
  type WireRequest,
  type WireRow,
  wireError,
  wireList,
} from "../wire.ts";
import { createListings } from "./aster-listings.ts";

/** Where the end of a contract without an end is put. */
const FAR_FUTURE_MS = 4_133_404_800_000;
/** The list of intervals is made anew once in this time. */
const FUNDING_INFO_EVERY_MS = 600_000;

const onWire = (listing: Listing): boolean => listing.state !== "gone";
const isListed = (listing: Listing): boolean =>
  onWire(listing) && (listing.product !== "stranger" || listing.marks.has("listed"));
/** A contract that is not charged: dated, or not trading. */
const isUncharged = (listing: Listing): boolean =>
  listing.product === "dated" || listing.state === "settling" || listing.state === "pending";
/** A symbol whose interval was flipped by the control stays untold. */
const isTold = (listing: Listing): boolean =>
  onWire(listing) && listing.product === "perp" && !listing.marks.has("untold");

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
    highPrice: price(Math.max(live.last, live.dayAgo) * 1.01),
    lowPrice: price(Math.min(live.last, live.dayAgo) * 0.99),
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
  return listing.state === "live" ? "TRADING" : "SETTLING";
}

function underlyingType(listing: Listing): string {
  return ["EQUITY", "COMMODITY"].find((type) => listing.marks.has(type)) ?? "COIN";
}

function infoRow(listing: Listing): WireRow {
  const tick = fixed(10 ** -listing.priceDecimals, listing.priceDecimals);
  const type = underlyingType(listing);
  return {
    symbol: listing.symbol,
    pair: listing.wireBase + listing.quote,
    contractType: listing.product === "dated" ? "CURRENT_QUARTER" : "PERPETUAL",
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
    underlyingType: type,
    underlyingSubType: type === "COIN" ? ["STORAGE"] : [],
    // Only what is no coin says so a second time.
    ...(type === "COIN" ? {} : { symbolType: 1 }),
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

interface Call {
  readonly kind: PayloadKind;
  readonly has: (listing: Listing) => boolean;
  readonly row: (listing: Listing, view: MarketView) => WireRow;
}

const CALLS: Readonly<Record<string, Call>> = {
  premiumIndex: { kind: "rates", has: onWire, row: premiumRow },
  "ticker/24hr": { kind: "secondary", has: isListed, row: tickerRow },
  fundingInfo: { kind: "secondary", has: isTold, row: fundingRow },
  exchangeInfo: { kind: "list", has: isListed, row: infoRow },
};

const invalidSymbol = wireError(400, { code: -1121, msg: "Invalid symbol." });

/** The newest paths and the ones before answer alike. */
function route({ path, query, method }: WireRequest): WireReply {
  const name = /^\/fapi\/v[13]\/(.+)$/.exec(path)?.[1] ?? "";
  const call = CALLS[name];
  if (call === undefined)
    return wireError(404, { code: -5000, msg: `Path ${path}, Method ${method} is invalid` });
  const { kind, has, row } = call;
  if (kind === "list")
    return wireList(
      kind,
      name,
      (view) => view.listings.filter(has).map((each) => row(each, view)),
      exchangeInfo,
    );
  const symbol = query.get("symbol");
  const list = wireList(
    kind,
    `${name}?${symbol ?? ""}`,
    (view) =>
      view.listings
        .filter((each) => has(each) && (symbol === null || each.symbol === symbol))
        .map((each) => row(each, view)),
    // A request for one symbol is answered by one object.
    (rows) => (symbol === null ? rows : rows[0]),
  );
  return symbol === null ? list : { ...list, whenEmpty: invalidSymbol };
}

function show(listing: Listing, view: MarketView): TrueInstrument {
  const row = premiumRow(listing, view);
  return {
    ...namesOf(listing),
    // What is no coin has another type, whose words nobody wrote down.
    asset_class: underlyingType(listing) === "COIN" ? "crypto" : null,
    funding_rate: Number(row["lastFundingRate"]),
    funding_interval_hours: isTold(listing) ? listing.intervalHours : null,
    next_funding_time: Number(row["nextFundingTime"]) / 1000,
    predicted_rate: null,
    settled_rate: null,
    settled_at: null,
    mark_price: Number(row["markPrice"]),
    index_price: Number(row["indexPrice"]),
    volume_24h_usd: Number(tickerRow(listing, view)["quoteVolume"]),
    // No call tells it.
    open_interest_usd: null,
  };
}

export const aster: ExchangeEncoder = {
  id: "aster",
  fields: {
    rate: "lastFundingRate",
    prices: ["markPrice", "indexPrice"],
    symbolOf: (row) => String(row["symbol"]),
  },
  createListings,
  route,
  rateLimitBody: { code: -1003, msg: "Too many requests; current limit is 2400 per minute." },
  errorBody: { code: -1000, msg: "An unknown error occured while processing the request." },
  delistedState: "settling",
  truth: (view) => collectTruth(view.listings, onWire, (row) => show(row, view)),
  usual: Object.keys(CALLS).map((name) => ({ path: `/fapi/v3/${name}` })),
};
