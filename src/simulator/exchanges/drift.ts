import type { Asset, AssetTable } from "../assets.ts";
import { newestOf, paymentsOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers, nextHourSeconds } from "../market.ts";
import { pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import type { Shown } from "../truth.ts";
import { rounded } from "../wire-text.ts";
import { type ExchangeEncoder, type MarketView, type WireRow, wireError } from "../wire.ts";
import { type Call, encoderOfCalls } from "./calls.ts";

const COINS = 40;
const SPOT = 15;
const PAUSED = 3;
const SETTLED = 2;
/** Prediction markets keep the type of a perpetual and the last rate they had. */
const BETS = ["TRUMP-WIN-2024-BET", "WLF-5B-1W-BET", "SUPERBOWL-LIX-CHIEFS-BET"];
const FROZEN_RATE = 0.000_001_5;
const PREFIX: Readonly<Record<string, readonly [string, number]>> = {
  BONK: ["1MBONK", 1_000_000],
  PEPE: ["1MPEPE", 1_000_000],
  SHIB: ["1MSHIB", 1_000_000],
  FLOKI: ["1KFLOKI", 1000],
};
/** Tiny coins below that are not listed. */
const CHEAPEST_USD = 0.001;

function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const [wireBase, multiplier] = PREFIX[asset.ticker] ?? [asset.ticker, 1];
    return roster.add({
      asset,
      wireBase,
      multiplier,
      symbol: `${wireBase}-PERP`,
      quote: "USDC",
      settle: "USDC",
      intervalHours: 1,
      ...extra,
    });
  };
  const listed = assets.byKind.coin.filter(
    ({ ticker, priceUsd }) => ticker in PREFIX || priceUsd >= CHEAPEST_USD,
  );
  const coins = pickAssets(roster, listed, Math.round(COINS * scale));
  for (const asset of coins) add(asset);
  const rest = listed.filter((asset) => !coins.includes(asset));
  for (const asset of rest.slice(0, PAUSED)) add(asset, { state: "halted" });
  for (const asset of rest.slice(PAUSED, PAUSED + SETTLED)) add(asset, { state: "settling" });
  for (const asset of coins.slice(0, SPOT)) {
    add(asset, { symbol: asset.ticker, multiplier: 1, product: "other", marks: ["spot"] });
  }
  const [first] = coins;
  for (const symbol of BETS) {
    if (first) add(first, { symbol, product: "other", marks: ["bet"] });
  }
}

function statusOf(listing: Listing): string {
  if (listing.state === "halted") return "paused";
  return listing.state === "settling" ? "settlement" : "active";
}

/** Spot markets and all others are numbered apart. */
function marketIndexOf(listing: Listing, view: MarketView): number {
  const isSpot = listing.marks.has("spot");
  return view.listings.filter((row) => row.marks.has("spot") === isSpot).indexOf(listing);
}

function statsRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const isSpot = listing.marks.has("spot");
  const isBet = listing.marks.has("bet");
  // Percent, of what a long earns.
  const rate = isBet || listing.state !== "live" ? FROZEN_RATE : rounded(-live.rate * 100, 7);
  return {
    marketIndex: marketIndexOf(listing, view),
    symbol: listing.symbol,
    marketType: isSpot ? "spot" : "perp",
    oraclePrice: isBet ? 0.42 : rounded(live.index, listing.priceDecimals),
    price24hAgo: rounded(live.dayAgo, listing.priceDecimals),
    volume24h: rounded(live.turnoverUsd, 2),
    openInterest: rounded(live.openInterest, 3),
    ...(isSpot ? {} : { fundingRate: rate, fundingRate24hAvg: rounded(rate * 0.9, 9) }),
    status: statusOf(listing),
  };
}

const KEPT_MS = 30 * 24 * HOUR_MS;
/** Seconds until an update; minutes happen, but then nothing says which hour is meant. */
const JITTER_MS = 20_000;

/** All of the last 30 days at once: dollars per unit in 1e-9, prices in 1e-6, times in seconds. */
const pastRates: Call = {
  kind: "history",
  one: { name: "marketName" },
  past: (listing, view) => {
    const range = { fromMs: view.nowMs - KEPT_MS, toMs: view.nowMs + 1 };
    const payments = paymentsOf(listing, view, range, JITTER_MS);
    return newestOf(payments, view.maxPastRows).map(({ rate, index, atMs, slotMs }) => ({
      txSig: `sim${slotMs}`,
      ts: String(Math.floor(atMs / 1000)),
      recordId: String(slotMs / HOUR_MS),
      marketIndex: marketIndexOf(listing, view),
      fundingRate: String(Math.round(rate * index * 1e9)),
      oraclePriceTwap: String(Math.round(index * 1e6)),
    }));
  },
  wrap: (fundingRates) => ({ fundingRates }),
};

function show(listing: Listing, view: MarketView): Shown {
  const row = statsRow(listing, view);
  return {
    // What a long earns, in percent.
    funding_rate: -Number(row["fundingRate"]) / 100,
    funding_interval_hours: 1,
    next_funding_time: nextHourSeconds(view.nowMs),
    // Only the oracle's price is published.
    index_price: Number(row["oraclePrice"]),
    volume_24h_usd: Number(row["volume24h"]),
    // The unit of the open interest is not documented.
  };
}

export const drift: ExchangeEncoder = encoderOfCalls({
  id: "drift",
  fields: { rate: "fundingRate", prices: ["oraclePrice"], symbol: "symbol" },
  createListings,
  calls: {
    "/stats/markets": { kind: "rates", row: statsRow },
    "/fundingRates": pastRates,
  },
  notFound: wireError(404, { success: false, message: "Not Found" }),
  show,
  // "A number of requests per minute", not published.
  historyLimit: { requests: 60, perMs: 60_000 },
  rateLimitBody: { success: false, message: "Too Many Requests" },
  errorBody: { success: false, message: "Internal Server Error" },
  delistedState: "settling",
  exceptions: { frozen_timestamps: "no payload carries a time of its own" },
  skipMarks: ["spot", "bet"],
});
