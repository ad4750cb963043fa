import { countOf, newestOf, paymentsOf, WHOLE_PAST } from "../history.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers, nextHourSeconds } from "../market.ts";
import type { Shown } from "../truth.ts";
import { fixed, trimmed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRow,
  wireError,
} from "../wire.ts";
import { type Asked, type Call, encoderOfCalls } from "./calls.ts";
import {
  contractRow,
  createListings,
  exchangeInfo,
  isContract,
  isSpot,
} from "./hashkey-contracts.ts";

function fundingRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  return {
    symbol: listing.symbol,
    rate: trimmed(live.rate, 7),
    nextSettleTime: String(live.nextAtMs),
  };
}

function markRow(listing: Listing, view: MarketView): WireRow {
  const price = fixed(liveNumbers(listing, view.nowMs).mark, listing.priceDecimals);
  return { exchangeId: 301, symbolId: listing.symbol, price, time: String(view.nowMs) };
}

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => fixed(value, listing.priceDecimals);
  return {
    t: view.nowMs,
    s: listing.symbol,
    c: price(live.last),
    h: price(live.high),
    l: price(live.low),
    o: price(live.dayAgo),
    b: price(live.bid),
    a: price(live.ask),
    v: fixed(live.volume / listing.contractSize, 0),
    qv: trimmed(live.turnoverUsd, 4),
  };
}

/** The key of an index: the coin and the dollar, never the contract's symbol. */
const indexKeyOf = (listing: Listing): string => `${listing.wireBase}USDT`;
const indexText = (listing: Listing, view: MarketView): string =>
  fixed(liveNumbers(listing, view.nowMs).index, listing.priceDecimals + 2);

/** One price for each coin, in the order of its first contract. */
function indexRows(view: MarketView, { query }: Asked): readonly WireRow[] {
  const symbol = query.get("symbol");
  const prices = new Map<string, string>();
  for (const row of view.listings) {
    const key = indexKeyOf(row);
    if (!prices.has(key) && (symbol ?? key) === key) prices.set(key, indexText(row, view));
  }
  return [...prices].map(([key, price]) => ({ key, price }));
}

function wrapIndex(rows: readonly WireRow[]): unknown {
  const index = Object.fromEntries(rows.map(({ key, price }) => [String(key), price]));
  return { index, edp: index };
}

function refusedTime({ query }: Asked): WireError | null {
  return /^\d{13}$/.test(query.get("timestamp") ?? "")
    ? null
    : wireError(400, { code: "0001", msg: "Required field timestamp missing or invalid." });
}

const unknownSymbol = wireError(400, { code: -100_011, msg: "Not supported symbols" });
const invalidSymbol = wireError(400, {
  code: "-1130",
  msg: "Data sent for parameter symbol is not valid.",
});

/** The newest rows; no parameter for older ones is known. */
const pastRates: Call = {
  kind: "history",
  refuse: refusedTime,
  has: isContract,
  one: { name: "symbol", missing: invalidSymbol },
  past: (listing, view, { query }) => {
    const count = countOf(view, query.get("limit"), { usual: 100, max: 100 });
    return newestOf(paymentsOf(listing, view, WHOLE_PAST), count).map(({ rate, slotMs }) => ({
      id: String(slotMs / HOUR_MS),
      symbol: listing.symbol,
      settleTime: String(slotMs),
      settleRate: trimmed(rate, 7),
    }));
  },
};

function show(listing: Listing, view: MarketView): Shown {
  return {
    funding_rate: Number(fundingRow(listing, view)["rate"]),
    funding_interval_hours: 8,
    next_funding_time: nextHourSeconds(view.nowMs, 8),
    mark_price: Number(markRow(listing, view)["price"]),
    index_price: Number(indexText(listing, view)),
    volume_24h_usd: Number(tickerRow(listing, view)["qv"]),
  };
}

/** Any time of thirteen digits is accepted. */
const TIMESTAMP = 1_793_620_000_000;
const CONTRACTS = ["BTCUSDT-PERPETUAL", "ETHUSDT-PERPETUAL"];

export const hashkey: ExchangeEncoder = encoderOfCalls({
  id: "hashkey",
  fields: { rate: "rate", prices: [], symbol: "symbol" },
  createListings,
  calls: {
    "/api/v1/exchangeInfo": {
      kind: "list",
      has: isContract,
      row: contractRow,
      wrap: exchangeInfo,
    },
    "/api/v1/futures/fundingRate": {
      kind: "rates",
      refuse: refusedTime,
      has: isContract,
      row: fundingRow,
      one: { name: "symbol", unknown: invalidSymbol },
    },
    "/api/v1/futures/historyFundingRate": pastRates,
    "/quote/v1/index": { kind: "secondary", rows: indexRows, wrap: wrapIndex },
    // Any contract that ever existed has a mark; an unknown one gets an empty body.
    "/quote/v1/markPrice": {
      kind: "secondary",
      has: (row) => !isSpot(row),
      row: markRow,
      one: {
        name: "symbol",
        unknown: wireError(200, ""),
        missing: unknownSymbol,
        wrap: (row) => row,
        inTurn: true,
      },
    },
    "/quote/v1/ticker/24hr": {
      kind: "secondary",
      has: (row, { symbol }) => symbol !== null || isSpot(row),
      row: tickerRow,
      one: { name: "symbol", unknown: unknownSymbol },
    },
  },
  notFound: wireError(404, "<!DOCTYPE html><html><body>404 Not Found</body></html>"),
  skipMarks: ["spot", "foreign_settle"],
  show,
  // Not published: that of signed calls.
  historyLimit: { requests: 2, perMs: 1000 },
  rateLimitBody: { code: "0010", msg: "Too many requests" },
  errorBody: { code: "-1000", msg: "An unknown error occurred while processing the request." },
  delistedState: "halted",
  exceptions: { frozen_timestamps: "no payload of rates carries a time of its own" },
  usual: [
    { path: `/api/v1/futures/fundingRate?timestamp=${TIMESTAMP}` },
    { path: "/quote/v1/index" },
    ...CONTRACTS.map((symbol) => ({ path: `/quote/v1/markPrice?symbol=${symbol}` })),
    ...CONTRACTS.map((symbol) => ({ path: `/quote/v1/ticker/24hr?symbol=${symbol}` })),
    { path: "/api/v1/exchangeInfo" },
  ],
});
