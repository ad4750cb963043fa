import type { Listing } from "../listing.ts";
import { STEP_MS, liveNumbers, pricesAt } from "../market.ts";
import type { Shown } from "../truth.ts";
import { fixed, trimmed } from "../wire-text.ts";
import { type ExchangeEncoder, type MarketView, type WireRow, wireError } from "../wire.ts";
import { type Call, type RowOf, encoderOfCalls } from "./calls.ts";
import { pastRates } from "./xt-history.ts";
import { createListings } from "./xt-listings.ts";

const MARKET = "/future/market/";
const RATE_DECIMALS = 8;
/** One contract in this many has its interval only in a separate call. */
const SILENT_EVERY = 40;
const SIZE_DECIMALS = 8;
/** The expiry of a contract without one. */
const FAR_FUTURE_MS = 253_402_099_200_000;
/** A delivery date that some perpetuals carry. */
const ODD_DELIVERY_MS = 1_669_879_634_000;

const isTrading = (listing: Listing): boolean =>
  listing.state === "live" || listing.state === "pre_market";
const isDated = (listing: Listing): boolean => listing.product === "dated";

/** Contracts per day and open contracts: whole numbers. */
function contractsOf(listing: Listing, coins: number): string {
  return fixed(coins / listing.contractSize, 0);
}

/** The row of the feed that the exchange provides for CoinGecko. */
function feedRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => trimmed(value, listing.priceDecimals);
  const dated = isDated(listing);
  const rate = dated ? null : trimmed(live.rate, RATE_DECIMALS);
  return {
    id: listing.key % 5_000,
    ask: price(live.ask),
    base_currency: listing.wireBase.toUpperCase(),
    base_volume: contractsOf(listing, live.volume),
    bid: price(live.bid),
    contractSize: listing.contractSize,
    end_timestamp: dated ? listing.deliveryAtMs : FAR_FUTURE_MS,
    funding_rate: rate,
    high: price(live.high),
    index_currency: listing.quote,
    index_name: `${listing.wireBase.toUpperCase()}-${listing.quote}`,
    // Seconds behind the index of the tickers.
    index_price: price(pricesAt(listing, view.nowMs - STEP_MS).index),
    last_price: price(live.last),
    low: price(live.low),
    next_funding_rate: rate,
    next_funding_rate_timestamp: dated ? null : live.nextAtMs,
    open_interest: contractsOf(listing, live.openInterest),
    product_type: dated ? "FUTURES" : "PERPETUAL",
    start_timestamp: listing.listedAtMs,
    symbol: listing.symbol,
    target_currency: listing.quote,
    target_volume: trimmed(live.turnoverUsd, 8),
    ticker_id: `${listing.wireBase.toUpperCase()}-${listing.quote}`,
    underlyingType: 2,
    // Spelled like this; hours here, seconds in the history. Some rows lack it.
    collection_internal: dated || listing.key % SILENT_EVERY === 0 ? null : listing.intervalHours,
  };
}

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => trimmed(value, listing.priceDecimals);
  return {
    t: view.nowMs,
    s: listing.symbol,
    c: price(live.last),
    h: price(live.high),
    l: price(live.low),
    a: contractsOf(listing, live.volume),
    v: trimmed(live.turnoverUsd, 8),
    o: price(live.dayAgo),
    r: fixed(live.last / live.dayAgo - 1, 4),
    i: price(live.index),
    m: price(live.mark),
    bp: price(live.bid),
    ap: price(live.ask),
  };
}

function priceRow(which: "m" | "i", listing: Listing, view: MarketView): WireRow {
  return { s: listing.symbol, p: tickerRow(listing, view)[which], t: view.nowMs };
}

function oneRate(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  return {
    symbol: listing.symbol,
    fundingRate: trimmed(live.rate, RATE_DECIMALS),
    nextCollectionTime: live.nextAtMs,
    collectionInternal: listing.intervalHours,
  };
}

function interestRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  return {
    symbol: listing.symbol,
    openInterest: trimmed(live.openInterest, 4),
    openInterestUsd: trimmed(live.openInterest * live.mark * 0.83, 5),
    time: view.nowMs,
  };
}

function deliveryDateOf(listing: Listing): number | null {
  if (isDated(listing)) return listing.deliveryAtMs;
  return listing.marks.has("odd_date") ? ODD_DELIVERY_MS : null;
}

function listRow(listing: Listing): WireRow {
  const trading = isTrading(listing);
  const name = `${listing.wireBase}${listing.quote}`;
  return {
    id: listing.key % 5_000,
    symbolGroupId: listing.key % 700,
    symbol: listing.symbol,
    pair: `${listing.wireBase}_${listing.quote}`.toLowerCase(),
    contractType: isDated(listing) ? "NEXT_QUARTER" : "PERPETUAL",
    productType: isDated(listing) ? "futures" : "perpetual",
    predictEventType: null,
    underlyingType: "U_BASED",
    contractSize: trimmed(listing.contractSize, SIZE_DECIMALS),
    tradeSwitch: trading,
    openSwitch: trading,
    isDisplay: trading,
    isOpenApi: !listing.marks.has("web_only"),
    inPreMarket: listing.state === "pre_market",
    // Zero for live and dead ones alike.
    state: 0,
    initLeverage: 20,
    initPositionType: "CROSSED",
    baseCoin: listing.wireBase.toLowerCase(),
    spotCoin: listing.wireBase.toLowerCase(),
    quoteCoin: listing.quote.toLowerCase(),
    baseCoinPrecision: 8,
    baseCoinDisplayPrecision: 4,
    quoteCoinPrecision: 8,
    quoteCoinDisplayPrecision: 4,
    quantityPrecision: 0,
    pricePrecision: listing.priceDecimals,
    supportOrderType: "LIMIT,MARKET",
    supportTimeInForce: "GTC,FOK,IOC,GTX",
    supportEntrustType: "TAKE_PROFIT,STOP,TAKE_PROFIT_MARKET,STOP_MARKET,TRAILING_STOP_MARKET",
    supportPositionType: "CROSSED,ISOLATED",
    minQty: "1",
    minNotional: "5",
    maxNotional: "20000000",
    multiplierDown: "0.1",
    multiplierUp: "0.1",
    maxOpenOrders: 200,
    maxEntrusts: 200,
    makerFee: "0.0004",
    takerFee: "0.0006",
    liquidationFee: "0.01",
    marketTakeBound: "0.1",
    depthPrecisionMerge: 5,
    labels: ["HOT"],
    onboardDate: listing.listedAtMs,
    enName: `${name} `,
    cnName: name,
    minStepPrice: fixed(Number(`1e-${listing.priceDecimals}`), listing.priceDecimals),
    minPrice: null,
    maxPrice: null,
    deliveryDate: deliveryDateOf(listing),
    deliveryPrice: null,
    deliveryCompletion: false,
    cnDesc: null,
    enDesc: null,
  };
}

const failure = (code: string, msg: string): unknown => ({
  returnCode: 1,
  msgInfo: "failure",
  error: { code, msg, args: [] },
  result: null,
});
const success = (result: unknown): unknown => ({
  returnCode: 0,
  msgInfo: "success",
  error: null,
  result,
});
const invalidSymbol = wireError(200, failure("invalid_symbol", "invalid symbol"));

const single = (row: RowOf): Call => ({
  kind: "secondary",
  has: isTrading,
  row,
  one: { name: "symbol", unknown: invalidSymbol, missing: invalidSymbol, wrap: success },
});

/** Both versions answer alike. */
const callsOf = (version: "v1" | "v3"): Readonly<Record<string, Call>> => ({
  [`${MARKET}${version}/public/cg/contracts`]: {
    kind: "rates",
    has: isTrading,
    row: feedRow,
    wrap: (rows) => rows,
  },
  [`${MARKET}${version}/public/symbol/list`]: { kind: "list", row: listRow },
  [`${MARKET}${version}/public/q/agg-tickers`]: { kind: "secondary", row: tickerRow },
  [`${MARKET}${version}/public/q/mark-price`]: {
    kind: "secondary",
    row: (listing, view) => priceRow("m", listing, view),
  },
  [`${MARKET}${version}/public/q/index-price`]: {
    kind: "secondary",
    row: (listing, view) => priceRow("i", listing, view),
  },
  [`${MARKET}${version}/public/q/agg-ticker`]: single(tickerRow),
  [`${MARKET}${version}/public/q/funding-rate`]: single(oneRate),
  [`${MARKET}${version}/public/q/funding-rate-record`]: pastRates(
    (row) => row.product === "perp" && isTrading(row),
    { name: "symbol", unknown: invalidSymbol, missing: invalidSymbol },
    success,
  ),
  [`${MARKET}${version}/public/contract/open-interest`]: single(interestRow),
});

function show(listing: Listing, view: MarketView): Shown {
  const feed = feedRow(listing, view);
  const ticker = tickerRow(listing, view);
  return {
    funding_rate: Number(feed["funding_rate"]),
    funding_interval_hours: listing.intervalHours,
    next_funding_time: Number(feed["next_funding_rate_timestamp"]) / 1000,
    mark_price: Number(ticker["m"]),
    index_price: Number(ticker["i"]),
    volume_24h_usd: Number(feed["target_volume"]),
    // Whether it counts contracts or coins is not documented.
  };
}

export const xt: ExchangeEncoder = encoderOfCalls({
  id: "xt",
  fields: { rate: "funding_rate", prices: ["index_price"], symbol: "symbol" },
  createListings,
  calls: { ...callsOf("v1"), ...callsOf("v3") },
  wrap: success,
  notFound: ({ path }) => wireError(404, { timestamp: 0, status: 404, error: "Not Found", path }),
  onWire: () => true,
  show,
  historyLimit: { requests: 1_000, perMs: 60_000 },
  rateLimitBody: failure("TOO_MANY_REQUESTS", "too many requests"),
  errorBody: failure("SYSTEM_ERROR", "system error"),
  delistedState: "settling",
  exceptions: { frozen_timestamps: "the feed of the rates carries no time of its own" },
  usual: ["cg/contracts", "q/agg-tickers", "symbol/list"].map((name) => ({
    path: `${MARKET}v1/public/${name}`,
  })),
});
