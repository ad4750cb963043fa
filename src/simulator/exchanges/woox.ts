import type { Asset, AssetTable } from "../assets.ts";
import { pageOf, type Payment, paymentsOf, rangeOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS, type LiveNumbers, liveNumbers } from "../market.ts";
import { drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import type { Shown } from "../truth.ts";
import { tickText, trimmed } from "../wire-text.ts";
import { type ExchangeEncoder, type MarketView, type WireRow, wireError } from "../wire.ts";
import { type Asked, type Call, encoderOfCalls } from "./calls.ts";

const COINS = 200;
const SHARES = 22;
const SPOT_PAIRS = 60;
/** Contracts whose interval has just been halved: the last one was longer. */
const CHANGED = 3;
/** Estimates are updated once a minute. */
const ESTIMATE_MS = 60_000;
/** How long rows without updates have been frozen. */
const FROZEN_HOURS = 23;
/** Payments in one page. */
const PAST_ROWS = 25;
/** Shares of a census: 149 of 223 at 4 h, 74 at 8 h. */
const HOURS = [
  [4, 0.67],
  [8, 0.33],
] as const;

function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean =>
    roster.add({
      asset,
      symbol: `PERP_${asset.ticker}_USDT`,
      quote: "USDT",
      settle: "USDT",
      intervalHours: drawHours(roster, asset.ticker, HOURS),
      ...extra,
    });
  const coins = pickAssets(roster, assets.byKind.coin, Math.round(COINS * scale));
  for (const [index, asset] of coins.entries()) {
    const fromEnd = coins.length - index;
    if (fromEnd === 1) add(asset, { marks: ["no_index"] });
    else if (fromEnd <= 1 + CHANGED) add(asset, { intervalHours: 4, marks: ["changed"] });
    else add(asset);
  }
  add(assets.litNew);
  for (const asset of assets.byKind.stock.slice(0, Math.round(SHARES * scale))) add(asset);
  const dead = assets.byKind.coin.filter((asset) => !coins.includes(asset));
  for (const asset of dead.slice(0, 2)) add(asset, { state: "halted" });
  for (const asset of dead.slice(2, 4)) add(asset, { state: "pending" });
  for (const asset of dead.slice(4, 5)) add(asset, { marks: ["frozen"] });
  for (const asset of dead.slice(5, 6)) add(asset, { marks: ["frozen", "no_index"] });
  // New contracts have rates before they are in the catalogue.
  for (const asset of dead.slice(6, 8)) add(asset, { product: "other" });
}

const onWire = (listing: Listing): boolean => listing.state !== "gone";
const isFrozen = (listing: Listing): boolean => listing.marks.has("frozen");
const inCatalogue = (listing: Listing): boolean => onWire(listing) && listing.product === "perp";

/** When a row's estimate was made: the last full minute, or long ago. */
function estimatedAtMs(listing: Listing, nowMs: number): number {
  const stoppedMs = isFrozen(listing) ? FROZEN_HOURS * HOUR_MS : 0;
  return Math.floor((nowMs - stoppedMs) / ESTIMATE_MS) * ESTIMATE_MS;
}

interface RateFields {
  readonly live: LiveNumbers;
  readonly estimated: string;
  readonly last: string;
}

function ratesOf(listing: Listing, view: MarketView): RateFields {
  const live = liveNumbers(listing, estimatedAtMs(listing, view.nowMs));
  return { live, estimated: trimmed(live.rate, 8), last: trimmed(live.settledRate, 8) };
}

function rateRow(listing: Listing, view: MarketView): WireRow {
  const { live, estimated, last } = ratesOf(listing, view);
  return {
    symbol: listing.symbol,
    estFundingRate: estimated,
    estFundingRateTimestamp: estimatedAtMs(listing, view.stampMs),
    lastFundingRate: last,
    lastFundingRateTimestamp: live.previousAtMs,
    nextFundingTime: live.nextAtMs,
    lastFundingIntervalHours: listing.intervalHours * (listing.marks.has("changed") ? 2 : 1),
    estFundingIntervalHours: listing.intervalHours,
  };
}

function futuresRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const { live: then, estimated, last } = ratesOf(listing, view);
  const price = (value: number): string => trimmed(value, listing.priceDecimals);
  return {
    symbol: listing.symbol,
    indexPrice: listing.marks.has("no_index") ? null : price(live.index),
    markPrice: price(live.mark),
    estFundingRate: estimated,
    lastFundingRate: last,
    openInterest: trimmed(live.openInterest, 4),
    "24hOpen": price(live.dayAgo),
    "24hClose": price(live.last),
    "24hHigh": price(live.high),
    "24hLow": price(live.low),
    "24hVolume": trimmed(live.volume, 4),
    "24hAmount": trimmed(live.turnoverUsd, 4),
    nextFundingTime: then.nextAtMs,
  };
}

function statusOf(listing: Listing): string {
  if (listing.state === "halted") return "SUSPENDED";
  return listing.state === "pending" ? "TESTING" : "TRADING";
}

/** Fields that spot pairs and contracts share. */
function catalogueRow(listing: Listing, symbol: string): WireRow {
  return {
    symbol,
    status: statusOf(listing),
    baseAsset: listing.wireBase,
    baseAssetMultiplier: 1,
    quoteAsset: listing.quote,
    quoteMin: "0",
    quoteMax: "1000000",
    quoteTick: tickText(listing.priceDecimals),
    baseMin: "0.005",
    baseMax: "5000",
    baseTick: "0.0001",
    minNotional: "10",
    bidCapRatio: "1.05",
    bidFloorRatio: null,
    askCapRatio: null,
    askFloorRatio: "0.95",
    orderMode: "NORMAL",
    impactNotional: null,
    isAllowedRpi: false,
    tickGranularity: null,
  };
}

function instrumentRow(listing: Listing): WireRow {
  return {
    ...catalogueRow(listing, listing.symbol),
    fundingIntervalHours: listing.intervalHours,
    fundingCap: trimmed(listing.cap, 6),
    fundingFloor: trimmed(-listing.cap, 6),
    impactNotional: "2000",
    isAllowedRpi: true,
  };
}

function instruments(view: MarketView): WireRow[] {
  return [
    ...view.listings
      .slice(0, SPOT_PAIRS)
      .map((row) => catalogueRow(row, `SPOT_${row.wireBase}_USDT`)),
    ...view.listings.filter(inCatalogue).map(instrumentRow),
  ];
}

const wrap = (rows: readonly WireRow[], view: MarketView): unknown => ({
  success: true,
  data: { rows },
  timestamp: view.stampMs,
});

const unknownSymbol = wireError(500, {
  success: false,
  code: -1000,
  message: "An unknown error occurred while processing the request",
});

const missingSymbol = wireError(400, {
  success: false,
  code: -1005,
  message: "symbol is required",
});

const one = { name: "symbol", unknown: unknownSymbol };

/** Frozen rows claim to trade: they are shown, with a settlement that has passed and none to come. */
function show(listing: Listing, view: MarketView): Shown {
  const row = rateRow(listing, view);
  const futures = futuresRow(listing, view);
  const mark = Number(futures["markPrice"]);
  const index = futures["indexPrice"];
  return {
    funding_rate: Number(row["estFundingRate"]),
    funding_interval_hours: Number(row["estFundingIntervalHours"]),
    next_funding_time: isFrozen(listing) ? null : Number(row["nextFundingTime"]) / 1000,
    settled_rate: Number(row["lastFundingRate"]),
    settled_at: Number(row["lastFundingRateTimestamp"]) / 1000,
    mark_price: mark,
    index_price: index === null ? null : Number(index),
    volume_24h_usd: Number(futures["24hAmount"]),
    open_interest_usd: Number(futures["openInterest"]) * mark,
  };
}

/** Payments of the requested range, with both its ends. */
function paymentsOfRange(listing: Listing, view: MarketView, { query }: Asked): Payment[] {
  const { fromMs, toMs } = rangeOf(query, "startTime", "endTime");
  return paymentsOf(listing, view, { fromMs, toMs: toMs + 1 }, 0);
}

const pageSize = (view: MarketView): number => Math.min(PAST_ROWS, view.maxPastRows);

/** Pages of 25 rows, newest first. */
const pastRates: Call = {
  kind: "history",
  one: { name: "symbol" },
  refuse: ({ query }) => (query.get("symbol") ? null : missingSymbol),
  past: (listing, view, asked) =>
    pageOf(paymentsOfRange(listing, view, asked), pageSize(view), asked.query.get("page")).map(
      ({ slotMs, rate, mark, intervalHours }) => ({
        symbol: listing.symbol,
        fundingRate: trimmed(rate, 8),
        fundingRateTimestamp: slotMs,
        nextFundingTime: slotMs + intervalHours * HOUR_MS,
        markPrice: trimmed(mark, listing.priceDecimals),
      }),
    ),
  wrap: (rows, view, asked) => {
    const listing = view.listings.find(({ symbol }) => symbol === asked.symbol);
    const total = listing === undefined ? 0 : paymentsOfRange(listing, view, asked).length;
    const currentPage = Number(asked.query.get("page") ?? 1);
    const meta = { total, recordsPerPage: pageSize(view), currentPage };
    return { success: true, data: { rows, meta }, timestamp: view.stampMs };
  },
};

export const woox: ExchangeEncoder = encoderOfCalls({
  id: "woox",
  fields: { rate: "estFundingRate", prices: [], symbol: "symbol" },
  createListings,
  calls: {
    "/v3/public/fundingRate": { kind: "rates", row: rateRow, one },
    "/v3/public/futures": { kind: "secondary", row: futuresRow, one },
    "/v3/public/fundingRateHistory": pastRates,
    "/v3/public/instruments": { kind: "list", rows: instruments },
  },
  wrap,
  notFound: wireError(404, { success: false, code: -1011, message: "Path not found" }),
  wrongMethod: wireError(400, { success: false, code: -1005, message: "Method not supported" }),
  show,
  historyLimit: { requests: 10, perMs: 1_000 },
  rateLimitBody: { success: false, code: -1003, message: "TOO_MANY_REQUEST" },
  errorBody: { success: false, code: -1011, message: "The system is under maintenance." },
  delistedState: "gone",
});
