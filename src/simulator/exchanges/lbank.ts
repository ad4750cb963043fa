import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers } from "../market.ts";
import type { Shown } from "../truth.ts";
import { fixed, trimmed } from "../wire-text.ts";
import { type ExchangeEncoder, type MarketView, type WireRow, wireError } from "../wire.ts";
import { type Asked, encoderOfCalls } from "./calls.ts";
import { createListings } from "./lbank-listings.ts";

const PUB = "/cfd/openApi/v1/pub/";
const GROUP = "SwapU";
const RATE_DECIMALS = 8;
/** Ages of rows in seconds: a normal one, and one of a contract that is hardly traded. */
const FRESH_SECONDS = 25;
const OLDEST_SECONDS = 196;
const FORBIDDEN_PAGE =
  "<!DOCTYPE html><html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1></body></html>";

const onWire = (listing: Listing): boolean => listing.state !== "gone";

/** The last trade of a row, in seconds: the format has no other time. */
function lastTimeOf(listing: Listing, view: MarketView): number {
  const thin = listing.marks.has("thin");
  const age = thin ? OLDEST_SECONDS - (listing.key % 120) : listing.key % FRESH_SECONDS;
  return Math.floor(view.stampMs / 1000) - age;
}

function marketRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => fixed(value, listing.priceDecimals);
  const rate = fixed(live.rate, RATE_DECIMALS);
  const times = {
    positionFeeTime: (listing.intervalHours * HOUR_MS) / 1000,
    nextFeeTime: live.nextAtMs,
  };
  // Some have times although they have no rate.
  const bare = listing.key % 2 === 0 ? {} : times;
  const funding = listing.marks.has("rateless")
    ? bare
    : { positionFeeRate: rate, ...times, fundingRate: rate };
  return {
    symbol: listing.symbol,
    highestPrice: price(live.high),
    underlyingPrice: listing.marks.has("no_index") ? "0.0" : price(live.index),
    lowestPrice: price(live.low),
    openPrice: price(live.dayAgo),
    volume: trimmed(live.volume, 4),
    markedPrice: price(live.mark),
    turnover: trimmed(live.turnoverUsd, 6),
    lastPrice: price(live.last),
    ...funding,
    instrumentStatus: "2",
    lastTime: lastTimeOf(listing, view),
  };
}

function instrumentRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const { wireBase, symbol } = listing;
  return {
    priceLimitUpperValue: 0.2,
    symbol,
    symbolAlias: `${listing.marks.has("alias") ? `${wireBase.slice(0, 1)}X` : wireBase}USDT`,
    volumeTick: 0.0001,
    indexPrice: fixed(live.index, 8),
    minOrderVolume: "0.0001",
    priceTick: Number(`1e-${listing.priceDecimals}`),
    maxOrderVolume: "30000.0",
    baseCurrency: wireBase,
    volumeMultiple: 1,
    exchangeID: "Exchange",
    priceCurrency: listing.quote,
    priceLimitLowerValue: 0.2,
    clearCurrency: listing.settle,
    symbolName: symbol,
    defaultLeverage: 20,
    minOrderCost: "5.0",
    needSuspend: listing.marks.has("trading_hours") ? 1 : 0,
    maxLeverage: listing.marks.has("rateless") ? 0 : 50,
  };
}

const wrap = (data: readonly WireRow[]): unknown => ({
  data,
  error_code: 0,
  msg: "Success",
  result: "true",
  success: true,
});
const failure = (error_code: number, msg: string): unknown => ({
  error_code,
  msg,
  result: "false",
  success: false,
});

/** Another group, or none, is a sound reply without contracts. */
const inGroup = (row: Listing, { query }: Asked): boolean =>
  onWire(row) && query.get("productGroup") === GROUP;

function show(listing: Listing, view: MarketView): Shown {
  const row = marketRow(listing, view);
  return {
    funding_rate: Number(row["fundingRate"]),
    funding_interval_hours: (Number(row["positionFeeTime"]) * 1000) / HOUR_MS,
    next_funding_time: Number(row["nextFeeTime"]) / 1000,
    mark_price: Number(row["markedPrice"]),
    index_price: Number(row["underlyingPrice"]) || null,
    volume_24h_usd: Number(row["turnover"]),
  };
}

export const lbank: ExchangeEncoder = encoderOfCalls({
  id: "lbank",
  fields: { rate: "fundingRate", prices: ["markedPrice", "underlyingPrice"], symbol: "symbol" },
  createListings,
  calls: {
    [`${PUB}marketData`]: { kind: "rates", has: inGroup, row: marketRow },
    [`${PUB}instrument`]: { kind: "list", has: inGroup, row: instrumentRow },
  },
  wrap,
  notFound: wireError(403, FORBIDDEN_PAGE),
  show,
  rateLimitBody: failure(183, "exceeded maximum query count per second"),
  errorBody: failure(10_000, "Internal error"),
  delistedState: "gone",
  usual: ["marketData", "instrument"].map((name) => ({
    path: `${PUB}${name}?productGroup=${GROUP}`,
  })),
});
