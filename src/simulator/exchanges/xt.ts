import type { Listing } from "../listing.ts";
import { liveNumbers, pricesAt, STEP_MS } from "../market.ts";
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
    ask: price(live.last * 1.0001),
    base_currency: listing.wireBase.toUpperCase(),
    base_volume: contractsOf(listing, live.volume),
    bid: price(live.last * 0.9999),
    contractSize: listing.contractSize,
    end_timestamp: dated ? listing.deliveryAtMs : FAR_FUTURE_MS,
    funding_rate: rate,
    high: price(Math.max(live.last, live.dayAgo) * 1.01),
    index_currency: listing.quote,
    index_name: `${listing.wireBase.toUpperCase()}-${listing.quote}`,
    // Seconds behind the index of the tickers.
    index_price: price(pricesAt(listing, view.nowMs - STEP_MS).index),
    last_price: price(live.last),
    low: price(Math.min(live.last, live.dayAgo) * 0.99),
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
    h: price(Math.max(live.last, live.dayAgo) * 1.01),
    l: price(Math.min(live.last, live.dayAgo) * 0.99),
    a: contractsOf(listing, live.volume),
    v: trimmed(live.turnoverUsd, 8),
    o: price(live.dayAgo),
    r: fixed(live.last / live.dayAgo - 1, 4),
    i: price(live.index),
    m: price(live.mark),
    bp: price(live.last * 0.9999),
    ap: price(live.last * 1.0001),
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

type RowOf = (listing: Listing, view: MarketView) => WireRow;

const BULK: Readonly<Record<string, RowOf>> = {
  "q/agg-tickers": tickerRow,
  "q/mark-price": (listing, view) => priceRow("m", listing, view),
  "q/index-price": (listing, view) => priceRow("i", listing, view),
};
const SINGLE: Readonly<Record<string, RowOf>> = {
  "q/agg-ticker": tickerRow,
  "q/funding-rate": oneRate,
  "contract/open-interest": interestRow,
};

function route({ path, host, method, query }: WireRequest): WireReply {
  const notFound = wireError(404, { timestamp: 0, status: 404, error: "Not Found", path });
  if (host !== null || method !== "GET" || !path.startsWith(MARKET)) return notFound;
  const name = /^v[13]\/public\/(.+)$/.exec(path.slice(MARKET.length))?.[1] ?? "";
  if (name === "cg/contracts") {
    return wireList(
      "rates",
      name,
      (view) => view.listings.filter(isTrading).map((row) => feedRow(row, view)),
      (rows) => rows,
    );
  }
  if (name === "symbol/list") {
    const wrap = (rows: readonly WireRow[]): unknown => success(rows);
    return wireList("list", name, (view) => view.listings.map(listRow), wrap);
  }
  const bulk = Object.hasOwn(BULK, name) ? BULK[name] : undefined;
  if (bulk !== undefined) {
    const rows = (view: MarketView): WireRow[] => view.listings.map((row) => bulk(row, view));
    return wireList("secondary", name, rows, success);
  }
  const single = Object.hasOwn(SINGLE, name) ? SINGLE[name] : undefined;
  if (single === undefined) return notFound;
  const symbol = query.get("symbol");
  const rows = (view: MarketView): WireRow[] =>
    view.listings
      .filter((row) => row.symbol === symbol && isTrading(row))
      .map((row) => single(row, view));
  return {
    ...wireList("secondary", `${name}?${symbol}`, rows, (data) => success(data[0])),
    whenEmpty: invalidSymbol,
  };
}

function show(listing: Listing, view: MarketView): TrueInstrument {
  const feed = feedRow(listing, view);
  const ticker = tickerRow(listing, view);
  return {
    ...namesOf(listing),
    funding_rate: Number(feed["funding_rate"]),
    funding_interval_hours: listing.intervalHours,
    next_funding_time: Number(feed["next_funding_rate_timestamp"]) / 1000,
    mark_price: Number(ticker["m"]),
    index_price: Number(ticker["i"]),
    volume_24h_usd: Number(feed["target_volume"]),
    // Whether it counts contracts or coins is not documented.
  };
}

export const xt: ExchangeEncoder = {
  id: "xt",
  fields: {
    rate: "funding_rate",
    prices: ["index_price"],
    symbolOf: (row) => String(row["symbol"]),
  },
  createListings,
  route,
  rateLimitBody: failure("TOO_MANY_REQUESTS", "too many requests"),
  errorBody: failure("SYSTEM_ERROR", "system error"),
  delistedState: "settling",
  exceptions: { frozen_timestamps: "the feed of the rates carries no time of its own" },
  truth: (view) =>
    collectTruth(
      view.listings,
      () => true,
      (row) => show(row, view),
    ),
  usual: ["cg/contracts", "q/agg-tickers", "symbol/list"].map((name) => ({
    path: `${MARKET}v1/public/${name}`,
  })),
};
