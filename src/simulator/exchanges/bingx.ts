import { countOf, newestOf, paymentsOf, rangeOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { liveNumbers } from "../market.ts";
import { DELIVERY_AT_MS } from "../roster.ts";
import type { Shown, TruthAssetClass } from "../truth.ts";
import { fixed, rounded } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRow,
  wireError,
} from "../wire.ts";
import { createListings } from "./bingx-listings.ts";
import { type Call, encoderOfCalls, wasNotDelisted } from "./calls.ts";

const QUOTE = "/openApi/swap/v2/quote/";
const RATE_DECIMALS = 8;
const DAY_MS = 86_400_000;

const isLive = (listing: Listing): boolean => listing.state === "live";

function premiumRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  return {
    symbol: listing.symbol,
    markPrice: fixed(live.mark, listing.priceDecimals),
    indexPrice: fixed(live.index, listing.priceDecimals),
    lastFundingRate: fixed(live.rate, RATE_DECIMALS),
    nextFundingTime: live.nextAtMs,
    ...(listing.marks.has("no_interval") ? {} : { fundingIntervalHours: listing.intervalHours }),
    minFundingRate: fixed(-listing.cap, RATE_DECIMALS),
    maxFundingRate: fixed(listing.cap, RATE_DECIMALS),
    // The last settlement, not the age of the row.
    updateTime: live.previousAtMs,
  };
}

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => fixed(value, listing.priceDecimals);
  const change = fixed((live.last / live.dayAgo - 1) * 100, 2);
  return {
    symbol: listing.symbol,
    priceChange: price(live.last - live.dayAgo),
    priceChangePercent: listing.key % 2 === 0 ? `${change}%` : change,
    lastPrice: price(live.last),
    lastQty: fixed(live.volume / 20_000, 4),
    highPrice: price(live.high),
    lowPrice: price(live.low),
    volume: fixed(live.volume, 4),
    quoteVolume: fixed(live.turnoverUsd, 2),
    openPrice: price(live.dayAgo),
    openTime: view.nowMs - DAY_MS,
    closeTime: view.nowMs - (listing.key % 4_000),
    bidPrice: rounded(live.bid, listing.priceDecimals),
    bidQty: rounded(live.volume / 9_000, 4),
    askPrice: rounded(live.ask, listing.priceDecimals),
    askQty: rounded(live.volume / 8_000, 4),
  };
}

function interestRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  return {
    openInterest: fixed(live.openInterest * live.mark, 2),
    symbol: listing.symbol,
    time: view.nowMs,
  };
}

function statusOf(listing: Listing): number {
  switch (listing.state) {
    case "live":
      return 1;
    case "halted":
      return 25;
    case "pending":
    case "pre_market":
      return 5;
    case "settling":
    case "gone":
      return 0;
  }
}

function contractRow(listing: Listing): WireRow {
  const { wireBase, quote, marks } = listing;
  const shownAs = marks.has("renamed") ? `${wireBase.slice(0, -1)}X` : wireBase;
  const api = marks.has("web_only") || listing.state === "halted" ? "false" : "true";
  const offTime = listing.state === "settling" ? listing.listedAtMs + 30 * DAY_MS : 0;
  return {
    contractId: String(100 + (listing.key % 9_000)),
    symbol: listing.symbol,
    displayName: `${shownAs}-${quote}`,
    size: "0",
    quantityPrecision: 4,
    pricePrecision: listing.priceDecimals,
    feeRate: 0.0005,
    makerFeeRate: 0.0002,
    takerFeeRate: 0.0005,
    tradeMinLimit: 0,
    tradeMinQuantity: 0.0001,
    tradeMinUSDT: 2,
    maxLongLeverage: 125,
    maxShortLeverage: 125,
    currency: listing.settle,
    asset: wireBase,
    status: statusOf(listing),
    apiStateOpen: api,
    apiStateClose: api,
    ensureTrigger: true,
    triggerFeeRate: "0.00050000",
    brokerState: false,
    launchTime: listing.listedAtMs,
    maintainTime: 0,
    // A live contract with an end ahead is live until then.
    offTime: marks.has("leaving") && isLive(listing) ? DELIVERY_AT_MS : offTime,
  };
}

const refused = (code: number, msg: string): WireError => wireError(200, { code, msg });

const envelope = (data: unknown): unknown => ({ code: 0, msg: "", data });
/** The reply of one contract is not how a refresh gets its rates. */
const rates: Call["kind"] = ({ symbol }) => (symbol === null ? "rates" : "secondary");
const missing = refused(109400, "Invalid parameters, err:symbol: This field is required.");
const one: NonNullable<Call["one"]> = {
  name: "symbol",
  unknown: (symbol) => refused(109425, `${symbol} not exist`),
  wrap: envelope,
};

const CLASSES: readonly (readonly [prefix: string, known: TruthAssetClass])[] = [
  ["NCSK", "stock"],
  ["NCFX", "forex"],
  ["NCCO", "commodity"],
  ["NCSI", "index"],
];

/** The newest rows of a range with inclusive bounds. */
const pastRates: Call = {
  kind: "history",
  has: isLive,
  one: { name: "symbol", missing, unknown: (symbol) => refused(109425, `${symbol} not exist`) },
  past: (listing, view, { query }) => {
    const { fromMs, toMs } = rangeOf(query, "startTime", "endTime");
    const payments = paymentsOf(listing, view, { fromMs, toMs: toMs + 1 });
    const count = countOf(view, query.get("limit"), { usual: 100, max: 1000 });
    return newestOf(payments, count).map(({ rate, slotMs, mark }) => ({
      symbol: listing.symbol,
      fundingRate: fixed(rate, RATE_DECIMALS),
      fundingTime: slotMs,
      markPrice: fixed(mark, listing.priceDecimals),
    }));
  },
};

function show(listing: Listing, view: MarketView): Shown {
  const row = premiumRow(listing, view);
  const hours = row["fundingIntervalHours"];
  return {
    asset_class: CLASSES.find(([prefix]) => listing.symbol.startsWith(prefix))?.[1] ?? "crypto",
    funding_rate: Number(row["lastFundingRate"]),
    funding_interval_hours: hours === undefined ? null : Number(hours),
    next_funding_time: Number(row["nextFundingTime"]) / 1000,
    mark_price: Number(row["markPrice"]),
    index_price: Number(row["indexPrice"]),
    volume_24h_usd: Number(tickerRow(listing, view)["quoteVolume"]),
    open_interest_usd: Number(interestRow(listing, view)["openInterest"]),
  };
}

export const bingx: ExchangeEncoder = encoderOfCalls({
  id: "bingx",
  fields: { rate: "lastFundingRate", prices: ["markPrice", "indexPrice"], symbol: "symbol" },
  createListings,
  calls: {
    [`${QUOTE}premiumIndex`]: { kind: rates, has: isLive, row: premiumRow, one },
    [`${QUOTE}ticker`]: { kind: "secondary", has: isLive, row: tickerRow, one },
    [`${QUOTE}openInterest`]: {
      kind: "secondary",
      has: isLive,
      row: interestRow,
      one: { ...one, missing },
    },
    [`${QUOTE}fundingRate`]: pastRates,
    [`${QUOTE}contracts`]: {
      kind: "list",
      has: (row, { query }) =>
        wasNotDelisted(row) && row.symbol === (query.get("symbol") ?? row.symbol),
      row: contractRow,
    },
  },
  wrap: envelope,
  notFound: refused(100400, "this api is not exist"),
  onWire: () => true,
  show,
  historyLimit: { requests: 1, perMs: 1_000 },
  rateLimitBody: { code: 100410, msg: "The current system is busy, please try again later" },
  errorBody: { code: 100500, msg: "internal system error, please try again later" },
  delistedState: "settling",
  exceptions: {
    frozen_timestamps: "updateTime is the last settlement, and no other time stands in the rates",
  },
  usual: ["premiumIndex", "ticker", "contracts"].map((name) => ({ path: QUOTE + name })),
});
