import { countOf, newestOf, paymentsOf, WHOLE_PAST } from "../history.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers } from "../market.ts";
import type { Shown, TrueInstrument } from "../truth.ts";
import { tickText, trimmed } from "../wire-text.ts";
import { type ExchangeEncoder, type MarketView, type WireRow, wireError } from "../wire.ts";
import { type Call, encoderOfCalls } from "./calls.ts";
import { createListings } from "./toobit-listings.ts";

/** How long after a settlement a row still shows that time and the rate charged then. */
const ROLL_AFTER_MS = 75_000;
/** Payments in one reply, at most. */
const PAST_ROWS = 1_000;

/** Which replies contain a listing: relics only have a mark price, unlisted ones no contract entry. */
const onWire = (listing: Listing): boolean => listing.state !== "gone";
const hasRate = (listing: Listing): boolean => onWire(listing) && !listing.marks.has("mark_only");
const isListed = (listing: Listing): boolean => hasRate(listing) && listing.product !== "other";

/** A contract that replaced another one has a number in its name, but the same underlying. */
function underlyingOf({ marks, asset, wireBase }: Listing): string {
  return marks.has("replaced") ? asset.ticker : wireBase;
}

/** The index token of a contract: without the multiplier's prefix, and for some a different name. */
function indexToken(listing: Listing): string {
  const bare = listing.multiplier === 1 ? underlyingOf(listing) : listing.asset.ticker;
  const token = listing.marks.has("renamed_index") ? `${bare}1` : bare;
  return `${token === "TON" ? "GRAM" : token}${listing.quote}`;
}

function isRolling(listing: Listing, view: MarketView): boolean {
  return view.nowMs - liveNumbers(listing, view.nowMs).previousAtMs < ROLL_AFTER_MS;
}

function rateRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const rolling = isRolling(listing, view);
  return {
    symbol: listing.symbol,
    rate: trimmed(rolling ? live.settledRate : live.rate, 8),
    nextFundingTime: String(rolling ? live.previousAtMs : live.nextAtMs),
    ...(listing.marks.has("no_period") ? {} : { period: `${listing.intervalHours}H` }),
    // Per 8 hours, whatever the period is.
    interest: "0.0001",
    fundingRateCap: trimmed(listing.cap, 6),
    fundingRateFloor: trimmed(-listing.cap, 6),
  };
}

function markRow(listing: Listing, view: MarketView): WireRow {
  const { mark } = liveNumbers(listing, view.nowMs);
  return {
    exchangeId: 301,
    symbolId: listing.symbol,
    price: trimmed(mark, listing.priceDecimals + 2),
    time: view.nowMs,
  };
}

function indexRow(listing: Listing, view: MarketView): WireRow {
  const { index } = liveNumbers(listing, view.nowMs);
  return {
    token: indexToken(listing),
    index: trimmed(index, listing.priceDecimals),
    edp: trimmed(index * 1.0004, listing.priceDecimals + 2),
  };
}

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => trimmed(value, listing.priceDecimals);
  return {
    t: view.nowMs,
    s: listing.symbol,
    o: price(live.dayAgo),
    h: price(live.high),
    l: price(live.low),
    c: price(live.last),
    v: trimmed(live.volume / listing.contractSize, 0),
    qv: trimmed(live.turnoverUsd, 4),
    // In contracts, both sides: always even.
    op: String(2 * Math.round(live.openInterest / listing.contractSize)),
    pc: price(live.last - live.dayAgo),
    pcp: trimmed(live.last / live.dayAgo - 1, 4),
  };
}

function statusOf(listing: Listing): string {
  if (listing.state === "pending") return "ONLINE";
  if (listing.state === "settling") return "CLOSE_FORBIDDEN";
  return listing.state === "halted" ? "OPEN_FORBIDDEN" : "TRADING";
}

const isRwa = (listing: Listing): boolean => listing.asset.kind !== "coin";

function categoriesOf(listing: Listing): readonly string[] {
  if (!isRwa(listing)) return listing.key % 3 === 0 ? [] : ["Layer 1/2"];
  return listing.asset.kind === "forex" ? ["TradFi", "Forex"] : ["TradFi"];
}

function classOf(listing: Listing): TrueInstrument["asset_class"] {
  if (!isRwa(listing)) return "crypto";
  return listing.asset.kind === "forex" ? "forex" : null;
}

function contractRow(listing: Listing): WireRow {
  const step = tickText(listing.priceDecimals);
  const closing = listing.state === "settling" ? String(listing.listedAtMs) : "0";
  const risk = (riskLimitId: string, quantity: string, initialMargin: string): WireRow => ({
    riskLimitId,
    quantity,
    initialMargin,
    maintMargin: trimmed(Number(initialMargin) / 2, 4),
    isWhite: false,
  });
  return {
    filters: [
      {
        minPrice: step,
        maxPrice: "1000000.00000000",
        tickSize: step,
        filterType: "PRICE_FILTER",
      },
      { minQty: "1", maxQty: "500000", stepSize: "1", filterType: "LOT_SIZE" },
      { minNotional: "0", filterType: "MIN_NOTIONAL" },
    ],
    exchangeId: "301",
    symbol: listing.symbol,
    symbolName: listing.symbol,
    status: statusOf(listing),
    baseAsset: listing.symbol,
    baseAssetPrecision: trimmed(listing.contractSize, 8),
    quoteAsset: listing.quote,
    quoteAssetPrecision: step,
    icebergAllowed: false,
    inverse: listing.product === "inverse",
    index: indexToken(listing),
    indexToken: indexToken(listing),
    marginToken: listing.settle,
    marginPrecision: "0.0001",
    contractMultiplier: trimmed(listing.contractSize, 8),
    underlying: underlyingOf(listing),
    isRwa: isRwa(listing),
    rwaType: isRwa(listing) ? "STOCK" : "",
    categories: categoriesOf(listing),
    closingStartTime: closing,
    closingEndTime: closing,
    riskLimits: [
      risk(`${200_000_000 + (listing.key % 1_000_000)}`, "42000.0", "0.02"),
      risk(`${200_000_001 + (listing.key % 1_000_000)}`, "84000.0", "0.04"),
    ],
  };
}

/** Spot pairs are listed with the contracts under their own names. */
function spotRow(listing: Listing): WireRow {
  const name = `${listing.asset.ticker}USDT`;
  return {
    filters: [],
    exchangeId: "301",
    symbol: name,
    symbolName: name,
    status: "TRADING",
    baseAsset: listing.asset.ticker,
    baseAssetName: listing.asset.ticker,
    baseAssetPrecision: "0.0001",
    quoteAsset: "USDT",
    quoteAssetName: "USDT",
    quotePrecision: "0.01",
    icebergAllowed: false,
    isAggregate: false,
    allowMargin: true,
  };
}

function exchangeInfo(contracts: readonly WireRow[], view: MarketView): unknown {
  const spot = view.listings.filter((row) => row.product === "perp" && row.quote === "USDC");
  return {
    timezone: "UTC",
    serverTime: String(view.nowMs),
    brokerFilters: [],
    symbols: spot.map(spotRow),
    options: [],
    contracts,
    coins: [],
  };
}

const invalidSymbol = wireError(400, {
  code: -1130,
  msg: "Data sent for paramter 'symbol' is not valid.",
});
const invalidLimit = wireError(400, {
  code: -1130,
  msg: "Data sent for paramter 'limit' is not valid.",
});
const bySymbol = { name: "symbol", unknown: invalidSymbol };
/** An unknown symbol gets an empty response, a known one only its row. */
const markBySymbol = {
  name: "symbol",
  unknown: wireError(200, ""),
  wrap: (row?: WireRow) => row,
};
/** By token, not by contract. */
const indexByToken = (rows: readonly WireRow[]): unknown => ({
  index: Object.fromEntries(rows.map((row) => [row["token"], row["index"]])),
  edp: Object.fromEntries(rows.map((row) => [row["token"], row["edp"]])),
});

/** Rising with time, and different for each contract. */
function pastId(listing: Listing, slotMs: number): number {
  return (slotMs / HOUR_MS) * 10 + (listing.key % 10);
}

/** The newest rows with an id below `fromId`, newest first. */
const pastRates: Call = {
  kind: "history",
  has: hasRate,
  one: { name: "symbol" },
  refuse: ({ query }) => (Number(query.get("limit") ?? 1) > PAST_ROWS ? invalidLimit : null),
  past: (listing, view, { query }) => {
    const belowId = Number(query.get("fromId") ?? Number.POSITIVE_INFINITY);
    const payments = paymentsOf(listing, view, WHOLE_PAST, 0);
    const older = payments.filter(({ slotMs }) => pastId(listing, slotMs) < belowId);
    const count = countOf(view, query.get("limit"), { usual: 20, max: PAST_ROWS });
    return newestOf(older, count).map(({ slotMs, rate, intervalHours }) => ({
      id: String(pastId(listing, slotMs)),
      symbol: listing.symbol,
      settleTime: String(slotMs),
      settleRate: trimmed(rate, 8),
      ...(listing.marks.has("no_period") ? {} : { period: `${intervalHours}H` }),
    }));
  },
};

/** The settlement that a row shows until it rolls over has passed: the next one is an interval later. */
function afterSeconds(namedMs: number, intervalHours: number | null): number | null {
  return intervalHours === null ? null : namedMs / 1000 + intervalHours * 3600;
}

function show(listing: Listing, view: MarketView): Shown {
  const row = rateRow(listing, view);
  const period = row["period"];
  const intervalHours = typeof period === "string" ? Number.parseInt(period, 10) : null;
  const named = Number(row["nextFundingTime"]);
  const settling = isRolling(listing, view);
  const mark = Number(markRow(listing, view)["price"]);
  const contracts = Number(tickerRow(listing, view)["op"]);
  return {
    asset_class: classOf(listing),
    funding_rate: Number(row["rate"]),
    funding_interval_hours: intervalHours,
    next_funding_time: settling ? afterSeconds(named, intervalHours) : named / 1000,
    mark_price: mark,
    index_price: Number(indexRow(listing, view)["index"]),
    volume_24h_usd: Number(tickerRow(listing, view)["qv"]),
    open_interest_usd:
      ((contracts * Number(contractRow(listing)["contractMultiplier"])) / 2) * mark,
    settling,
  };
}

export const toobit: ExchangeEncoder = encoderOfCalls({
  id: "toobit",
  fields: { rate: "rate", prices: [], symbol: "symbol" },
  createListings,
  calls: {
    "/api/v1/futures/fundingRate": { kind: "rates", has: hasRate, row: rateRow, one: bySymbol },
    "/api/v1/futures/historyFundingRate": pastRates,
    // Delisted contracts keep a mark price.
    "/quote/v1/markPrice": { kind: "secondary", has: () => true, row: markRow, one: markBySymbol },
    "/quote/v1/index": { kind: "secondary", has: isListed, row: indexRow, wrap: indexByToken },
    "/quote/v1/contract/ticker/24hr": {
      kind: "secondary",
      has: hasRate,
      row: tickerRow,
      one: bySymbol,
    },
    "/api/v1/exchangeInfo": {
      kind: "list",
      has: isListed,
      row: contractRow,
      wrap: exchangeInfo,
    },
  },
  notFound: wireError(404, { code: -1000, msg: "Not Found" }),
  wrongMethod: wireError(405, { code: -1000, msg: "Method Not Allowed" }),
  show,
  historyLimit: { requests: 3_000, perMs: 60_000 },
  rateLimitBody: { code: -1003, msg: "Too many requests; please slow down." },
  errorBody: { code: -1000, msg: "An unknown error occured while processing the request." },
  delistedState: "gone",
  exceptions: { frozen_timestamps: "no row of the rates carries a time of its own" },
});
