import type { Asset, AssetTable } from "../assets.ts";
import { paymentsOf, WHOLE_PAST } from "../history.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers, nextHourSeconds, pricesAt, rateAt } from "../market.ts";
import { DELIVERY_AT_MS, pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import type { Shown, TruthAssetClass } from "../truth.ts";
import { isoTime, rounded } from "../wire-text.ts";
import { type ExchangeEncoder, type MarketView, type WireRow, wireError } from "../wire.ts";
import { type Call, encoderOfCalls } from "./calls.ts";

const COINS = 290;
const SHARES = 60;
const CAP_PER_HOUR = 0.005;
const FOREX_CAP = 0.001;
/** The bounds of companies that are not listed yet: the floor is above 0. */
const PRE_IPO = { cap: 7e-6, floor: 6.25e-6 };
/** Kraken's names for kinds of coins; the class of Commodities is not stated. */
const COIN_CATEGORIES = ["DeFi", "Layer 1", "Meme", "AI", "Community", "Gaming", "Web3"] as const;
/** Absolute rates have many digits; twelve significant ones distinguish them. */
const RATE_DIGITS = 12;

function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const wireBase = extra.wireBase ?? asset.ticker;
    const inSymbol = wireBase === "BTC" ? "XBT" : wireBase;
    const beyond = roster.draw(wireBase, "beyond") < 0.02 ? { style: "beyond_cap" as const } : {};
    return roster.add({
      asset,
      symbol: `PF_${inSymbol}USD`,
      quote: "USD",
      settle: "USD",
      intervalHours: 1,
      cap: CAP_PER_HOUR,
      ...beyond,
      ...extra,
      wireBase,
    });
  };
  const coins = pickAssets(roster, assets.byKind.coin, Math.round(COINS * scale));
  for (const asset of coins) add(asset);
  add(assets.litNew);
  for (const asset of assets.byKind.stock.slice(0, Math.round(SHARES * scale)))
    add(asset, { wireBase: `${asset.ticker}x` });
  for (const asset of assets.byKind.metal.slice(0, 2)) add(asset);
  for (const asset of assets.byKind.forex.slice(0, 4)) add(asset, { cap: FOREX_CAP });
  for (const asset of assets.byKind.pre_ipo.slice(0, 2))
    add(asset, { wireBase: `${asset.ticker}x`, cap: PRE_IPO.cap, state: "pre_market" });
  const dead = assets.byKind.coin.filter((asset) => !coins.includes(asset));
  for (const asset of dead.slice(0, 1)) add(asset, { state: "halted" });
  for (const asset of dead.slice(3, 5)) add(asset, { state: "pending" });
  for (const asset of dead.slice(5, 7)) add(asset, { state: "settling" });
  for (const asset of dead.slice(7, 8))
    add(asset, {
      product: "dated",
      symbol: `FF_${asset.ticker}USD_261225`,
      deliveryAtMs: DELIVERY_AT_MS,
    });
  for (const asset of coins.slice(0, 5)) {
    const coin = asset.ticker === "BTC" ? "XBT" : asset.ticker;
    const dated = { deliveryAtMs: DELIVERY_AT_MS } as const;
    add(asset, { symbol: `PI_${coin}USD`, product: "inverse" });
    add(asset, { ...dated, symbol: `FI_${coin}USD_261225`, product: "inverse_dated" });
    add(asset, { ...dated, symbol: `FF_${coin}USD_261225`, product: "dated" });
  }
}

const onWire = (listing: Listing): boolean => listing.state !== "gone";
const isDated = (listing: Listing): boolean =>
  listing.product === "dated" || listing.product === "inverse_dated";
const isInverse = (listing: Listing): boolean =>
  listing.product === "inverse" || listing.product === "inverse_dated";
const pairOf = (listing: Listing): string =>
  `${listing.wireBase === "BTC" && listing.product === "perp" ? "XBT" : listing.wireBase}:USD`;

function significant(value: number): number {
  return Number(value.toPrecision(RATE_DIGITS));
}

function held({ cap }: Listing, rate: number): number {
  return Math.max(-cap, Math.min(cap, rate));
}

function categoryOf({ asset, key }: Listing): string {
  switch (asset.kind) {
    case "coin":
    case "basket":
      return COIN_CATEGORIES[key % COIN_CATEGORIES.length] ?? "DeFi";
    case "stock":
    case "index":
      return "xStocks";
    case "metal":
    case "commodity":
      return "Commodities";
    case "forex":
      return "Forex";
    case "pre_ipo":
      return "Pre-IPO";
  }
}

const CLASSES: Readonly<Record<string, TruthAssetClass | null>> = {
  xStocks: "stock",
  Commodities: null,
  Forex: "forex",
};

/** The hour's rate is constant: it was fixed at the full hour, times the index at that instant. */
function absoluteRates(listing: Listing, nowMs: number): { current: number; prediction: number } {
  const hourAt = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  const then = pricesAt(listing, hourAt).index;
  const now = pricesAt(listing, nowMs).index;
  return {
    current: significant(rateAt(listing, hourAt) * then),
    prediction: significant(0.9 * held(listing, rateAt(listing, nowMs)) * now),
  };
}

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): number => rounded(value, listing.priceDecimals);
  const rates = absoluteRates(listing, view.nowMs);
  const funding = isDated(listing)
    ? {}
    : { fundingRate: rates.current, fundingRatePrediction: rates.prediction };
  return {
    symbol: listing.symbol,
    last: price(live.last),
    lastTime: isoTime(view.stampMs),
    tag: isDated(listing) ? "month" : "perpetual",
    pair: pairOf(listing),
    markPrice: rounded(live.mark, listing.priceDecimals + 4),
    bid: price(live.bid),
    bidSize: rounded(live.volume / 9_000, 3),
    ask: price(live.ask),
    askSize: rounded(live.volume / 8_000, 3),
    vol24h: rounded(live.volume, 4),
    volumeQuote: rounded(live.turnoverUsd, 4),
    openInterest: rounded(live.openInterest, 4),
    open24h: price(live.dayAgo),
    high24h: price(live.high),
    low24h: price(live.low),
    lastSize: rounded(live.volume / 20_000, 4),
    ...funding,
    suspended: listing.state === "halted",
    indexPrice: price(live.index),
    postOnly: listing.state === "pending",
    change24h: rounded((live.last / live.dayAgo - 1) * 100, 2),
  };
}

/** Rows of indexes among the tickers: no funding, no mark. */
function indexRow(listing: Listing, view: MarketView): WireRow {
  const { index } = pricesAt(listing, view.nowMs);
  return {
    symbol: `in_${listing.wireBase.toLowerCase()}usd`,
    last: rounded(index, listing.priceDecimals),
    lastTime: isoTime(view.stampMs),
  };
}

function instrumentRow(listing: Listing): WireRow {
  const levels = isInverse(listing) ? "contracts" : "numNonContractUnits";
  const perpetual = isDated(listing)
    ? { lastTradingTime: isoTime(listing.deliveryAtMs) }
    : {
        fundingRateCoefficient: 8,
        maxRelativeFundingRate: listing.cap,
        ...(listing.state === "pre_market" ? { minRelativeFundingRate: PRE_IPO.floor } : {}),
      };
  const type = isInverse(listing) ? "futures_inverse" : "flexible_futures";
  return {
    symbol: listing.symbol,
    type,
    ...(isInverse(listing) ? { underlying: `rr_${listing.wireBase.toLowerCase()}usd` } : {}),
    tickSize: Number((10 ** -listing.priceDecimals).toPrecision(1)),
    contractSize: 1,
    tradeable: listing.state !== "settling",
    impactMidSize: 1000,
    maxPositionSize: 1_000_000,
    openingDate: isoTime(listing.listedAtMs).replace(".000Z", "Z"),
    marginLevels: [
      { [levels]: 0, initialMargin: 0.02, maintenanceMargin: 0.01 },
      { [levels]: 500_000, initialMargin: 0.04, maintenanceMargin: 0.02 },
    ],
    ...perpetual,
    isin: "GB00BQ84K502",
    contractValueTradePrecision: 3,
    postOnly: listing.state === "pending",
    feeScheduleUid: "723888f7-0a8e-4183-8648-f920a22339e3",
    mtf: true,
    base: listing.wireBase,
    quote: "USD",
    pair: `${listing.wireBase}:USD`,
    // Inverse contracts have no category.
    ...(isInverse(listing) ? {} : { category: categoryOf(listing) }),
    tradfi: listing.asset.kind === "forex",
  };
}

/** Prices of indices stand behind the contracts. */
function tickerRows(view: MarketView): readonly WireRow[] {
  return [
    ...view.listings.filter(onWire).map((row) => tickerRow(row, view)),
    ...view.listings.slice(0, 10).map((row) => indexRow(row, view)),
  ];
}

const wrapAs =
  (name: string) =>
  (rows: readonly WireRow[], view: MarketView): unknown => ({
    result: "success",
    serverTime: isoTime(view.stampMs),
    [name]: rows,
  });

/** All rows, oldest first, each with the start of the hour that it was charged for. */
const pastRates: Call = {
  kind: "history",
  has: (row) => row.product === "perp" && row.state !== "gone",
  one: {
    name: "symbol",
    missing: wireError(400, { result: "error", error: "requiredArgumentMissing" }),
  },
  past: (listing, view) =>
    paymentsOf(listing, view, WHOLE_PAST).map(({ slotMs, rate, index }) => ({
      timestamp: isoTime(slotMs - HOUR_MS),
      fundingRate: significant(rate * index),
      relativeFundingRate: significant(rate),
    })),
  wrap: wrapAs("rates"),
};

function classOf(listing: Listing): TruthAssetClass | null {
  const printed = CLASSES[categoryOf(listing)];
  return printed === undefined ? "crypto" : printed;
}

function show(listing: Listing, view: MarketView): Shown {
  const row = tickerRow(listing, view);
  const mark = Number(row["markPrice"]);
  const index = Number(row["indexPrice"]);
  const relative = Number(row["fundingRate"]) / index;
  return {
    asset_class: classOf(listing),
    funding_rate: held(listing, relative),
    funding_interval_hours: 1,
    next_funding_time: nextHourSeconds(view.nowMs),
    predicted_rate: Number(row["fundingRatePrediction"]) / index,
    mark_price: mark,
    index_price: index,
    volume_24h_usd: Number(row["volumeQuote"]),
    open_interest_usd: Number(row["openInterest"]) * mark,
  };
}

export const kraken: ExchangeEncoder = encoderOfCalls({
  id: "kraken",
  fields: { rate: "fundingRate", prices: ["markPrice", "indexPrice"], symbol: "symbol" },
  createListings,
  calls: {
    "/derivatives/api/v3/tickers": { kind: "rates", rows: tickerRows },
    "/derivatives/api/v3/instruments": {
      kind: "list",
      row: instrumentRow,
      wrap: wrapAs("instruments"),
    },
    "/derivatives/api/v3/historical-funding-rates": pastRates,
  },
  wrap: wrapAs("tickers"),
  notFound: wireError(404, {
    result: "error",
    error: "notFound",
    serverTime: "1970-01-01T00:00:00.000Z",
  }),
  wrongMethod: wireError(405, { result: "error", error: "methodNotAllowed" }),
  show,
  historyLimit: { requests: 5, perMs: 1_000 },
  rateLimitBody: { result: "error", error: "apiLimitExceeded" },
  errorBody: {
    result: "error",
    error: "marketUnavailable",
    serverTime: "2026-10-01T00:00:00.000Z",
  },
  delistedState: "gone",
});
