import type { Asset, AssetTable } from "../assets.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers } from "../market.ts";
import { DELIVERY_AT_MS, type ListingPlan, type Roster } from "../roster.ts";
import { collectTruth, namesOf, type TrueInstrument } from "../truth.ts";
import { fixed, trimmed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireReply,
  type WireRequest,
  type WireRow,
  wireError,
  wireList,
} from "../wire.ts";
import { oneInstrument } from "./one-instrument.ts";

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

const onWire = (listing: Listing): boolean => listing.state !== "gone";

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
  const tick = fixed(10 ** -listing.priceDecimals, listing.priceDecimals);
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
    l: price(Math.min(live.last, live.dayAgo) * 0.99),
    h: price(Math.max(live.last, live.dayAgo) * 1.01),
    c: price(live.last),
    qty: fixed(live.volume / listing.contractSize, 0),
    amt: trimmed(live.turnoverUsd, 2),
    tC: String(Math.round(live.turnoverUsd / 900)),
    sT: String(view.nowMs - 24 * HOUR_MS),
    cT: String(view.nowMs),
    dN: listing.symbol.replaceAll("_", "/"),
    dC: fixed(live.last / live.dayAgo - 1, 4),
    bPx: price(live.last * 0.9999),
    bSz: "3",
    aPx: price(live.last * 1.0001),
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

function route({ path, query }: WireRequest): WireReply {
  const symbol = query.get("symbol");
  const one = (
    kind: "rates" | "secondary",
    row: (listing: Listing, view: MarketView) => WireRow,
  ): WireReply =>
    symbol === null || symbol === ""
      ? invalidSymbol
      : oneInstrument({
          kind,
          key: `${path}?${symbol}`,
          wanted: (listing) => listing.symbol === symbol && onWire(listing),
          row,
          wrap: succeed,
          unknown: invalidSymbol,
        });
  switch (path) {
    case "/v3/market/fundingRate":
      return one("rates", fundingRow);
    case "/v3/market/openInterest":
      return one("secondary", openInterestRow);
    case "/v3/market/tickers":
      return wireList(
        "secondary",
        `tickers?${symbol ?? ""}`,
        (view) =>
          view.listings
            .filter((row) => onWire(row) && (symbol === null || row.symbol === symbol))
            .map((row) => tickerRow(row, view)),
        succeed,
      );
    case "/v3/market/allInstruments":
      return wireList(
        "list",
        "instruments",
        (view) => view.listings.filter(onWire).map(instrumentRow),
        succeed,
      );
    default:
      return wireError(404, { code: 404, message: "Not Found" });
  }
}

function show(listing: Listing, view: MarketView): TrueInstrument {
  const funding = fundingRow(listing, view);
  const ticker = tickerRow(listing, view);
  const nextMs = Number(funding["nFT"]);
  const lastMs = Number(funding["fT"]);
  return {
    ...namesOf(listing),
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

export const poloniex: ExchangeEncoder = {
  id: "poloniex",
  fields: { rate: "nFR", prices: [], symbolOf: (row) => String(row["s"]) },
  createListings,
  route,
  rateLimitBody: { code: 429, message: "TOO_MANY_REQUEST" },
  errorBody: { code: 500, msg: "System error", data: "" },
  delistedState: "settling",
  exceptions: {
    many_rows: "a reply holds the rate of one instrument",
    frozen_timestamps: "no payload of rates carries a time of its own",
  },
  truth: (view) => collectTruth(view.listings, onWire, (row) => show(row, view)),
  usual: [
    { path: "/v3/market/allInstruments" },
    { path: "/v3/market/tickers" },
    ...COINS.map((ticker) => ({ path: `/v3/market/fundingRate?symbol=${symbolOf(ticker)}` })),
  ],
};
