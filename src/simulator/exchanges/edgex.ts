import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers, rateAt } from "../market.ts";
import type { Shown } from "../truth.ts";
import { fixed, trimmed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRow,
  wireError,
} from "../wire.ts";
import { type Asked, encoderOfCalls, wasNotDelisted } from "./calls.ts";
import {
  classOf,
  contractIdAt,
  contractIdOf,
  contractRow,
  CONTRACTS,
  createListings,
  DAILY_INTEREST,
  FIRST_ID,
  metaData,
} from "./edgex-contracts.ts";
import { chargedRate, pastPage, pastRows } from "./edgex-history.ts";

const MINUTE_MS = 60_000;

function fundingRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const rate = (value: number): string => fixed(value, 8);
  const calculatedAt = String(Math.floor(view.stampMs / MINUTE_MS) * MINUTE_MS);
  const oracle = fixed(live.mark * 1.000_03, Math.min(listing.priceDecimals + 10, 28));
  const premium = live.mark / live.index - 1;
  const intervalMin = listing.intervalHours * 60;
  return {
    contractId: contractIdOf(listing, view),
    // The start of the running period; the charge comes one interval later.
    fundingTime: String(live.previousAtMs),
    fundingTimestamp: calculatedAt,
    oraclePrice: oracle,
    indexPrice: fixed(live.index, listing.priceDecimals + 6),
    ...(listing.marks.has("no_mark")
      ? {}
      : { markPrice: fixed(live.mark, listing.priceDecimals + 2) }),
    // Fixed at the start of the period.
    fundingRate: rate(live.settledRate),
    isSettlement: false,
    forecastFundingRate: listing.marks.has("no_forecast") ? "" : rate(live.rate),
    previousFundingRate: rate(rateAt(listing, live.previousAtMs - MINUTE_MS)),
    previousFundingTimestamp: String(live.previousAtMs - MINUTE_MS),
    premiumIndex: rate(premium),
    avgPremiumIndex: rate(premium * 0.9),
    premiumIndexTimestamp: calculatedAt,
    impactMarginNotional: "500",
    impactAskPrice: fixed(live.last * 1.0002, listing.priceDecimals),
    impactBidPrice: fixed(live.last * 0.9998, listing.priceDecimals),
    interestRate: String(DAILY_INTEREST),
    predictedFundingRate: rate((DAILY_INTEREST * listing.intervalHours) / 24),
    fundingRateIntervalMin: String(intervalMin),
    starkExFundingIndex: oracle,
  };
}

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => fixed(value, listing.priceDecimals);
  return {
    contractId: contractIdOf(listing, view),
    contractName: listing.symbol,
    priceChange: price(live.last - live.dayAgo),
    priceChangePercent: fixed(live.last / live.dayAgo - 1, 6),
    trades: String(Math.round(live.turnoverUsd / 700)),
    size: trimmed(live.volume, 3),
    value: trimmed(live.turnoverUsd, 7),
    high: price(live.high),
    low: price(live.low),
    open: price(live.dayAgo),
    close: price(live.last),
    startTime: String(view.nowMs - 24 * HOUR_MS),
    endTime: String(view.nowMs),
    lastPrice: price(live.last),
    indexPrice: price(live.index),
    oraclePrice: price(live.mark),
    markPrice: price(live.mark),
    openInterest: trimmed(live.openInterest, 3),
    fundingRate: fixed(live.rate, 8),
    fundingTime: String(live.previousAtMs),
    nextFundingTime: String(live.nextAtMs),
  };
}

function envelope(data: unknown, view: MarketView): unknown {
  return {
    code: "SUCCESS",
    data,
    msg: null,
    errorParam: null,
    requestTime: String(view.stampMs - 3),
    responseTime: String(view.stampMs),
    traceId: "7c1d09be53a6f2e48810c5d7ab346f92",
  };
}

function refused(status: number, code: string, msg: string): WireError {
  return wireError(status, { code, data: null, msg, errorParam: null, traceId: "" });
}

/** The contracts with the requested ids, separated by commas or one by one. */
function chosen(view: MarketView, ids: ReadonlySet<string>): readonly Listing[] {
  return view.listings.filter((row, place) => ids.has(contractIdAt(place)) && wasNotDelisted(row));
}
const idsOf = ({ query }: Asked): ReadonlySet<string> =>
  new Set(query.getAll("contractId").join(",").split(","));

function show(listing: Listing, view: MarketView): Shown {
  const row = fundingRow(listing, view);
  const ticker = tickerRow(listing, view);
  const mark = Number(row["markPrice"] ?? row["oraclePrice"]);
  const forecast = row["forecastFundingRate"];
  const intervalMin = Number(row["fundingRateIntervalMin"]);
  return {
    asset_class: classOf(listing),
    funding_rate: Number(row["fundingRate"]),
    funding_interval_hours: intervalMin / 60,
    next_funding_time: (Number(row["fundingTime"]) + intervalMin * MINUTE_MS) / 1000,
    predicted_rate: forecast === "" ? null : Number(forecast),
    mark_price: mark,
    index_price: Number(row["indexPrice"]),
    volume_24h_usd: Number(ticker["value"]),
    open_interest_usd: Number(ticker["openInterest"]) * mark,
  };
}

const ALL_IDS = Array.from({ length: CONTRACTS }, (_, index) => FIRST_ID + index).join(",");

export const edgex: ExchangeEncoder = encoderOfCalls({
  id: "edgex",
  fields: {
    rate: "fundingRate",
    prices: ["markPrice", "oraclePrice", "indexPrice"],
    symbol: "name",
  },
  createListings,
  calls: {
    "/api/v2/public/meta/getMetaData": {
      kind: "list",
      row: contractRow,
      wrap: (rows, view) => envelope(metaData(rows, view), view),
    },
    "/api/v2/public/funding/getLatestFundingRate": {
      kind: "rates",
      rows: (view, asked) =>
        chosen(view, idsOf(asked)).map((row) => ({ name: row.symbol, row: fundingRow(row, view) })),
      wrap: (rows, view) =>
        envelope(
          rows.map(({ row }) => row),
          view,
        ),
    },
    "/api/v2/public/funding/getFundingRatePage": {
      kind: "history",
      rows: (view, asked) =>
        chosen(view, idsOf(asked)).flatMap((row) => pastRows(row, view, asked)),
      wrap: (rows, view, asked) => envelope(pastPage(rows, view, asked), view),
    },
    "/api/v2/public/quote/getTicker": {
      kind: "secondary",
      // Without an id, or with several, the reply is empty.
      rows: (view, asked) => {
        const ids = idsOf(asked);
        return ids.size === 1 ? chosen(view, ids).map((row) => tickerRow(row, view)) : [];
      },
    },
  },
  wrap: envelope,
  notFound: refused(404, "NOT_FOUND", "not found"),
  wrongMethod: refused(405, "METHOD_NOT_ALLOWED", "method not allowed"),
  show,
  chargedRate,
  historyLimit: { requests: 5, perMs: 1000 },
  rateLimitBody: { code: "TOO_MANY_REQUESTS", data: null, msg: "too many requests" },
  errorBody: { code: "INTERNAL_ERROR", data: null, msg: "internal error", errorParam: null },
  delistedState: "halted",
  usual: [
    { path: "/api/v2/public/meta/getMetaData" },
    { path: `/api/v2/public/funding/getLatestFundingRate?contractId=${ALL_IDS}` },
    ...Array.from({ length: CONTRACTS }, (_, index) => ({
      path: `/api/v2/public/quote/getTicker?contractId=${FIRST_ID + index}`,
    })),
  ],
});
