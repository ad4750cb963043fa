import type { Asset, AssetTable } from "../assets.ts";
import { countOf, newestOf, type Payment, paymentsOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers, rateAt } from "../market.ts";
import { pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import type { Shown } from "../truth.ts";
import { tickText, trimmed } from "../wire-text.ts";
import { type ExchangeEncoder, type MarketView, type WireRow, wireError } from "../wire.ts";
import { tradfiAssets } from "./asset-groups.ts";
import { type Asked, type Call, encoderOfCalls } from "./calls.ts";

const COINS = 52;
const TRADFI = 8;
const SPOTS = 3;
/** A coin cheaper than this is listed by the thousand or not at all. */
const CHEAPEST_USD = 0.0001;
const KILO = new Set("PEPE BONK SHIB FLOKI".split(" "));
const CAP_PER_HOUR = 0.01;
const RATE_DECIMALS = 8;
/** A young exchange: it has this share of an average one's trading. */
const TRADE_SHARE = 0.05;
/** One book in this many is empty on one side: there is no mid price. */
const EMPTY_BOOK_EVERY = 17;

/** So few that the list of instruments remains plausible compared with the rates. */
const PRE_IPO = 2;
const DELISTED = 2;

function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const kilo = asset.kind === "coin" && KILO.has(asset.ticker);
    const wireBase = kilo ? `k${asset.ticker}` : asset.ticker;
    return roster.add({
      asset,
      wireBase,
      symbol: wireBase,
      multiplier: kilo ? 1000 : 1,
      quote: "USD",
      settle: "USDC",
      intervalHours: 1,
      cap: CAP_PER_HOUR,
      ...extra,
    });
  };
  const quotable = assets.byKind.coin.filter(
    ({ ticker, priceUsd }) => KILO.has(ticker) || priceUsd >= CHEAPEST_USD,
  );
  const coins = pickAssets(roster, quotable, Math.round(COINS * scale));
  for (const asset of coins) add(asset);
  add(assets.litNew);
  for (const asset of tradfiAssets(assets).slice(0, Math.round(TRADFI * scale))) add(asset);
  // Delisted: their last numbers are still sent, but the list of instruments has dropped them.
  const dead = quotable.filter((asset) => !coins.includes(asset));
  for (const asset of dead.slice(0, DELISTED)) add(asset, { state: "settling" });
  // Nothing on the wire distinguishes them from the others.
  for (const asset of assets.byKind.pre_ipo.slice(0, PRE_IPO)) add(asset, { state: "pre_market" });
  for (const asset of coins.slice(0, SPOTS))
    add(asset, {
      symbol: `${asset.ticker}-USDC`,
      wireBase: asset.ticker,
      multiplier: 1,
      quote: "USDC",
      product: "other",
      style: "zero",
    });
}

const isListed = (listing: Listing): boolean =>
  listing.state === "live" || listing.state === "pre_market";
const isSpot = (listing: Listing): boolean => listing.product === "other";

/** The rate of the past hour, and the one that the next full hour will charge. */
function ratesOf(listing: Listing, view: MarketView): { paid: string; coming: string } {
  const live = liveNumbers(listing, view.nowMs);
  return {
    paid: trimmed(live.settledRate, RATE_DECIMALS),
    coming: trimmed(live.rate, RATE_DECIMALS),
  };
}

function priceRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const rates = ratesOf(listing, view);
  const price = (value: number): string => trimmed(value, Math.max(6, listing.priceDecimals));
  return {
    funding: rates.paid,
    mark: price(live.mark),
    mid: listing.key % EMPTY_BOOK_EVERY === 0 ? null : price(live.last),
    next_funding: rates.coming,
    open_interest: trimmed(live.openInterest * TRADE_SHARE, 5),
    oracle: price(live.index),
    symbol: listing.symbol,
    timestamp: view.stampMs,
    volume_24h: trimmed(live.turnoverUsd * TRADE_SHARE, 4),
    yesterday_price: price(live.dayAgo),
  };
}

function infoRow(listing: Listing, view: MarketView): WireRow {
  const rates = ratesOf(listing, view);
  return {
    symbol: listing.symbol,
    tick_size: tickText(listing.priceDecimals),
    min_tick: "0",
    max_tick: "1000000",
    lot_size: "0.00001",
    max_leverage: isSpot(listing) ? 1 : 20,
    isolated_only: false,
    min_order_size: "10",
    max_order_size: "5000000",
    funding_rate: rates.paid,
    next_funding_rate: rates.coming,
    created_at: listing.listedAtMs,
    instrument_type: isSpot(listing) ? "spot" : "perpetual",
    base_asset: listing.wireBase,
  };
}

/** Rows are made this long after the hour at most. */
const JITTER_MS = 900;

/** One page, newest first, and how many payments are older than it. */
function pastPage(
  listing: Listing,
  view: MarketView,
  { query }: Asked,
): { readonly page: readonly Payment[]; readonly older: number } {
  const beforeMs = Number(query.get("cursor") ?? view.nowMs + 1);
  const all = paymentsOf(listing, view, { fromMs: 0, toMs: beforeMs }, JITTER_MS);
  const page = newestOf(all, countOf(view, query.get("limit"), { usual: 200, max: 4_000 }));
  return { page, older: all.length - page.length };
}

const pastRates: Call = {
  kind: "history",
  one: { name: "symbol" },
  past: (listing, view, asked) => {
    const price = (value: number): string => trimmed(value, listing.priceDecimals);
    return pastPage(listing, view, asked).page.map(({ rate, index, atMs, slotMs }) => ({
      oracle_price: price(index),
      bid_impact_price: price(index * 0.9999),
      ask_impact_price: price(index * 1.0001),
      funding_rate: trimmed(rate, RATE_DECIMALS),
      next_funding_rate: trimmed(rateAt(listing, slotMs + HOUR_MS), RATE_DECIMALS),
      created_at: atMs,
    }));
  },
  wrap: (data, view, asked) => {
    const listing = view.listings.find(({ symbol }) => symbol === asked.symbol);
    const older = listing === undefined ? 0 : pastPage(listing, view, asked).older;
    // A cursor comes with the last page, too.
    const next_cursor = String(data.at(-1)?.["created_at"] ?? "");
    return { success: true, data, next_cursor, has_more: older > 0 };
  },
};

function show(listing: Listing, view: MarketView): Shown {
  const row = priceRow(listing, view);
  const { nextAtMs } = liveNumbers(listing, view.nowMs);
  const mark = Number(row["mark"]);
  return {
    funding_rate: Number(row["next_funding"]),
    funding_interval_hours: 1,
    next_funding_time: nextAtMs / 1000,
    // Whether `funding` was paid or is to be paid is disputed.
    mark_price: mark,
    index_price: Number(row["oracle"]),
    volume_24h_usd: Number(row["volume_24h"]),
    open_interest_usd: Number(row["open_interest"]) * mark,
  };
}

export const pacifica: ExchangeEncoder = encoderOfCalls({
  id: "pacifica",
  fields: { rate: "next_funding", prices: ["mark", "oracle"], symbol: "symbol" },
  createListings,
  calls: {
    "/api/v1/info/prices": { kind: "rates", row: priceRow },
    "/api/v1/funding_rate/history": pastRates,
    "/api/v1/info": { kind: "list", has: isListed, row: infoRow },
  },
  wrap: (data) => ({ success: true, data, error: null, code: null }),
  notFound: wireError(404, { success: false, data: null, error: "Not Found", code: 404 }),
  show,
  // Of 100 credits a minute one read costs 12.
  historyLimit: { requests: 8, perMs: 60_000 },
  rateLimitBody: { success: false, data: null, error: "Rate limit exceeded", code: 429 },
  errorBody: { success: false, data: null, error: "Internal server error", code: 500 },
  delistedState: "settling",
});
