import type { Asset, AssetTable } from "../assets.ts";
import { countOf, oldestOf, paymentsOf, rangeOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers } from "../market.ts";
import { DELIVERY_AT_MS, type ListingPlan, type Roster } from "../roster.ts";
import type { Shown } from "../truth.ts";
import { fixed, tickText, trimmed } from "../wire-text.ts";
import { type ExchangeEncoder, type MarketView, type WireRow, wireError } from "../wire.ts";
import { type Call, encoderOfCalls } from "./calls.ts";

const COINS = "BTC ETH SOL XRP DOGE BNB ADA SUI LINK AVAX LTC BCH DOT TRX PEPE SHIB APT ARB".split(
  " ",
);
const PAUSED = ["ETC", "FIL"];
const CLOSED = ["EOS", "ATOM", "UNI"];
const CLOSE_ONLY = ["ZEC"];
const KILO = new Set(["PEPE", "SHIB"]);
/** One contract with another interval, and one whose interval was just changed: its two times are 10 h apart. */
const FOUR_HOURS = "SUI";
const JUST_CHANGED = "APT";
const ODD_GAP_MS = 10 * HOUR_MS;

const nameOf = (ticker: string): string => (KILO.has(ticker) ? `1000${ticker}` : ticker);
const symbolOf = (ticker: string): string => `${nameOf(ticker)}_USDT_PERP`;

function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const byTicker = new Map(assets.byKind.coin.map((asset) => [asset.ticker, asset]));
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const { ticker } = asset;
    const multiplier = KILO.has(ticker) ? 1000 : 1;
    return roster.add({
      asset,
      wireBase: nameOf(ticker),
      multiplier,
      symbol: symbolOf(ticker),
      quote: "USDT",
      settle: "USDT",
      intervalHours: ticker === FOUR_HOURS ? 4 : 8,
      contractSize: 10 ** Math.round(Math.log10(80 / (asset.priceUsd * multiplier))),
      marks: ticker === JUST_CHANGED ? ["odd_gap"] : [],
      ...extra,
    });
  };
  const addAll = (tickers: readonly string[], extra: Partial<ListingPlan> = {}): void => {
    for (const ticker of tickers) {
      const asset = byTicker.get(ticker);
      if (asset) add(asset, extra);
    }
  };
  addAll(COINS.slice(0, Math.max(1, Math.round(COINS.length * scale))));
  addAll(PAUSED, { state: "halted" });
  addAll(CLOSED, { state: "settling" });
  addAll(CLOSE_ONLY, { state: "pending" });
  addAll(["BTC"], {
    symbol: "BTC_USD_PERP",
    quote: "USD",
    settle: "BTC",
    product: "inverse",
    contractSize: 1,
  });
  addAll(["BTC"], {
    symbol: "BTC_USDT_20261225",
    product: "dated",
    deliveryAtMs: DELIVERY_AT_MS,
  });
}

function statusOf(listing: Listing): string {
  switch (listing.state) {
    case "halted":
      return "PAUSED";
    case "settling":
      return "CLOSED";
    case "pending":
      return "CANCEL_ONLY";
    case "live":
    case "pre_market":
    case "gone":
      return "OPEN";
  }
}

function instrumentRow(listing: Listing): WireRow {
  const tick = tickText(listing.priceDecimals);
  return {
    symbol: listing.symbol,
    bAsset: `.P${listing.wireBase}${listing.quote}`,
    bCcy: listing.wireBase,
    qCcy: listing.quote,
    visibleStartTime: String(listing.listedAtMs),
    tradableStartTime: String(listing.listedAtMs),
    sCcy: listing.settle,
    tSz: tick,
    pxScale: `${tick},1,10`,
    lotSz: "1",
    minSz: "1",
    ctVal: trimmed(listing.contractSize, 8),
    status: statusOf(listing),
    oDate: String(listing.listedAtMs - HOUR_MS),
    maxPx: "1000000",
    minPx: tick,
    maxQty: "1000000",
    minQty: "1",
    maxLever: "50",
    lever: "10",
    ctType: listing.product === "inverse" ? "INVERSE" : "LINEAR",
    alias: listing.product === "dated" ? "quarter" : "",
    iM: "0.02",
    mM: "0.0115",
    mR: "2000",
    buyLmt: "",
    sellLmt: "",
    ordPxRange: "0.05",
    marketMaxQty: "2800",
    limitMaxQty: "1000000",
  };
}

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => trimmed(value, listing.priceDecimals);
  return {
    s: listing.symbol,
    o: price(live.dayAgo),
    l: price(live.low),
    h: price(live.high),
    c: price(live.last),
    qty: fixed(live.volume / listing.contractSize, 0),
    amt: trimmed(live.turnoverUsd, 2),
    tC: String(Math.round(live.turnoverUsd / 900)),
    sT: String(view.nowMs - 24 * HOUR_MS),
    cT: String(view.nowMs),
    dN: listing.symbol.replaceAll("_", "/"),
    dC: fixed(live.last / live.dayAgo - 1, 4),
    bPx: price(live.bid),
    bSz: "3",
    aPx: price(live.ask),
    aSz: "111",
    mPx: price(live.mark),
    iPx: price(live.index),
  };
}

function fundingRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const lastMs = listing.marks.has("odd_gap") ? live.nextAtMs - ODD_GAP_MS : live.previousAtMs;
  return {
    s: listing.symbol,
    fR: trimmed(live.settledRate, 6),
    fT: String(lastMs),
    nFR: trimmed(live.rate, 6),
    nFT: String(live.nextAtMs),
  };
}

function openInterestRow(listing: Listing, view: MarketView): WireRow {
  const { openInterest } = liveNumbers(listing, view.nowMs);
  return { s: listing.symbol, oInt: fixed(openInterest / listing.contractSize, 0) };
}

const succeed = (data: unknown): unknown => ({ code: 200, msg: "Success", data });
/** An invalid symbol is refused with HTTP 200. */
const invalidSymbol = wireError(200, { code: 24_101, msg: "Invalid symbol!", data: "" });

const one = {
  name: "symbol",
  missing: invalidSymbol,
  unknown: invalidSymbol,
  wrap: succeed,
  inTurn: true,
} as const;

/** How long past rates are kept. */
const KEPT_DAYS = 180;
const MAX_PAST_ROWS = 100;

/** The rows of a range with inclusive bounds in milliseconds; without any bound only the newest one. */
const pastRates: Call = {
  kind: "history",
  refuse: ({ query }) =>
    Number(query.get("limit") ?? 0) > MAX_PAST_ROWS
      ? wireError(400, { code: 400, msg: "Param error limit", data: "" })
      : null,
  one: { name: "symbol", missing: invalidSymbol },
  past: (listing, view, { query }) => {
    const { fromMs, toMs } = rangeOf(query, "sT", "eT");
    const keptFromMs = view.nowMs - KEPT_DAYS * 24 * HOUR_MS;
    const range = { fromMs: Math.max(fromMs, keptFromMs), toMs: toMs + 1 };
    const payments = paymentsOf(listing, view, range, 0);
    const isOpen = !query.has("sT") && !query.has("eT");
    const size = { usual: MAX_PAST_ROWS, max: MAX_PAST_ROWS };
    const sent = isOpen
      ? payments.slice(-1)
      : oldestOf(payments, countOf(view, query.get("limit"), size));
    return sent.map(({ rate, slotMs }) => ({
      s: listing.symbol,
      fR: trimmed(rate, 6),
      fT: String(slotMs),
    }));
  },
};

function show(listing: Listing, view: MarketView): Shown {
  const funding = fundingRow(listing, view);
  const ticker = tickerRow(listing, view);
  const nextMs = Number(funding["nFT"]);
  const lastMs = Number(funding["fT"]);
  return {
    funding_rate: Number(funding["nFR"]),
    // Two times that match no known interval give no interval.
    funding_interval_hours: listing.marks.has("odd_gap") ? null : (nextMs - lastMs) / HOUR_MS,
    next_funding_time: nextMs / 1000,
    settled_rate: Number(funding["fR"]),
    settled_at: lastMs / 1000,
    mark_price: Number(ticker["mPx"]),
    index_price: Number(ticker["iPx"]),
    volume_24h_usd: Number(ticker["amt"]),
    // Neither the shape nor the unit of the open interest is confirmed.
  };
}

export const poloniex: ExchangeEncoder = encoderOfCalls({
  id: "poloniex",
  fields: { rate: "nFR", prices: [], symbol: "s" },
  createListings,
  calls: {
    "/v3/market/fundingRate": { kind: "rates", row: fundingRow, one },
    "/v3/market/openInterest": { kind: "secondary", row: openInterestRow, one },
    "/v3/market/fundingRate/history": pastRates,
    "/v3/market/tickers": { kind: "secondary", row: tickerRow, one: { name: "symbol" } },
    "/v3/market/allInstruments": { kind: "list", row: instrumentRow },
  },
  wrap: succeed,
  notFound: wireError(404, { code: 404, message: "Not Found" }),
  show,
  historyLimit: { requests: 300, perMs: 1000 },
  rateLimitBody: { code: 429, message: "TOO_MANY_REQUEST" },
  errorBody: { code: 500, msg: "System error", data: "" },
  delistedState: "settling",
  exceptions: {
    many_rows: "a reply holds the rate of one instrument",
    frozen_timestamps: "no payload of rates carries a time of its own",
  },
  usual: [
    { path: "/v3/market/allInstruments" },
    { path: "/v3/market/tickers" },
    ...COINS.map((ticker) => ({ path: `/v3/market/fundingRate?symbol=${symbolOf(ticker)}` })),
  ],
});
