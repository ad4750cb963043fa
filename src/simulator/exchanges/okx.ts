import { countOf, newestOf, paymentsOf, rangeOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers } from "../market.ts";
import type { Shown, TruthAssetClass } from "../truth.ts";
import { fixed, trimmed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRow,
  wireError,
} from "../wire.ts";
import { type Asked, type Call, type RowOf, encoderOfCalls } from "./calls.ts";
import { swapRow } from "./okx-instruments.ts";
import { createListings } from "./okx-listings.ts";

/** How long past rates are kept. */
const KEPT_DAYS = 90;

const isSwap = (listing: Listing): boolean => listing.product !== "xperp";
const onWire = (listing: Listing): boolean => listing.state !== "gone";
/** A swap that is not open yet has an instrument row and nothing else. */
const quoted = (listing: Listing): boolean => onWire(listing) && listing.state !== "pending";

function fundingRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  return {
    formulaType: "withRate",
    fundingRate: fixed(live.rate, 16),
    fundingTime: String(live.nextAtMs),
    impactValue: "20000.0000000000000000",
    instId: listing.symbol,
    instType: isSwap(listing) ? "SWAP" : "FUTURES",
    interestRate: listing.marks.has("3") ? "0.0000000000000000" : "0.0001000000000000",
    maxFundingRate: trimmed(listing.cap, 8),
    method: "current_period",
    minFundingRate: trimmed(-listing.cap, 8),
    nextFundingRate: "",
    nextFundingTime: String(live.nextAtMs + followingHours(listing) * HOUR_MS),
    premium: fixed(live.mark / live.index - 1, 16),
    prevFundingTime: String(live.previousAtMs),
    settFundingRate: fixed(live.settledRate, 16),
    settState: "settled",
    ts: String(view.stampMs),
  };
}

/** The period after the coming settlement, which may be a shorter one already. */
function followingHours({ intervalHours, marks }: Listing): number {
  return marks.has("shortening") && intervalHours > 1 ? intervalHours / 2 : intervalHours;
}

function markRow(listing: Listing, view: MarketView): WireRow {
  const { mark } = liveNumbers(listing, view.nowMs);
  return {
    instType: "SWAP",
    instId: listing.symbol,
    markPx: trimmed(mark, listing.priceDecimals),
    ts: String(view.stampMs),
  };
}

function openInterestRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const coins = live.openInterest;
  return {
    instId: listing.symbol,
    instType: "SWAP",
    oi: trimmed(coins / listing.contractSize, 2),
    oiCcy: trimmed(coins, 4),
    oiUsd: listing.marks.has("no_oi_usd") ? "" : fixed(coins * live.mark, 4),
    ts: String(view.stampMs),
  };
}

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => trimmed(value, listing.priceDecimals);
  return {
    instType: "SWAP",
    instId: listing.symbol,
    last: price(live.last),
    lastSz: "3.2",
    askPx: price(live.ask),
    askSz: "700.61",
    bidPx: price(live.bid),
    bidSz: "284.29",
    open24h: price(live.dayAgo),
    high24h: price(live.high),
    low24h: price(live.low),
    volCcy24h: trimmed(live.volume, 4),
    vol24h: trimmed(live.volume / listing.contractSize, 2),
    ts: String(view.stampMs),
    sodUtc0: price(live.dayAgo),
    sodUtc8: price(live.dayAgo),
  };
}

function indexRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => trimmed(value, listing.priceDecimals + 1);
  return {
    instId: `${listing.asset.ticker}-USDT`,
    idxPx: price(live.index),
    high24h: price(Math.max(live.index, live.dayAgo) * 1.01),
    sodUtc0: price(live.dayAgo),
    open24h: price(live.dayAgo),
    low24h: price(Math.min(live.index, live.dayAgo) * 0.99),
    sodUtc8: price(live.dayAgo),
    ts: String(view.stampMs),
  };
}

const wrap = (data: readonly WireRow[]): unknown => ({ code: "0", msg: "", data });

/** OKX reports an invalid request with HTTP 200. */
function refused(code: string, msg: string): WireError {
  return wireError(200, { code, data: [], msg });
}

const idOf = ({ query }: Asked): string => query.get("instId") ?? "";

function refusedId(asked: Asked): WireError | null {
  if (idOf(asked) === "") return refused("50014", "Parameter instId can not be empty.");
  return idOf(asked).includes(",") ? refused("51001", "Instrument ID doesn't exist.") : null;
}

const fundingRates: Call = {
  kind: "rates",
  refuse: refusedId,
  has: (row, asked) => quoted(row) && ["ANY", row.symbol].includes(idOf(asked)),
  row: fundingRow,
  wrap: (rows, _view, asked) =>
    rows.length === 0 && idOf(asked) !== "ANY"
      ? {
          code: "51001",
          data: [],
          msg: "Instrument ID, Instrument ID code, or Spread ID doesn't exist.",
        }
      : wrap(rows),
};

function refusedType({ query }: Asked): WireError | null {
  const type = query.get("instType") ?? "";
  if (type === "") return refused("50014", "Parameter instType can not be empty.");
  return type === "SWAP" ? null : refused("51000", "Parameter instType error.");
}

const ofSwaps = (row: RowOf): Call => ({
  kind: "secondary",
  refuse: refusedType,
  has: (each) => isSwap(each) && quoted(each),
  row,
  one: { name: "instId" },
});

const indexTickers: Call = {
  kind: "secondary",
  refuse: ({ query }) =>
    query.get("quoteCcy") === "USDT"
      ? null
      : refused("50014", "Parameter instId or quoteCcy can not be empty."),
  has: (row) => row.quote === "USDT" && quoted(row),
  row: indexRow,
};

/** The newest rows older than `after`; at most 400, of the last three months. */
const pastRates: Call = {
  kind: "history",
  refuse: refusedId,
  has: (row) => isSwap(row) && quoted(row),
  one: { name: "instId" },
  past: (listing, view, { query }) => {
    const keptFromMs = view.nowMs - KEPT_DAYS * 24 * HOUR_MS;
    const { toMs } = rangeOf(query, "before", "after");
    const payments = paymentsOf(listing, view, { fromMs: keptFromMs, toMs });
    return newestOf(payments, countOf(view, query.get("limit"), { usual: 400, max: 400 })).map(
      ({ rate, slotMs }) => ({
        formulaType: "withRate",
        fundingRate: fixed(rate, 16),
        fundingTime: String(slotMs),
        instId: listing.symbol,
        instType: "SWAP",
        method: "current_period",
        realizedRate: fixed(rate, 16),
      }),
    );
  },
};

const CLASS_OF_CATEGORY: readonly (readonly [string, TruthAssetClass])[] = [
  ["3", "stock"],
  ["4", "commodity"],
  ["5", "forex"],
];

function show(listing: Listing, view: MarketView): Shown {
  const row = fundingRow(listing, view);
  const mark = Number(markRow(listing, view)["markPx"]);
  const open = openInterestRow(listing, view);
  const ticker = tickerRow(listing, view);
  const next = Number(row["fundingTime"]);
  return {
    asset_class: CLASS_OF_CATEGORY.find(([code]) => listing.marks.has(code))?.[1] ?? "crypto",
    funding_rate: Number(row["fundingRate"]),
    funding_interval_hours: (next - Number(row["prevFundingTime"])) / HOUR_MS,
    next_funding_time: next / 1000,
    settled_rate: Number(row["settFundingRate"]),
    settled_at: Number(row["prevFundingTime"]) / 1000,
    mark_price: mark,
    index_price: Number(indexRow(listing, view)["idxPx"]),
    volume_24h_usd: Number(ticker["volCcy24h"]) * Number(ticker["last"]),
    open_interest_usd: open["oiUsd"] === "" ? Number(open["oiCcy"]) * mark : Number(open["oiUsd"]),
  };
}

export const okx: ExchangeEncoder = encoderOfCalls({
  id: "okx",
  fields: { rate: "fundingRate", prices: [], symbol: "instId" },
  createListings,
  calls: {
    "/api/v5/public/funding-rate": fundingRates,
    "/api/v5/public/mark-price": ofSwaps(markRow),
    "/api/v5/public/open-interest": ofSwaps(openInterestRow),
    "/api/v5/market/tickers": ofSwaps(tickerRow),
    "/api/v5/public/instruments": {
      ...ofSwaps(swapRow),
      kind: "list",
      has: (row) => isSwap(row) && onWire(row),
    },
    "/api/v5/market/index-tickers": indexTickers,
    "/api/v5/public/funding-rate-history": pastRates,
  },
  wrap,
  notFound: wireError(404, { msg: "Not Found", code: "404" }),
  show,
  historyLimit: { requests: 10, perMs: 2_000 },
  rateLimitBody: { code: "50011", data: [], msg: "Too Many Requests" },
  errorBody: { code: "50013", data: [], msg: "Systems are busy. Please try again later." },
  delistedState: "gone",
  usual: [
    { path: "/api/v5/public/funding-rate?instId=ANY" },
    { path: "/api/v5/public/mark-price?instType=SWAP" },
    { path: "/api/v5/public/open-interest?instType=SWAP" },
    { path: "/api/v5/market/tickers?instType=SWAP" },
    { path: "/api/v5/market/index-tickers?quoteCcy=USDT" },
    { path: "/api/v5/public/instruments?instType=SWAP" },
  ],
});
