import type { Asset, AssetTable } from "../assets.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers } from "../market.ts";
import type { ListingPlan, Roster } from "../roster.ts";
import { collectTruth, namesOf, type TrueInstrument, type TruthAssetClass } from "../truth.ts";
import { fixed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type PayloadKind,
  type WireReply,
  type WireRequest,
  type WireRow,
  wireError,
  wireList,
} from "../wire.ts";
import { oneInstrument } from "./one-instrument.ts";

const COINS = "BTC ETH SOL XRP DOGE BNB SUI LINK AVAX HYPE ADA LTC NEAR AAVE ONDO ENA ZEC".split(
  " ",
);
/** A short-lived listing that is open now, and ones that are paused or over. */
const TEMPORARY = "WLD";
const PAUSED = ["APT", "ARB"];
/** Currencies and metals, and one whose market is closed at this hour: live, but without an estimate. */
const CURRENCIES = ["EUR", "GBP", "AUD"];
const METALS = ["XAU", "XAG"];
const CLOSED_NOW = "JPY";
const OVER = ["OP", "TIA"];
const DAY_MS = 24 * HOUR_MS;
/** Far enough ahead that no list cached for hours reaches it. */
const FAR_DAYS = 30;
const BASE_DECIMALS = 9;
const QUOTE_DECIMALS = 6;
const RATE_DECIMALS = 6;

const symbolOf = (ticker: string): string => `${ticker}/USDT-P`;

function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const { coin, forex, metal } = assets.byKind;
  const byTicker = new Map([...coin, ...forex, ...metal].map((asset) => [asset.ticker, asset]));
  const addAll = (tickers: readonly string[], extra: Partial<ListingPlan> = {}): void => {
    for (const ticker of tickers) {
      const asset: Asset | undefined = byTicker.get(ticker);
      if (asset === undefined) continue;
      roster.add({
        asset,
        symbol: symbolOf(ticker),
        quote: "USDT",
        settle: "USDT",
        intervalHours: 1,
        ...extra,
      });
    }
  };
  addAll(COINS.slice(0, Math.max(1, Math.round(COINS.length * scale))));
  addAll([TEMPORARY], { marks: ["temporary"] });
  addAll([...CURRENCIES, ...METALS]);
  addAll([CLOSED_NOW], { state: "halted", marks: ["closed_now"] });
  addAll(PAUSED, { state: "halted" });
  addAll(OVER, { state: "settling" });
}

const onWire = (listing: Listing): boolean => listing.state !== "gone";
const isCoin = (listing: Listing): boolean => listing.asset.kind === "coin";
const isClosedNow = (listing: Listing): boolean => listing.marks.has("closed_now");

/** Seconds with a fraction, in a string. */
function secondsText(ms: number): string {
  return fixed(ms / 1000, 6);
}

function contractRow(listing: Listing, view: MarketView): WireRow {
  const opened = secondsText(listing.listedAtMs);
  // A market that is over keeps its status: only the time shows it.
  const today = Math.floor(view.nowMs / DAY_MS) * DAY_MS;
  const closes = listing.state === "settling" ? today - HOUR_MS : today + FAR_DAYS * DAY_MS;
  const isTemporary = listing.marks.has("temporary") || listing.state === "settling";
  return {
    category: isCoin(listing) ? "CRYPTO" : "FX",
    displayName: `${listing.wireBase}/USDT Perps`,
    id: 1 + view.listings.indexOf(listing),
    initialMarginRate: "0.066667",
    maintenanceFactorForPositions: "0.030000",
    marketCloseTimestamp: isTemporary ? secondsText(closes) : null,
    marketCreationTimestamp: opened,
    marketOpenTimestamp: isTemporary ? opened : null,
    nextCloseTimestamp: null,
    nextOpenTimestamp: null,
    minNotional: "1",
    minOrderSize: "0.000000001",
    orderbookGranularities: ["0.01", "0.1", "1", "10"],
    riskFactorForOrders: "0.066667",
    riskFactorForPositions: "0.030000",
    settlementDecimals: QUOTE_DECIMALS,
    settlementSymbol: listing.settle,
    status: listing.state === "halted" && !isClosedNow(listing) ? "PAUSED" : "LIVE",
    stepSize: "0.000000001",
    symbol: listing.symbol,
    tickSize: "0.000001",
    underlyingDecimals: BASE_DECIMALS,
    underlyingSymbol: listing.wireBase,
  };
}

function pricesRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => fixed(value, QUOTE_DECIMALS);
  // The last trade of a market without trades is old: far from everything else.
  const drift = listing.key % 4 === 0 ? 0.7 : 1;
  return {
    askPrice: price(live.last * 1.0001),
    bidPrice: price(live.last * 0.9999),
    fundingRateEstimation: isClosedNow(listing)
      ? null
      : {
          estimatedFundingRate: rateText(listing, view),
          nextFundingTimestamp: live.nextAtMs / 1000,
        },
    markPrice: price(live.mark),
    spotPrice: price(live.index),
    symbol: listing.symbol,
    tradePrice: price(live.last * drift),
  };
}

function rateText(listing: Listing, view: MarketView): string | null {
  return isClosedNow(listing) ? null : fixed(liveNumbers(listing, view.nowMs).rate, RATE_DECIMALS);
}

function statsRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => fixed(value, QUOTE_DECIMALS);
  return {
    high24h: price(Math.max(live.last, live.dayAgo) * 1.01),
    low24h: price(Math.min(live.last, live.dayAgo) * 0.99),
    symbol: listing.symbol,
    // In dollars, despite its decimals.
    volume24h: fixed(live.turnoverUsd, QUOTE_DECIMALS),
  };
}

function openInterestRow(listing: Listing, view: MarketView): WireRow {
  return { totalQuantity: fixed(liveNumbers(listing, view.nowMs).openInterest, 10) };
}

const FEES = {
  depositFees: "0.004518",
  instantWithdrawDstPublicKey: "",
  instantWithdrawalFees: [["1000", "0.002"]],
  tradeMakerFeeRate: "0.00000000",
  tradeTakerFeeRate: "0.00045000",
  transferFeeRate: "0.00010000",
  withdrawalFees: "0.011995",
};

function exchangeInfo(futureContracts: readonly WireRow[], view: MarketView): unknown {
  const begin = (Math.floor(view.nowMs / DAY_MS) + FAR_DAYS) * (DAY_MS / 1000) + 0.5;
  return {
    feeConfig: FEES,
    futureContracts,
    instantWithdrawalLimit: { lowerLimit: "9.997", upperLimit: "0" },
    maintenanceWindow: [{ begin, end: begin + 1800.25, note: "upgrade" }],
    status: "NORMAL",
  };
}

function inventoryRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const { markPrice, spotPrice, tradePrice, bidPrice, askPrice } = pricesRow(listing, view);
  const info = {
    bestAskPrice: askPrice,
    bestBidPrice: bidPrice,
    category: isCoin(listing) ? null : "fx",
    estimatedFundingRate: rateText(listing, view),
    markPrice,
    openInterestQuantity: openInterestRow(listing, view)["totalQuantity"],
    price24hAgo: fixed(live.dayAgo, QUOTE_DECIMALS),
    priceLatest: tradePrice,
    spotPrice,
    tags: tagsOf(listing),
    volume24h: statsRow(listing, view)["volume24h"],
  };
  return { contract: contractRow(listing, view), info };
}

function tagsOf(listing: Listing): readonly string[] {
  if (isCoin(listing)) return [];
  return [listing.asset.kind === "metal" ? "commodity" : "major"];
}

function refused(status: number, message: string): ReturnType<typeof wireError> {
  return wireError(status, { errorCode: 4, message, status: "failed" });
}

function inventory(rows: readonly WireRow[]): unknown {
  return { crossChainAssets: [], feeConfig: FEES, markets: rows, tradingTiers: [] };
}

const PER_SYMBOL: Readonly<
  Record<string, readonly [PayloadKind, (listing: Listing, view: MarketView) => WireRow]>
> = {
  "/market/data/prices": ["secondary", pricesRow],
  "/market/data/stats": ["secondary", statsRow],
  "/market/data/open-interest": ["secondary", openInterestRow],
};

function route({ path, query }: WireRequest): WireReply {
  const all = (row: (listing: Listing, view: MarketView) => WireRow) => (view: MarketView) =>
    view.listings.filter(onWire).map((each) => row(each, view));
  if (path === "/market/exchange-info") {
    return wireList("list", "exchange-info", all(contractRow), exchangeInfo);
  }
  if (path === "/market/inventory") {
    return wireList("rates", "inventory", all(inventoryRow), inventory);
  }
  const found = PER_SYMBOL[path];
  if (found === undefined) return refused(404, "Not Found");
  const [kind, row] = found;
  const symbol = query.get("symbol") ?? "";
  if (symbol === "") return refused(400, "Missing parameter: symbol");
  return oneInstrument({
    kind,
    key: `${path}?${symbol}`,
    wanted: (listing) => listing.symbol === symbol && onWire(listing),
    row,
    wrap: (one) => one,
    // An unknown symbol is refused with HTTP 200.
    unknown: refused(200, `Invalid symbol: ${symbol}`),
  });
}

function classOf(listing: Listing): TruthAssetClass {
  if (isCoin(listing)) return "crypto";
  return listing.asset.kind === "metal" ? "commodity" : "forex";
}

function show(listing: Listing, view: MarketView): TrueInstrument {
  const prices = pricesRow(listing, view);
  const mark = Number(prices["markPrice"]);
  return {
    ...namesOf(listing),
    asset_class: classOf(listing),
    funding_rate: Number(rateText(listing, view)),
    funding_interval_hours: 1,
    next_funding_time: (Math.floor(view.nowMs / HOUR_MS) + 1) * 3600,
    mark_price: mark,
    index_price: Number(prices["spotPrice"]),
    volume_24h_usd: Number(statsRow(listing, view)["volume24h"]),
    open_interest_usd: Number(openInterestRow(listing, view)["totalQuantity"]) * mark,
  };
}

export const hibachi: ExchangeEncoder = {
  id: "hibachi",
  fields: {
    rate: "estimatedFundingRate",
    prices: ["markPrice", "spotPrice"],
    symbolOf: (row) => String(Object(row["contract"]).symbol),
  },
  createListings,
  route,
  rateLimitBody: { errorCode: 5, message: "Too many requests", status: "failed" },
  errorBody: { errorCode: 4, message: "Internal error", status: "failed" },
  delistedState: "settling",
  exceptions: {
    frozen_timestamps: "no payload carries a time of its own",
  },
  truth: (view) => collectTruth(view.listings, onWire, (row) => show(row, view)),
  usual: [{ path: "/market/exchange-info" }, { path: "/market/inventory" }],
};
