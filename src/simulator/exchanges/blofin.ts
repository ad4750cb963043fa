import { countOf, newestOf, paymentsOf, rangeOf, WHOLE_PAST } from "../history.ts";
import type { Listing } from "../listing.ts";
import { liveNumbers } from "../market.ts";
import type { Shown, TruthAssetClass } from "../truth.ts";
import { fixed, tickText, trimmed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRow,
  wireError,
} from "../wire.ts";
import { createListings, RATIO, SILENT } from "./blofin-listings.ts";
import { type Asked, type Call, encoderOfCalls } from "./calls.ts";

/** Rates are printed with every digit of the average. */
const RATE_DECIMALS = 18;
const HISTORY_ROWS = 100;
/** Nothing older than this many payments of a contract is kept. */
const KEPT_ROWS = 300;

function classOf(listing: Listing): "Crypto" | "Stocks" | "Commodities" | "Indices" {
  switch (listing.asset.kind) {
    case "stock":
    case "pre_ipo":
      return "Stocks";
    case "metal":
    case "commodity":
      return "Commodities";
    case "index":
      return "Indices";
    case "coin":
    case "basket":
    case "forex":
      return "Crypto";
  }
}

function rateRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  return {
    instId: listing.symbol,
    fundingRate: trimmed(live.rate, RATE_DECIMALS),
    fundingTime: String(live.nextAtMs),
    ...(listing.marks.has(SILENT)
      ? {}
      : {
          fundingInterval: String(listing.intervalHours),
          fundingIntervalUnit: "hour",
          fundingRateCap: trimmed(listing.cap, 6),
          fundingRateFloor: `-${trimmed(listing.cap, 6)}`,
        }),
  };
}

function markRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  return {
    instId: listing.symbol,
    indexPrice: trimmed(live.index, listing.priceDecimals),
    markPrice: trimmed(live.mark, listing.priceDecimals),
    ts: String(view.nowMs),
  };
}

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => trimmed(value, listing.priceDecimals);
  const contracts = Math.round(live.volume / listing.contractSize);
  return {
    instId: listing.symbol,
    last: price(live.last),
    lastSize: "1",
    askPrice: price(live.ask),
    askSize: fixed(contracts / 8_000, 0),
    bidPrice: price(live.bid),
    bidSize: fixed(contracts / 9_000, 0),
    high24h: price(live.high),
    open24h: price(live.dayAgo),
    low24h: price(live.low),
    // In base units despite the name; contracts are in vol24h.
    volCurrency24h: trimmed(contracts * listing.contractSize, 6),
    vol24h: String(contracts),
    ts: String(view.nowMs),
  };
}

function interestRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const contracts = Math.round(live.openInterest / listing.contractSize);
  return {
    instId: listing.symbol,
    openInterest: String(contracts),
    openInterestCurrency: trimmed(contracts * listing.contractSize, 6),
    ts: String(view.nowMs),
  };
}

function instrumentRow(listing: Listing): WireRow {
  return {
    instId: listing.symbol,
    baseCurrency: listing.wireBase,
    quoteCurrency: listing.quote,
    contractValue: trimmed(listing.contractSize, 6),
    listTime: String(listing.listedAtMs),
    // Perpetuals have one too: it does not indicate an end.
    expireTime: String(listing.listedAtMs + 65_791_769 * 1_000),
    maxLeverage: "50",
    minSize: "0.1",
    lotSize: "0.1",
    tickSize: tickText(listing.priceDecimals),
    instType: "SWAP",
    contractType: listing.product === "inverse" ? "inverse" : "linear",
    maxLimitSize: "100000000",
    maxMarketSize: "1000000",
    state: listing.state === "live" ? "live" : "suspend",
    settleCurrency: listing.settle,
    assetClass: classOf(listing),
  };
}

/** BloFin reports most invalid requests with HTTP 200. */
function refused(status: number, code: string, msg: string): WireError {
  return wireError(status, { code, msg });
}

const MARKET = "/api/v1/market/";
const wrap = (data: readonly WireRow[]): unknown => ({ code: "0", msg: "success", data });
const unknownInstrument = refused(200, "152014", "Instrument does not exist.");

const limitOf = ({ query }: Asked): number => Number(query.get("limit") ?? HISTORY_ROWS);

function refusedHistory(asked: Asked): WireError | null {
  if (!asked.query.get("instId")) return refused(200, "152002", "Parameter instId error.");
  const limit = limitOf(asked);
  if (!Number.isInteger(limit) || limit < 1 || limit > HISTORY_ROWS)
    return refused(200, "152002", "Parameter limit error.");
  return null;
}

/** The newest rows older than `after` and newer than `before`, of the last 300 payments. */
const pastRates: Call = {
  kind: "history",
  refuse: refusedHistory,
  one: { name: "instId" },
  past: (listing, view, { query }) => {
    const { fromMs, toMs } = rangeOf(query, "before", "after");
    const all = paymentsOf(listing, view, WHOLE_PAST, 0);
    const kept = all.slice(-KEPT_ROWS).filter(({ atMs }) => atMs > fromMs && atMs < toMs);
    const page = { usual: HISTORY_ROWS, max: HISTORY_ROWS };
    return newestOf(kept, countOf(view, query.get("limit"), page)).map(({ atMs, rate }) => ({
      instId: listing.symbol,
      fundingRate: trimmed(rate, RATE_DECIMALS),
      fundingTime: String(atMs),
    }));
  },
};

const CLASSES: Readonly<Record<ReturnType<typeof classOf>, TruthAssetClass>> = {
  Crypto: "crypto",
  Stocks: "stock",
  Commodities: "commodity",
  Indices: "index",
};

function show(listing: Listing, view: MarketView): Shown {
  const rate = rateRow(listing, view);
  const mark = markRow(listing, view);
  const ticker = tickerRow(listing, view);
  const nextAtMs = Number(rate["fundingTime"]);
  return {
    asset_class: CLASSES[classOf(listing)],
    funding_rate: Number(rate["fundingRate"]),
    funding_interval_hours: listing.intervalHours,
    next_funding_time: nextAtMs / 1000,
    mark_price: Number(mark["markPrice"]),
    index_price: Number(mark["indexPrice"]),
    volume_24h_usd: Number(ticker["volCurrency24h"]) * Number(ticker["last"]),
    open_interest_usd:
      Number(interestRow(listing, view)["openInterestCurrency"]) * Number(mark["markPrice"]),
  };
}

const byName = { name: "instId", unknown: unknownInstrument };

export const blofin: ExchangeEncoder = encoderOfCalls({
  id: "blofin",
  fields: { rate: "fundingRate", prices: [], symbol: "instId" },
  createListings,
  calls: {
    [`${MARKET}funding-rate`]: { kind: "rates", row: rateRow, one: byName },
    [`${MARKET}mark-price`]: { kind: "secondary", row: markRow, one: byName },
    [`${MARKET}tickers`]: { kind: "secondary", row: tickerRow, one: byName },
    [`${MARKET}open-interest`]: { kind: "secondary", row: interestRow, one: byName },
    [`${MARKET}instruments`]: { kind: "list", row: instrumentRow, one: byName },
    [`${MARKET}funding-rate-history`]: pastRates,
  },
  wrap,
  notFound: refused(404, "404", "Not Found"),
  usual: ["funding-rate", "mark-price", "tickers", "open-interest", "instruments"].map((name) => ({
    path: MARKET + name,
  })),
  show,
  historyLimit: { requests: 1500, perMs: 300_000 },
  rateLimitBody: { code: "429", msg: "Too Many Requests" },
  errorBody: { code: "500", msg: "Internal Server Error" },
  delistedState: "gone",
  exceptions: { frozen_timestamps: "the rates payload carries no time of its own" },
  skipMarks: [RATIO],
});
