import { pageOf, paymentsOf, WHOLE_PAST } from "../history.ts";
import type { Listing } from "../listing.ts";
import { liveNumbers } from "../market.ts";
import type { Shown } from "../truth.ts";
import { fixed, rounded, tickText, trimmed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRow,
  wireError,
} from "../wire.ts";
import { type Asked, type Call, encoderOfCalls } from "./calls.ts";
import { createListings } from "./deepcoin-listings.ts";

/** The catalogue truncates long names of coins. */
const NAME_LENGTH = 8;
/** The factor by which volumes of hidden contracts are inflated. */
const HIDDEN_VOLUME = 12;
const PAST_ROWS = 20;
const RATES_PATH = "/deepcoin/trade/fund-rate/current-funding-rate";
const CYCLES_PATH = "/deepcoin/trade/funding-rate";

const onWire = (listing: Listing): boolean => listing.state !== "gone";
const isHidden = (listing: Listing): boolean => listing.marks.has("hidden");
const inCatalogue = (listing: Listing): boolean => onWire(listing) && listing.product !== "other";
const hasPrices = (listing: Listing): boolean => inCatalogue(listing) || isHidden(listing);

/** The funding replies name a contract without dashes: BTCUSDT for BTC-USDT-SWAP. */
function joined(symbol: string): string {
  return symbol.replace(/-SWAP$/, "").replace("-", "");
}

/** Dead names keep a rate forever, so a contract that vanished elsewhere remains here. */
function rateRow(listing: Listing, view: MarketView): WireRow {
  const { rate } = liveNumbers(listing, view.nowMs);
  return { instrumentId: joined(listing.symbol), fundingRate: rounded(rate, 8) };
}

function cycleRow(listing: Listing, view: MarketView): WireRow {
  return {
    settleInterval: listing.intervalHours * 3600,
    instrumentID: joined(listing.symbol),
    nextSettleTime: liveNumbers(listing, view.nowMs).nextAtMs / 1000,
  };
}

function markRow(listing: Listing, view: MarketView): WireRow {
  const { mark } = liveNumbers(listing, view.nowMs);
  return {
    instType: "SWAP",
    instId: listing.symbol,
    markPx: trimmed(mark, listing.priceDecimals),
    ts: String(view.nowMs),
  };
}

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => trimmed(value, listing.priceDecimals);
  const blown = isHidden(listing) ? HIDDEN_VOLUME : 1;
  const inverse = listing.quote === "USD";
  const turnover = inverse ? live.volume : live.turnoverUsd * blown;
  return {
    instType: "SWAP",
    instId: listing.symbol,
    last: price(live.last),
    lastSz: "",
    askPx: price(live.ask),
    askSz: "56280",
    bidPx: price(live.bid),
    bidSz: "63220",
    open24h: price(live.dayAgo),
    high24h: price(live.high),
    low24h: price(live.low),
    volCcy24h: trimmed(turnover, 8),
    vol24h: fixed((live.volume * blown) / listing.contractSize, 0),
    sodUtc0: "",
    sodUtc8: "",
    ts: String(view.nowMs),
  };
}

function stateOf(listing: Listing): string {
  if (listing.state === "pending") return "preopen";
  return listing.state === "live" ? "live" : "suspend";
}

function instrumentRow(listing: Listing): WireRow {
  return {
    instType: "SWAP",
    instId: listing.symbol,
    uly: "",
    baseCcy: listing.wireBase.slice(0, NAME_LENGTH),
    quoteCcy: listing.quote,
    ctVal: trimmed(listing.contractSize, 8),
    ctValCcy: "",
    listTime: "0",
    lever: "50",
    tickSz: tickText(listing.priceDecimals),
    lotSz: "1",
    minSz: "1",
    ctType: "",
    alias: "",
    state: stateOf(listing),
    maxLmtSz: "10000000",
    maxMktSz: "10000000",
  };
}

/** Every refusal comes with HTTP 200. */
function refused(code: string, msg: string): WireError {
  return wireError(200, { code, msg, data: null });
}

const wrap = (data: unknown): unknown => ({ code: "0", msg: "", data });

/** The contracts in a funding reply: those in dollar stablecoins, or the inverse ones. */
const QUOTES: Readonly<Record<string, string>> = { SwapU: "USDT", Swap: "USD" };

const quoteOf = ({ query }: Asked): string | undefined => QUOTES[query.get("instType") ?? ""];

/** A refusal unless `instType` is given and right. */
function refusedType(asked: Asked, isRight: (asked: Asked) => boolean): WireError | null {
  if (asked.query.get("instType") === null) return refused("51", "The instType field is required");
  return isRight(asked) ? null : refused("51", "The instType field is invalid");
}
const refusedFunding = (asked: Asked): WireError | null =>
  refusedType(asked, () => quoteOf(asked) !== undefined);
const refusedMarket = (asked: Asked): WireError | null =>
  refusedType(asked, ({ query }) => query.get("instType") === "SWAP");

/** An unknown name has the rate zero. */
function rateRows(view: MarketView, asked: Asked): readonly WireRow[] {
  const one = asked.query.get("instId");
  const rows = view.listings
    .filter(
      (each) =>
        each.quote === quoteOf(asked) && (one ?? joined(each.symbol)) === joined(each.symbol),
    )
    .map((each) => rateRow(each, view));
  return rows.length === 0 && one !== null ? [{ instrumentId: one, fundingRate: 0 }] : rows;
}

/** Pages of twenty rows, whatever size is requested. */
const pastRates: Call = {
  kind: "history",
  refuse: ({ query }) =>
    query.get("instId") ? null : refused("51", "The instId field is required"),
  has: inCatalogue,
  one: { name: "instId", matches: (each, one) => joined(each.symbol) === one },
  past: (listing, view, { query }) => {
    const size = Math.min(PAST_ROWS, view.maxPastRows);
    const payments = paymentsOf(listing, view, WHOLE_PAST, 0);
    return pageOf(payments, size, query.get("page")).map(({ slotMs, rate }) => ({
      instrumentID: joined(listing.symbol),
      rate: trimmed(rate, 8),
      CreateTime: slotMs / 1000,
      ratePeriodSec: 0,
    }));
  },
  wrap: (rows) => wrap({ rows }),
};

function show(listing: Listing, view: MarketView): Shown {
  const cycle = cycleRow(listing, view);
  return {
    funding_rate: Number(rateRow(listing, view)["fundingRate"]),
    funding_interval_hours: Number(cycle["settleInterval"]) / 3600,
    next_funding_time: Number(cycle["nextSettleTime"]),
    mark_price: Number(markRow(listing, view)["markPx"]),
    volume_24h_usd: Number(tickerRow(listing, view)["volCcy24h"]),
  };
}

export const deepcoin: ExchangeEncoder = encoderOfCalls({
  id: "deepcoin",
  fields: {
    rate: "fundingRate",
    prices: [],
    symbol: (row) => String(row["instrumentId"]).replace(/USDT$/, "-USDT-SWAP"),
  },
  createListings,
  calls: {
    [RATES_PATH]: {
      kind: "rates",
      refuse: refusedFunding,
      rows: rateRows,
      wrap: (rows) => wrap({ current_fund_rates: rows }),
    },
    [CYCLES_PATH]: {
      kind: "secondary",
      refuse: refusedFunding,
      has: (each, asked) => inCatalogue(each) && each.quote === quoteOf(asked),
      row: cycleRow,
      one: {
        name: "instId",
        unknown: (one) => refused("50", `contract symbol(${one}) not found`),
        matches: (each, one) => joined(each.symbol) === one,
      },
    },
    "/deepcoin/market/mark-price": {
      kind: "secondary",
      refuse: refusedMarket,
      has: hasPrices,
      row: markRow,
    },
    "/deepcoin/market/tickers": {
      kind: "secondary",
      refuse: refusedMarket,
      has: hasPrices,
      row: tickerRow,
    },
    "/deepcoin/market/instruments": {
      kind: "list",
      refuse: refusedMarket,
      has: inCatalogue,
      row: instrumentRow,
    },
    "/deepcoin/trade/fund-rate/history": pastRates,
  },
  wrap,
  notFound: wireError(404, "Not Found"),
  show,
  historyLimit: { requests: 10, perMs: 1_000 },
  rateLimitBody: { code: "429", msg: "Too Many Requests", data: null },
  errorBody: { code: "50", msg: "system busy", data: null },
  delistedState: "gone",
  exceptions: { frozen_timestamps: "no row of the rates carries a time of its own" },
  usual: [
    { path: `${RATES_PATH}?instType=SwapU` },
    { path: `${CYCLES_PATH}?instType=SwapU` },
    { path: "/deepcoin/market/mark-price?instType=SWAP" },
    { path: "/deepcoin/market/tickers?instType=SWAP" },
    { path: "/deepcoin/market/instruments?instType=SWAP" },
  ],
});
