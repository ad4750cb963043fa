import type { Asset, AssetTable } from "../assets.ts";
import { paymentsOf, WHOLE_PAST } from "../history.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers, nextHourSeconds } from "../market.ts";
import type { ListingPlan, Roster } from "../roster.ts";
import type { Shown, TruthAssetClass } from "../truth.ts";
import { fixed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRow,
  wireError,
} from "../wire.ts";
import { type Call, encoderOfCalls } from "./calls.ts";

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
    askPrice: price(live.ask),
    bidPrice: price(live.bid),
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
    high24h: price(live.high),
    low24h: price(live.low),
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

function refused(status: number, message: string): WireError {
  return wireError(status, { errorCode: 4, message, status: "failed" });
}

function inventory(rows: readonly WireRow[]): unknown {
  return { crossChainAssets: [], feeConfig: FEES, markets: rows, tradingTiers: [] };
}

const missing = refused(400, "Missing parameter: symbol");
/** An unknown symbol is refused with HTTP 200. */
const one: Call["one"] = {
  name: "symbol",
  missing,
  unknown: (symbol) => (symbol === "" ? missing : refused(200, `Invalid symbol: ${symbol}`)),
  wrap: (row) => row,
  inTurn: true,
};

const PAST_ROWS = 100;

/** The newest rows, the oldest of them first; no parameter for older ones is known. */
const pastRates: Call = {
  kind: "history",
  one: { name: "symbol", missing },
  past: (listing, view) =>
    paymentsOf(listing, view, WHOLE_PAST)
      .slice(-Math.min(PAST_ROWS, view.maxPastRows))
      .map(({ rate, index, slotMs }) => ({
        contractId: contractRow(listing, view)["id"],
        fundingTimestamp: slotMs / 1000,
        fundingRate: fixed(rate, RATE_DECIMALS),
        indexPrice: fixed(index, 5),
      })),
  wrap: (data) => ({ data, pagination: { limit: PAST_ROWS, offset: 0 } }),
};

function classOf(listing: Listing): TruthAssetClass {
  if (isCoin(listing)) return "crypto";
  return listing.asset.kind === "metal" ? "commodity" : "forex";
}

function show(listing: Listing, view: MarketView): Shown {
  const prices = pricesRow(listing, view);
  const mark = Number(prices["markPrice"]);
  return {
    asset_class: classOf(listing),
    funding_rate: Number(rateText(listing, view)),
    funding_interval_hours: 1,
    next_funding_time: nextHourSeconds(view.nowMs),
    mark_price: mark,
    index_price: Number(prices["spotPrice"]),
    volume_24h_usd: Number(statsRow(listing, view)["volume24h"]),
    open_interest_usd: Number(openInterestRow(listing, view)["totalQuantity"]) * mark,
  };
}

export const hibachi: ExchangeEncoder = encoderOfCalls({
  id: "hibachi",
  fields: {
    rate: "estimatedFundingRate",
    prices: ["markPrice", "spotPrice"],
    symbol: (row) => String(Object(row["contract"]).symbol),
  },
  createListings,
  calls: {
    "/market/exchange-info": { kind: "list", row: contractRow, wrap: exchangeInfo },
    "/market/inventory": { kind: "rates", row: inventoryRow },
    "/market/data/prices": { kind: "secondary", row: pricesRow, one },
    "/market/data/funding-rates": pastRates,
    "/market/data/stats": { kind: "secondary", row: statsRow, one },
    "/market/data/open-interest": { kind: "secondary", row: openInterestRow, one },
  },
  wrap: inventory,
  notFound: refused(404, "Not Found"),
  show,
  // Not published: clients send 5 to 10 per second.
  historyLimit: { requests: 5, perMs: 1000 },
  rateLimitBody: { errorCode: 5, message: "Too many requests", status: "failed" },
  errorBody: { errorCode: 4, message: "Internal error", status: "failed" },
  delistedState: "settling",
  exceptions: {
    frozen_timestamps: "no payload carries a time of its own",
  },
  usual: [{ path: "/market/exchange-info" }, { path: "/market/inventory" }],
});
