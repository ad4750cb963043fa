import type { Asset, AssetTable } from "../assets.ts";
import { countOf, newestOf, paymentsOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { liveNumbers } from "../market.ts";
import { pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import type { Shown } from "../truth.ts";
import { isoTime, tickText, trimmed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRow,
  wireError,
} from "../wire.ts";
import { type Asked, type Call, encoderOfCalls } from "./calls.ts";

const COINS = 206;
const SETTLED = 60;
const LONG_NAMES = 6;
/** Markets that were launched but are not traded. */
const IDLE = 12;
const RATE_DECIMALS = 20;
/** The 8-hour rate is limited to six times the gap of the two margin fractions. */
const CAP_FACTOR = 6;
const MARGINS: Readonly<
  Record<"major" | "cross" | "isolated", readonly [initial: number, maintenance: number]>
> = { major: [0.02, 0.012], cross: [0.05, 0.03], isolated: [0.1, 0.05] };
const MAJORS = new Set(["BTC", "ETH"]);
/** The well-known coins share one margin pool; permissionless markets are isolated. */
const CROSS_RANKS = 110;
const STATUSES = ["PAUSED", "CANCEL_ONLY", "POST_ONLY", "INITIALIZING"];
const PAST_ROWS = 100;
/** A payment is effective with the first block of its hour. */
const PAST_JITTER_MS = 700;
const BLOCK_MS = 650;
/** Twelve hexadecimal digits represent the address of a token. */
const ADDRESS_DIGITS = 12;

type Tier = keyof typeof MARGINS;

function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, tier: Tier, extra: Partial<ListingPlan> = {}): boolean => {
    const [initial, maintenance] = MARGINS[tier];
    const wireBase = extra.wireBase ?? asset.ticker;
    return roster.add({
      asset,
      symbol: `${wireBase}-USD`,
      base: asset.ticker,
      quote: "USD",
      settle: "USDC",
      intervalHours: 1,
      cap: (CAP_FACTOR * (initial - maintenance)) / 8,
      ...extra,
      wireBase,
      marks: [tier, ...(extra.marks ?? [])],
    });
  };
  const coins = pickAssets(roster, assets.byKind.coin, Math.round(COINS * scale));
  for (const [rank, asset] of coins.entries()) {
    const cross = rank < CROSS_RANKS ? "cross" : "isolated";
    add(asset, MAJORS.has(asset.ticker) ? "major" : cross, gap(rank, coins.length));
  }
  add(assets.litOld, "isolated");
  const others = assets.byKind.coin.filter((asset) => !coins.includes(asset));
  const idle = { style: "zero", marks: ["idle"] } as const;
  for (const asset of others.slice(0, IDLE)) add(asset, "isolated", idle);
  for (const asset of others.slice(IDLE, IDLE + LONG_NAMES)) {
    const address = asset.key.toString(16).toUpperCase().padStart(ADDRESS_DIGITS, "7");
    add(asset, "isolated", { wireBase: `${asset.ticker},RAYDIUM,${address}` });
  }
  const dead = others.slice(IDLE + LONG_NAMES);
  for (const [index, status] of STATUSES.entries())
    for (const asset of dead.slice(index * 2, index * 2 + 2))
      add(asset, "isolated", {
        state: status === "PAUSED" ? "halted" : "pending",
        marks: status === "INITIALIZING" ? [status, "null_price"] : [status],
      });
  for (const asset of dead.slice(8, 8 + Math.round(SETTLED * scale)))
    add(asset, "isolated", { state: "settling", style: "zero", marks: ["idle"] });
}

/** Two live markets without an oracle price at the moment: once as null, once without the key. */
function gap(rank: number, count: number): Partial<ListingPlan> {
  if (rank === count - 1) return { marks: ["null_price"] };
  return rank === count - 2 ? { marks: ["no_price"] } : {};
}

function tierOf(listing: Listing): Tier {
  if (listing.marks.has("major")) return "major";
  return listing.marks.has("cross") ? "cross" : "isolated";
}

function statusOf(listing: Listing): string {
  if (listing.state === "settling") return "FINAL_SETTLEMENT";
  return STATUSES.find((status) => listing.marks.has(status)) ?? "ACTIVE";
}

function oraclePrice(listing: Listing, index: number): { oraclePrice?: string | null } {
  if (listing.marks.has("no_price")) return {};
  if (listing.marks.has("null_price")) return { oraclePrice: null };
  return { oraclePrice: trimmed(index, listing.priceDecimals + 2) };
}

function marketRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const idle = listing.marks.has("idle");
  const tier = tierOf(listing);
  const [initial, maintenance] = MARGINS[tier];
  const sizeDecimals = Math.max(0, 6 - listing.priceDecimals);
  return {
    clobPairId: String(listing.key % 1_000),
    ticker: listing.symbol,
    status: statusOf(listing),
    ...oraclePrice(listing, live.index),
    priceChange24H: trimmed(live.index - live.dayAgo, listing.priceDecimals + 3),
    volume24H: idle ? "0" : trimmed(live.turnoverUsd, 4),
    trades24H: idle ? 0 : Math.floor(live.turnoverUsd / 4_000),
    nextFundingRate: trimmed(live.rate, RATE_DECIMALS),
    initialMarginFraction: String(initial),
    maintenanceMarginFraction: String(maintenance),
    openInterest: idle ? "0" : trimmed(live.openInterest, 4),
    atomicResolution: -10,
    quantumConversionExponent: -9,
    tickSize: tickText(listing.priceDecimals),
    stepSize: trimmed(10 ** -sizeDecimals, sizeDecimals),
    stepBaseQuantums: 1_000_000,
    subticksPerTick: 100_000,
    marketType: tier === "isolated" ? "ISOLATED" : "CROSS",
    openInterestLowerCap: tier === "major" ? "0" : "40000000",
    openInterestUpperCap: tier === "major" ? "0" : "100000000",
    // About twice the other one, and not to be used.
    baseOpenInterest: idle ? "0" : trimmed(live.openInterest * 2.05, 4),
    defaultFundingRate1H: tier === "isolated" ? "0.0000125" : "0",
  };
}

function refused(status: number, msg: string): WireError {
  return wireError(status, { errors: [{ msg }] });
}

function refusedLimit({ query }: Asked): WireError | null {
  return /^[1-9]\d*$/.test(query.get("limit") ?? "1")
    ? null
    : refused(400, "limit must be a positive integer");
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/** The newest rows until a time, which is included. */
const pastRates: Call = {
  kind: "history",
  refuse: (asked) =>
    ISO_TIME.test(asked.query.get("effectiveBeforeOrAt") ?? isoTime(0))
      ? refusedLimit(asked)
      : refused(400, "effectiveBeforeOrAt must be a valid ISO 8601 string"),
  one: { name: "ticker" },
  past: (listing, view, { query }) => {
    const until = query.get("effectiveBeforeOrAt");
    const toMs = until === null ? view.nowMs : Date.parse(until);
    const payments = paymentsOf(listing, view, { fromMs: 0, toMs: toMs + 1 }, PAST_JITTER_MS);
    const count = countOf(view, query.get("limit"), { usual: PAST_ROWS, max: PAST_ROWS });
    return newestOf(payments, count).map(({ atMs, rate, index }) => ({
      ticker: listing.symbol,
      rate: trimmed(rate, RATE_DECIMALS),
      price: trimmed(index, listing.priceDecimals + 2),
      effectiveAtHeight: String(Math.floor(atMs / BLOCK_MS)),
      effectiveAt: isoTime(atMs),
    }));
  },
  wrap: (historicalFunding) => ({ historicalFunding }),
};

function show(listing: Listing, view: MarketView): Shown {
  const row = marketRow(listing, view);
  const printed = row["oraclePrice"];
  // Margin is marked at the oracle's price: it is both prices.
  const oracle = typeof printed === "string" ? Number(printed) : null;
  return {
    funding_rate: Number(row["nextFundingRate"]),
    funding_interval_hours: 1,
    next_funding_time: liveNumbers(listing, view.nowMs).nextAtMs / 1000,
    mark_price: oracle,
    index_price: oracle,
    volume_24h_usd: Number(row["volume24H"]),
    open_interest_usd: oracle === null ? null : Number(row["openInterest"]) * oracle,
  };
}

export const dydx: ExchangeEncoder = encoderOfCalls({
  id: "dydx",
  fields: { rate: "nextFundingRate", prices: ["oraclePrice"], symbol: "ticker" },
  createListings,
  calls: {
    "/v4/perpetualMarkets": {
      kind: "rates",
      refuse: refusedLimit,
      row: marketRow,
      one: {
        name: "market",
        unknown: (one) => refused(404, `${one} not found in markets of type perpetual`),
      },
      page: ({ query }) => ({
        first: 0,
        size: Number(query.get("limit") ?? Number.POSITIVE_INFINITY),
      }),
    },
    "/v4/historicalFunding/{ticker}": pastRates,
  },
  wrap: (rows) => ({ markets: Object.fromEntries(rows.map((row) => [row["ticker"], row])) }),
  notFound: refused(404, "Not Found"),
  show,
  historyLimit: { requests: 100, perMs: 10_000 },
  rateLimitBody: { errors: [{ msg: "Too many requests" }] },
  errorBody: { errors: [{ msg: "Internal Server Error" }] },
  delistedState: "settling",
  exceptions: { frozen_timestamps: "no payload carries a time of its own" },
  usual: [{ path: "/v4/perpetualMarkets" }],
});
