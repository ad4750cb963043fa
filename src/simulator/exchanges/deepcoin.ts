import type { Listing } from "../listing.ts";
import { liveNumbers } from "../market.ts";
import { collectTruth, namesOf, type TrueInstrument } from "../truth.ts";
import { fixed, rounded, trimmed } from "../wire-text.ts";
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
import { createListings } from "./deepcoin-listings.ts";

/** The catalogue truncates long names of coins. */
const NAME_LENGTH = 8;
/** The factor by which volumes of hidden contracts are inflated. */
const HIDDEN_VOLUME = 12;
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
    askPx: price(live.last * 1.0001),
    askSz: "56280",
    bidPx: price(live.last * 0.9999),
    bidSz: "63220",
    open24h: price(live.dayAgo),
    high24h: price(Math.max(live.last, live.dayAgo) * 1.01),
    low24h: price(Math.min(live.last, live.dayAgo) * 0.99),
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
    tickSz: trimmed(10 ** -listing.priceDecimals, listing.priceDecimals),
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
function refused(code: string, msg: string): WireReply {
  return wireError(200, { code, msg, data: null });
}

const wrap = (data: unknown): unknown => ({ code: "0", msg: "", data });

/** The contracts in a funding reply: those in dollar stablecoins, or the inverse ones. */
const QUOTES: Readonly<Record<string, string>> = { SwapU: "USDT", Swap: "USD" };

function fundingReply(path: string, query: URLSearchParams): WireReply {
  const type = query.get("instType");
  if (type === null) return refused("51", "The instType field is required");
  const quote = QUOTES[type];
  if (quote === undefined) return refused("51", "The instType field is invalid");
  const one = query.get("instId");
  const wanted = (each: Listing): boolean =>
    each.quote === quote && (one === null || joined(each.symbol) === one);
  const key = `${path}?${type}&${one ?? ""}`;
  if (path === CYCLES_PATH) {
    const cycles = wireList(
      "secondary",
      key,
      (view) =>
        view.listings
          .filter((each) => inCatalogue(each) && wanted(each))
          .map((each) => cycleRow(each, view)),
      wrap,
    );
    if (one === null) return cycles;
    const unknown = wireError(200, {
      code: "50",
      msg: `contract symbol(${one}) not found`,
      data: null,
    });
    return { ...cycles, whenEmpty: unknown };
  }
  return wireList(
    "rates",
    key,
    (view) => {
      const rows = view.listings.filter(wanted).map((each) => rateRow(each, view));
      // An unknown name has the rate zero.
      return rows.length === 0 && one !== null ? [{ instrumentId: one, fundingRate: 0 }] : rows;
    },
    (rows) => wrap({ current_fund_rates: rows }),
  );
}

function marketReply(path: string, query: URLSearchParams): WireReply {
  const listOf = (
    kind: PayloadKind,
    has: (listing: Listing) => boolean,
    row: (listing: Listing, view: MarketView) => WireRow,
  ): WireReply => {
    if (query.get("instType") === null) return refused("51", "The instType field is required");
    if (query.get("instType") !== "SWAP") return refused("51", "The instType field is invalid");
    return wireList(
      kind,
      path,
      (view) => view.listings.filter(has).map((each) => row(each, view)),
      wrap,
    );
  };
  switch (path) {
    case "/deepcoin/market/mark-price":
      return listOf("secondary", hasPrices, markRow);
    case "/deepcoin/market/tickers":
      return listOf("secondary", hasPrices, tickerRow);
    case "/deepcoin/market/instruments":
      return listOf("list", inCatalogue, instrumentRow);
    default:
      return wireError(404, "Not Found");
  }
}

function route({ path, query, method }: WireRequest): WireReply {
  if (method !== "GET") return wireError(404, "Not Found");
  return path === RATES_PATH || path === CYCLES_PATH
    ? fundingReply(path, query)
    : marketReply(path, query);
}

function show(listing: Listing, view: MarketView): TrueInstrument {
  const cycle = cycleRow(listing, view);
  return {
    ...namesOf(listing),
    funding_rate: Number(rateRow(listing, view)["fundingRate"]),
    funding_interval_hours: Number(cycle["settleInterval"]) / 3600,
    next_funding_time: Number(cycle["nextSettleTime"]),
    mark_price: Number(markRow(listing, view)["markPx"]),
    volume_24h_usd: Number(tickerRow(listing, view)["volCcy24h"]),
  };
}

export const deepcoin: ExchangeEncoder = {
  id: "deepcoin",
  fields: {
    rate: "fundingRate",
    prices: [],
    symbolOf: (row) => String(row["instrumentId"]).replace(/USDT$/, "-USDT-SWAP"),
  },
  createListings,
  route,
  rateLimitBody: { code: "429", msg: "Too Many Requests", data: null },
  errorBody: { code: "50", msg: "system busy", data: null },
  delistedState: "gone",
  exceptions: { frozen_timestamps: "no row of the rates carries a time of its own" },
  truth: (view) => collectTruth(view.listings, onWire, (row) => show(row, view)),
  usual: [
    { path: `${RATES_PATH}?instType=SwapU` },
    { path: `${CYCLES_PATH}?instType=SwapU` },
    { path: "/deepcoin/market/mark-price?instType=SWAP" },
    { path: "/deepcoin/market/tickers?instType=SWAP" },
    { path: "/deepcoin/market/instruments?instType=SWAP" },
  ],
};
