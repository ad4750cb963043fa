import type { Asset, AssetTable } from "../assets.ts";
import { countOf, newestOf, paymentsOf, rangeOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { liveNumbers } from "../market.ts";
import { pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import type { Shown, TruthAssetClass } from "../truth.ts";
import { fixed, tickText, trimmed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRow,
  wireError,
} from "../wire.ts";
import { tradfiAssets } from "./asset-groups.ts";
import { type Call, encoderOfCalls } from "./calls.ts";

const COINS = 88;
const TRADFI = 24;
const PRE_IPO = 2;
const SPOTS = 4;
/** A coin cheaper than this is listed by the thousand or not at all. */
const CHEAPEST_USD = 0.0001;
const THOUSAND: Readonly<Record<string, string>> = {
  PEPE: "1000PEPE",
  SHIB: "1000SHIB",
  BONK: "1000BONK",
  FLOKI: "kFLOKI",
};
/** Published as a percentage: 0.25. */
const CAP_PER_HOUR = 0.0025;
const RATE_DECIMALS = 6;
/** Prices have the noise of a sum of many sources. */
const PRICE_DECIMALS = 12;
const IDLE_STATUSES = ["REDUCE_ONLY", "DELISTED", "PRELISTED", "DISABLED"];

/** Its own index tickers, with a small m appended. */
const INDEX_TICKERS: Readonly<Record<string, string>> = { SPX500: "SPX500", NAS100: "TECH100" };

/** Some shares trade round the clock five days a week. */
function markOf({ kind, ticker, key }: Asset): string {
  if (kind === "stock" && key % 3 === 0) return "_24_5";
  return ticker in INDEX_TICKERS ? "m" : "";
}

function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const prefixed = asset.kind === "coin" ? THOUSAND[asset.ticker] : undefined;
    const base = INDEX_TICKERS[asset.ticker] ?? asset.ticker;
    const wireBase = prefixed ?? `${base}${markOf(asset)}`;
    return roster.add({
      asset,
      base,
      wireBase,
      symbol: `${wireBase}-USD`,
      multiplier: prefixed === undefined ? 1 : 1000,
      quote: "USD",
      settle: "USDC",
      intervalHours: 1,
      cap: CAP_PER_HOUR,
      ...extra,
    });
  };
  const quotable = assets.byKind.coin.filter(
    ({ ticker, priceUsd }) => ticker in THOUSAND || priceUsd >= CHEAPEST_USD,
  );
  const coins = pickAssets(roster, quotable, Math.round(COINS * scale));
  for (const asset of coins) add(asset);
  add(assets.litOld);
  for (const asset of tradfiAssets(assets).slice(0, Math.round(TRADFI * scale))) add(asset);
  for (const asset of assets.byKind.pre_ipo.slice(0, PRE_IPO))
    add(asset, { state: "pre_market", marks: ["ACTIVE"] });
  const dead = quotable.filter((asset) => !coins.includes(asset));
  for (const [index, status] of IDLE_STATUSES.entries())
    for (const asset of dead.slice(index * 2, index * 2 + 2))
      add(asset, { state: status === "PRELISTED" ? "pre_market" : "halted", marks: [status] });
  // Its status says ACTIVE, its flag says no.
  const [paused] = dead.slice(2 * IDLE_STATUSES.length);
  if (paused) add(paused, { state: "halted", marks: ["inactive"] });
  for (const [index, asset] of coins.slice(0, SPOTS).entries())
    add(asset, {
      symbol: `${asset.ticker}SPOT-USD`,
      wireBase: `${asset.ticker}SPOT`,
      multiplier: 1,
      product: "other",
      style: "zero",
      // The word is written in both cases.
      marks: [index % 2 === 0 ? "SPOT" : "spot"],
    });
}

const isPaused = (listing: Listing): boolean => listing.marks.has("inactive");

function statusOf(listing: Listing): string {
  // Delisted by the control, whatever it was before.
  if (listing.state === "settling") return "DELISTED";
  return IDLE_STATUSES.find((status) => listing.marks.has(status)) ?? "ACTIVE";
}

/** Spot rows say so; perpetual ones have another word or, in older replies, none. */
function typeOf(listing: Listing): { type?: string } {
  const spot = ["SPOT", "spot"].find((word) => listing.marks.has(word));
  if (spot !== undefined) return { type: spot };
  return listing.key % 2 === 0 ? { type: "PERPETUAL" } : {};
}

const SUB_CATEGORIES: Readonly<Record<Asset["kind"], readonly [string, TruthAssetClass | null]>> = {
  coin: ["DeFi", "crypto"],
  stock: ["Equity", "stock"],
  pre_ipo: ["Pre-market", null],
  index: ["ETF/Index", "index"],
  basket: ["ETF/Index", "index"],
  metal: ["Commodity", "commodity"],
  commodity: ["Commodity", "commodity"],
  forex: ["FX", "forex"],
};

function stats(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => trimmed(value, listing.priceDecimals);
  const fine = (value: number): string =>
    fixed(value, Math.max(PRICE_DECIMALS, listing.priceDecimals));
  const levels = ["-815.7788", "-2.1328", "-0.9297", "0.0000"].map((rankingLowerBound, index) => ({
    level: index + 1,
    rankingLowerBound,
  }));
  return {
    dailyVolume: fixed(live.turnoverUsd, 6),
    dailyVolumeBase: trimmed(live.volume, 5),
    dailyPriceChange: price(live.last - live.dayAgo),
    dailyPriceChangePercentage: trimmed(live.last / live.dayAgo - 1, 4),
    dailyLow: price(live.low),
    dailyHigh: price(live.high),
    lastPrice: price(live.last),
    askPrice: price(live.ask),
    bidPrice: price(live.bid),
    markPrice: fine(live.mark),
    indexPrice: fine(live.index),
    fundingRate: fixed(live.rate, RATE_DECIMALS),
    // A time, despite its name.
    nextFundingRate: live.nextAtMs,
    openInterest: fixed(live.openInterest * live.mark, 6),
    openInterestBase: trimmed(live.openInterest, 5),
    deleverageLevels: { shortPositions: levels, longPositions: levels },
  };
}

function tradingConfig(listing: Listing): WireRow {
  return {
    minOrderSize: "0.0001",
    minOrderSizeChange: "0.00001",
    minPriceChange: tickText(listing.priceDecimals),
    maxMarketOrderValue: "3000000",
    maxLimitOrderValue: "15000000",
    maxPositionValue: "60000000",
    maxLeverage: "50.00",
    hourlyFundingRateCap: trimmed(listing.cap * 100, 4),
    maxNumOrders: "200",
    limitPriceCap: "0.05",
    limitPriceFloor: "0.05",
    riskFactorConfig: [{ upperBound: "4000000", riskFactor: "0.02", isAvailableForUsers: true }],
  };
}

function marketRow(listing: Listing, view: MarketView): WireRow {
  const status = statusOf(listing);
  return {
    name: listing.symbol,
    uiName: listing.symbol,
    category: listing.asset.kind === "coin" ? "Crypto" : "RWA",
    subCategory: SUB_CATEGORIES[listing.asset.kind][0],
    ...typeOf(listing),
    assetName: listing.wireBase,
    assetPrecision: 5,
    collateralAssetName: "USD",
    collateralAssetPrecision: 6,
    description: `${listing.asset.ticker} against the dollar`,
    active: status === "ACTIVE" && !isPaused(listing),
    status,
    marketStats: stats(listing, view),
    tradingConfig: tradingConfig(listing),
    l2Config: {
      type: "STARKX",
      collateralId: "0x1",
      syntheticId: `0x${listing.key.toString(16).padStart(32, "0")}`,
      syntheticResolution: 1_000_000,
      collateralResolution: 1_000_000,
    },
    visibleOnUi: status === "ACTIVE",
    createdAt: listing.listedAtMs,
  };
}

function refused(status: number, code: number, message: string): WireError {
  return wireError(status, { status: "ERROR", error: { code, message } });
}

/** Payments are recorded this long after the hour at most. */
const JITTER_MS = 1_800;

/** The newest rows of a range with inclusive bounds, of which both are required. */
const pastRates: Call = {
  kind: "history",
  refuse: ({ query }) =>
    query.has("startTime") && query.has("endTime")
      ? null
      : refused(400, 400, "startTime and endTime are required"),
  one: { name: "market" },
  past: (listing, view, { query }) => {
    const { fromMs, toMs } = rangeOf(query, "startTime", "endTime");
    const payments = paymentsOf(listing, view, { fromMs, toMs: toMs + 1 }, JITTER_MS);
    const count = countOf(view, query.get("limit"), { usual: 1_000, max: 10_000 });
    return newestOf(payments, count).map(({ rate, atMs }) => ({
      m: listing.symbol,
      f: fixed(rate, RATE_DECIMALS),
      T: atMs,
    }));
  },
  wrap: (data) => ({
    status: "OK",
    data,
    pagination: { cursor: 1_784_963_886, count: data.length },
  }),
};

function show(listing: Listing, view: MarketView): Shown {
  const row = stats(listing, view);
  return {
    asset_class: SUB_CATEGORIES[listing.asset.kind][1],
    funding_rate: Number(row["fundingRate"]),
    funding_interval_hours: 1,
    next_funding_time: Number(row["nextFundingRate"]) / 1000,
    mark_price: Number(row["markPrice"]),
    index_price: Number(row["indexPrice"]),
    volume_24h_usd: Number(row["dailyVolume"]),
    open_interest_usd: Number(row["openInterest"]),
  };
}

export const extended: ExchangeEncoder = encoderOfCalls({
  id: "extended",
  fields: { rate: "fundingRate", prices: ["markPrice", "indexPrice"], symbol: "name" },
  createListings,
  calls: {
    "/api/v1/info/{market}/funding": pastRates,
    "/api/v1/info/markets": {
      kind: "rates",
      // A client over a socket always has one, unless it clears it on purpose.
      refuse: ({ headers }) =>
        headers.get("user-agent") === "" ? wireError(403, "Forbidden: no user agent") : null,
      row: marketRow,
      one: {
        name: "market",
        unknown: refused(404, 1001, "Market not found"),
        matches: (row, _market, { query }) => query.getAll("market").includes(row.symbol),
      },
    },
  },
  wrap: (data) => ({ status: "OK", data }),
  notFound: refused(404, 404, "Not found"),
  show,
  historyLimit: { requests: 1_000, perMs: 60_000 },
  rateLimitBody: { status: "ERROR", error: { code: 429, message: "Too many requests" } },
  errorBody: { status: "ERROR", error: { code: 500, message: "Internal server error" } },
  delistedState: "settling",
  exceptions: { frozen_timestamps: "the only time in a row is the next settlement's" },
  usual: [{ path: "/api/v1/info/markets" }],
});
