import type { Asset, AssetTable } from "../assets.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers, nextHourSeconds } from "../market.ts";
import { pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import type { Shown } from "../truth.ts";
import { pythonFloat, trimmed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRequest,
  type WireRow,
  wireError,
} from "../wire.ts";
import { tradfiAssets } from "./asset-groups.ts";
import { bodyField } from "./call-paths.ts";
import { type Asked, type Call, encoderOfCalls } from "./calls.ts";
import {
  annotations,
  classOf,
  dexOf,
  DEXES,
  feesOf,
  fundingShareOf,
  perpDexs,
} from "./hyperliquid-deployers.ts";
import { pastRates } from "./hyperliquid-history.ts";

const MAIN_LIVE = 190;
const MAIN_DELISTED = 40;
const PRE_IPO = 2;
const CAP_PER_HOUR = 0.04;
/** A coin cheaper than this would have no digit left in a price of six decimals. */
const CHEAPEST_USD = 0.0001;
const KILO = new Set("PEPE SHIB BONK FLOKI LUNC".split(" "));

const TOKENS: readonly (readonly [index: number, name: string])[] = [
  [0, "USDC"],
  [1, "PURR"],
  [150, "HYPE"],
  [235, "USDE"],
  [268, "USDT0"],
  [360, "USDH"],
];

function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const kilo = asset.kind === "coin" && KILO.has(asset.ticker);
    const wireBase = kilo ? `k${asset.ticker}` : asset.ticker;
    return roster.add({
      asset,
      wireBase,
      symbol: wireBase,
      multiplier: kilo ? 1000 : 1,
      quote: "USDC",
      settle: "USDC",
      intervalHours: 1,
      cap: CAP_PER_HOUR,
      ...extra,
    });
  };
  const quotable = assets.byKind.coin.filter(
    ({ ticker, priceUsd }) => KILO.has(ticker) || priceUsd >= CHEAPEST_USD,
  );
  const coins = pickAssets(roster, quotable, Math.round(MAIN_LIVE * scale), 0.55);
  const dead = assets.byKind.coin
    .filter((asset) => !coins.includes(asset))
    .slice(0, Math.round(MAIN_DELISTED * scale));
  for (const [index, asset] of coins.entries()) {
    add(asset);
    // Delisted coins keep their index among the live ones: the two arrays must be zipped before filtering.
    const gone = index % 4 === 3 ? dead.pop() : undefined;
    if (gone) add(gone, { state: "settling" });
  }
  add(assets.litNew);
  for (const asset of assets.byKind.coin.slice(-2)) add(asset, { state: "halted" });
  for (const [dex, count, token, lists] of DEXES) {
    const name = TOKENS.find(([index]) => index === token)?.[1] ?? "USDC";
    const pool = lists === "coins" ? quotable : tradfiAssets(assets);
    for (const asset of pool.slice(0, Math.max(1, Math.round(count * scale)))) {
      add(asset, {
        wireBase: asset.ticker,
        multiplier: 1,
        symbol: `${dex}:${asset.ticker}`,
        quote: name,
        settle: name,
        marks: [`dex:${dex}`],
      });
    }
  }
  // Their contexts look like any other: only the deployer's annotation distinguishes them.
  for (const asset of assets.byKind.pre_ipo.slice(0, PRE_IPO)) {
    const { ticker } = asset;
    add(asset, {
      symbol: `io:${ticker}`,
      wireBase: ticker,
      state: "pre_market",
      marks: ["dex:io"],
    });
  }
}

/** Prices have five significant digits there, never more decimals than six. */
function price(listing: Listing, value: number): string {
  return pythonFloat(value, Math.min(Math.max(listing.priceDecimals - 1, 1), 6));
}

function context(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const idle = listing.state !== "live" && listing.state !== "pre_market";
  return {
    funding: idle ? "0.0" : pythonFloat(live.rate * fundingShareOf(listing), 10),
    // Longs and shorts are counted: an even number of size units.
    openInterest: idle ? "0.0" : pythonFloat((2 * Math.round(live.openInterest * 1e5)) / 1e5, 5),
    prevDayPx: price(listing, live.dayAgo),
    dayNtlVlm: idle ? "0.0" : pythonFloat(live.turnoverUsd, 10),
    premium: idle ? null : pythonFloat(live.mark / live.index - 1, 10),
    oraclePx: price(listing, live.index),
    markPx: price(listing, live.mark),
    midPx: idle ? null : price(listing, live.last),
    impactPxs: idle
      ? null
      : [price(listing, live.last * 0.9998), price(listing, live.last * 1.0002)],
    dayBaseVlm: idle ? "0.0" : pythonFloat(live.volume, 5),
  };
}

function universeRow(listing: Listing): WireRow {
  return {
    szDecimals: Math.max(0, 5 - listing.priceDecimals),
    name: listing.symbol,
    maxLeverage: 10,
    marginTableId: 10,
    ...(dexOf(listing) === "" ? {} : feesOf(listing)),
    ...(listing.state === "settling" || listing.state === "gone" ? { isDelisted: true } : {}),
  };
}

function spotMeta(): WireRow[] {
  return TOKENS.map(([index, name]) => ({
    name,
    szDecimals: 8,
    weiDecimals: 8,
    index,
    tokenId: `0x${index.toString(16).padStart(32, "0")}`,
    isCanonical: index === 0,
    evmContract: null,
    fullName: null,
    deployerTradingFeeShare: "0.0",
  }));
}

function predicted(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const own = {
    fundingRate: trimmed(live.rate, 10),
    nextFundingTime: live.nextAtMs,
    fundingIntervalHours: 1,
  };
  const other = {
    fundingRate: "0.0001",
    nextFundingTime: Math.ceil((view.nowMs + 1) / (8 * HOUR_MS)) * 8 * HOUR_MS,
    fundingIntervalHours: 8,
  };
  return {
    name: listing.symbol,
    venues: [
      ["BinPerp", other],
      ["HlPerp", own],
      ["BybitPerp", null],
    ],
  };
}

/** An invalid body is refused with plain text. */
const undecodable = wireError(422, "Failed to deserialize the JSON body into the target type");

/** The deployers' exchange that a request names, the main one being "". */
const dexIn = ({ body }: WireRequest): unknown => bodyField(body, "dex") ?? "";

function refusedDex(asked: Asked): WireError | null {
  const dex = dexIn(asked);
  if (typeof dex !== "string") return undecodable;
  return dex === "" || DEXES.some(([name]) => name === dex) ? null : wireError(500, "null");
}

const metaAndContexts: Call = {
  kind: "rates",
  method: "POST",
  refuse: refusedDex,
  has: (row, asked) => dexOf(row) === dexIn(asked),
  row: (row, view) => ({ listed: universeRow(row), ctx: context(row, view) }),
  wrap: (rows, _view, asked) => [
    {
      universe: rows.map((row) => row["listed"]),
      marginTables: [
        [10, { description: "", marginTiers: [{ lowerBound: "0.0", maxLeverage: 10 }] }],
      ],
      collateralToken: DEXES.find(([name]) => name === dexIn(asked))?.[2] ?? 0,
    },
    rows.map((row) => row["ctx"]),
  ],
};

function show(listing: Listing, view: MarketView): Shown {
  const row = context(listing, view);
  const mark = Number(row["markPx"]);
  return {
    asset_class: classOf(listing),
    funding_rate: Number(row["funding"]),
    funding_interval_hours: 1,
    next_funding_time: nextHourSeconds(view.nowMs),
    mark_price: mark,
    index_price: Number(row["oraclePx"]),
    volume_24h_usd: Number(row["dayNtlVlm"]),
    open_interest_usd: (Number(row["openInterest"]) / 2) * mark,
  };
}

const info = (body: unknown): { path: string; body: unknown } => ({ path: "/info", body });

export const hyperliquid: ExchangeEncoder = encoderOfCalls({
  id: "hyperliquid",
  fields: {
    rate: "funding",
    prices: ["markPx", "oraclePx"],
    symbol: (row) => {
      const listed = row["listed"];
      return typeof listed === "object" && listed !== null && "name" in listed
        ? String(listed.name)
        : "";
    },
  },
  createListings,
  calls: {
    "/info metaAndAssetCtxs": metaAndContexts,
    "/info perpDexs": {
      kind: "list",
      method: "POST",
      rows: perpDexs,
      wrap: (rows) => [null, ...rows],
    },
    "/info spotMeta": {
      kind: "list",
      method: "POST",
      rows: spotMeta,
      wrap: (tokens) => ({ universe: [], tokens }),
    },
    "/info perpConciseAnnotations": {
      kind: "secondary",
      method: "POST",
      rows: annotations,
      wrap: (rows) => rows.map((row) => [row["coin"], row["note"]]),
    },
    "/info fundingHistory": pastRates(undecodable),
    "/info predictedFundings": {
      kind: "secondary",
      method: "POST",
      has: (row) => dexOf(row) === "" && row.state === "live",
      row: predicted,
      wrap: (rows) => rows.map((row) => [row["name"], row["venues"]]),
    },
  },
  notFound: ({ path, method }) =>
    path === "/info" && method === "POST"
      ? undecodable
      : wireError(path === "/info" ? 405 : 404, ""),
  // One path for all: what is requested is in the body.
  callOf: ({ path, body }) => `${path} ${String(bodyField(body, "type"))}`,
  wrongMethod: wireError(405, ""),
  onWire: () => true,
  show,
  // A page of 500 rows weighs 45 of 1200.
  historyLimit: { requests: 26, perMs: 60_000 },
  rateLimitBody: "null",
  errorBody: { status: "err", response: "Internal error" },
  delistedState: "settling",
  exceptions: { frozen_timestamps: "no payload carries a time of its own" },
  usual: [
    info({ type: "metaAndAssetCtxs" }),
    info({ type: "perpDexs" }),
    info({ type: "spotMeta" }),
    info({ type: "perpConciseAnnotations" }),
    ...DEXES.map(([dex]) => info({ type: "metaAndAssetCtxs", dex })),
  ],
});
