import type { Asset } from "../assets.ts";
import { countOf, newestOf, paymentsOf, rangeOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { liveNumbers, nextHourSeconds } from "../market.ts";
import type { Shown, TrueInstrument } from "../truth.ts";
import { fixed, isoTime, tickText, trimmed } from "../wire-text.ts";
import { type ExchangeEncoder, type MarketView, type WireRow, wireError } from "../wire.ts";
import { createListings, MAJORS } from "./apex-listings.ts";
import { type Call, encoderOfCalls } from "./calls.ts";

/** The field's constant value: the daily interest of 0.0003 divided by 24. */
const INTEREST_PER_HOUR = "0.0000125";

const onWire = (listing: Listing): boolean => listing.state !== "gone";
const hasTicker = (listing: Listing): boolean => onWire(listing) && !listing.marks.has("silent");
const isPerpetual = (listing: Listing): boolean =>
  onWire(listing) &&
  listing.product === "perp" &&
  !listing.marks.has("prelaunch") &&
  !listing.marks.has("stock");

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => fixed(value, listing.priceDecimals);
  const next = isoTime(live.nextAtMs);
  return {
    symbol: listing.symbol,
    price24hPcnt: fixed(live.last / live.dayAgo - 1, 6),
    lastPrice: price(live.last),
    highPrice24h: price(live.high),
    lowPrice24h: price(live.low),
    oraclePrice: price(live.index),
    markPrice: price(live.mark),
    indexPrice: price(live.index),
    openInterest: trimmed(live.openInterest, 3),
    turnover24h: trimmed(live.turnoverUsd, 8),
    volume24h: trimmed(live.volume, 3),
    fundingRate: trimmed(live.rate, 8),
    predictedFundingRate: INTEREST_PER_HOUR,
    nextFundingTime: listing.marks.has("time_of_day")
      ? next.slice("2026-10-06T".length, -".000Z".length)
      : next.replace(".000Z", "Z"),
    tradeCount: Math.round(live.turnoverUsd / 900),
  };
}

/** The name with a dash, which only the catalogue and the history use. */
const historyNameOf = ({ wireBase, quote }: Listing): string => `${wireBase}-${quote}`;

function contractRow(listing: Listing): WireRow {
  const tick = tickText(listing.priceDecimals);
  const cap = trimmed(listing.cap, 6);
  const bare = listing.wireBase;
  return {
    baselinePositionValue: "50000.0000",
    crossId: 30_000 + (listing.key % 500),
    crossSymbolId: listing.key % 500,
    crossSymbolName: listing.symbol,
    digitMerge: `${tick},${fixed(10 ** (1 - listing.priceDecimals), listing.priceDecimals)}`,
    displayMaxLeverage: "100",
    displayMinLeverage: "1",
    enableDisplay: !listing.marks.has("hidden") && listing.state !== "halted",
    enableOpenPosition: !listing.marks.has("close_only") && listing.state !== "halted",
    enableTrade: listing.state !== "halted",
    fundingImpactMarginNotional: "6",
    fundingInterestRate: "0.0003",
    incrementalInitialMarginRate: "0.00250",
    incrementalMaintenanceMarginRate: "0.00100",
    incrementalPositionValue: "50000.0000",
    initialMarginRate: "0.01",
    maintenanceMarginRate: "0.005",
    maxOrderSize: "50",
    maxPositionSize: "100",
    minOrderSize: "0.0010",
    maxMarketPriceRange: "0.025",
    settleAssetId: listing.settle,
    baseTokenId: bare,
    stepSize: "0.001",
    symbol: historyNameOf(listing),
    symbolDisplayName: listing.symbol,
    tickSize: tick,
    maxMaintenanceMarginRate: "0.5000",
    maxPositionValue: "5000000.0000",
    tagIconUrl: "",
    tag: "",
    riskTip: false,
    defaultInitialMarginRate: "0.05",
    klineStartTime: 0,
    maxMarketSizeBuffer: "0.98",
    enableFundingSettlement: listing.state !== "pending",
    indexPriceDecimals: listing.priceDecimals,
    indexPriceVarRate: "0.001",
    openPositionOiLimitRate: "0.05",
    fundingMaxRate: cap,
    fundingMinRate: `-${cap}`,
    fundingMaxValue: listing.key % 3 === 0 ? "" : "0.02",
    enableFundingMxValue: true,
    l2PairId: String(50_001 + (listing.key % 500)),
    settleTimeStamp: 0,
    isPrelaunch: listing.state === "pre_market",
    riskLimitConfig: {},
    ...categoryOf(listing),
  };
}

const STOCK_CATEGORIES: Readonly<Partial<Record<Asset["kind"], string>>> = {
  stock: "STOCK",
  metal: "COMMODITY",
  index: "INDEX",
};

/** A sector of coins, or the kind of a contract in the stock list; some have neither. */
function categoryOf({ marks, asset, base, key }: Listing): { readonly category?: string } {
  if (marks.has("stock")) {
    const category = STOCK_CATEGORIES[asset.kind];
    return marks.has("no_category") || category === undefined ? {} : { category };
  }
  if (key % 11 === 0) return {};
  return { category: MAJORS.has(base) ? "L1" : "MEME" };
}

function classOf(listing: Listing): TrueInstrument["asset_class"] {
  if (!listing.marks.has("stock")) return "crypto";
  switch (categoryOf(listing).category) {
    case "STOCK":
      return "stock";
    case "COMMODITY":
      return "commodity";
    case "INDEX":
      return "index";
    default:
      return null;
  }
}

function catalogue(rows: readonly WireRow[], view: MarketView): unknown {
  const marked = (mark: string): WireRow[] =>
    view.listings.filter((row) => onWire(row) && row.marks.has(mark)).map(contractRow);
  return {
    data: {
      spotConfig: { assets: [{ tokenId: "141", token: "USDT", decimals: 18, showStep: "0.01" }] },
      contractConfig: {
        assets: [{ token: "USDT", decimals: 18, showStep: "0.01" }],
        perpetualContract: rows,
        prelaunchContract: marked("prelaunch"),
        predictionContract: marked("prediction"),
        stockContract: marked("stock"),
      },
    },
  };
}

/** Both are HTTP 200: nothing at all without a symbol, a code for a wrong one. */
const noTicker = wireError(200, { data: [] });
const bySymbol: Call["one"] = {
  name: "symbol",
  missing: noTicker,
  unknown: (symbol) =>
    symbol === "" ? noTicker : wireError(200, { code: 3, msg: `invalid symbol: ${symbol}` }),
};

const invalidSymbol = wireError(200, { code: 3, msg: "invalid symbol" });

/** The newest rows of a range that includes its start and excludes its end. */
const pastRates: Call = {
  kind: "history",
  has: (row) => hasTicker(row) && row.product === "perp",
  refuse: (asked) => ((asked.symbol ?? "").includes("-") ? null : invalidSymbol),
  one: { name: "symbol", matches: (listing, name) => historyNameOf(listing) === name },
  past: (listing, view, { query }) => {
    const range = rangeOf(query, "beginTimeInclusive", "endTimeExclusive");
    const count = countOf(view, query.get("limit"), { usual: 100, max: 100 });
    return newestOf(paymentsOf(listing, view, range), count).map(({ rate, index, slotMs }) => ({
      symbol: historyNameOf(listing),
      rate: fixed(rate, 8),
      price: fixed(index, listing.priceDecimals),
      fundingTime: slotMs,
      fundingTimestamp: slotMs,
    }));
  },
  wrap: (rows) => ({ data: { historyFunds: rows, totalSize: rows.length }, timeCost: 0 }),
};

function show(listing: Listing, view: MarketView): Shown {
  const row = tickerRow(listing, view);
  const mark = Number(row["markPrice"]);
  return {
    asset_class: classOf(listing),
    funding_rate: Number(row["fundingRate"]),
    funding_interval_hours: 1,
    next_funding_time: nextHourSeconds(view.nowMs),
    // The published one never changes: an interest component, not a forecast.
    mark_price: mark,
    index_price: Number(row["indexPrice"]),
    volume_24h_usd: Number(row["turnover24h"]),
    open_interest_usd: Number(row["openInterest"]) * mark,
  };
}

export const apex: ExchangeEncoder = encoderOfCalls({
  id: "apex",
  fields: { rate: "fundingRate", prices: ["markPrice", "indexPrice"], symbol: "symbol" },
  createListings,
  calls: {
    "/api/v3/data/all-ticker-info": { kind: "rates", row: tickerRow },
    "/api/v3/symbols": { kind: "list", has: isPerpetual, row: contractRow, wrap: catalogue },
    "/api/v3/history-funding": pastRates,
    "/api/v3/ticker": { kind: "secondary", row: tickerRow, one: bySymbol },
  },
  wrap: (data) => ({ data }),
  notFound: wireError(404, { code: 404, msg: "Not Found" }),
  onWire: hasTicker,
  skipMarks: ["prediction"],
  usual: [{ path: "/api/v3/data/all-ticker-info" }, { path: "/api/v3/symbols" }],
  show,
  historyLimit: { requests: 600, perMs: 60_000 },
  rateLimitBody: { code: 10001, msg: "too many requests" },
  errorBody: { code: 10000, msg: "internal error" },
  delistedState: "halted",
  exceptions: { frozen_timestamps: "no payload carries a time of its own" },
});
