import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers } from "../market.ts";
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
import {
  contractRow,
  createListings,
  exchangeInfo,
  isContract,
  isSpot,
} from "./hashkey-contracts.ts";
import { oneInstrument } from "./one-instrument.ts";
import { reasonsByMark } from "./skip-marks.ts";

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
    h: price(Math.max(live.last, live.dayAgo) * 1.01),
    l: price(Math.min(live.last, live.dayAgo) * 0.99),
    o: price(live.dayAgo),
    b: price(live.last * 0.9999),
    a: price(live.last * 1.0001),
    v: fixed(live.volume / listing.contractSize, 0),
    qv: trimmed(live.turnoverUsd, 4),
  };
}

/** The key of an index: the coin and the dollar, never the contract's symbol. */
const indexKeyOf = (listing: Listing): string => `${listing.wireBase}USDT`;
const indexText = (listing: Listing, view: MarketView): string =>
  fixed(liveNumbers(listing, view.nowMs).index, listing.priceDecimals + 2);

function indexReply(symbol: string | null): WireReply {
  return wireList(
    "secondary",
    `index?${symbol ?? ""}`,
    (view) => {
      const seen = new Map<string, string>();
      for (const row of view.listings) {
        const key = indexKeyOf(row);
        if (!seen.has(key) && (symbol ?? key) === key) seen.set(key, indexText(row, view));
      }
      return [...seen].map(([key, price]) => ({ key, price }));
    },
    (rows) => {
      const index = Object.fromEntries(rows.map(({ key, price }) => [String(key), price]));
      return { index, edp: index };
    },
  );
}

function route({ path, query }: WireRequest): WireReply {
  const symbol = query.get("symbol");
  const unknownSymbol = wireError(400, { code: -100_011, msg: "Not supported symbols" });
  switch (path) {
    case "/api/v1/exchangeInfo":
      return wireList(
        "list",
        "info",
        (view) => view.listings.filter(isContract).map(contractRow),
        exchangeInfo,
      );
    case "/api/v1/futures/fundingRate":
      if (!/^\d{13}$/.test(query.get("timestamp") ?? "")) {
        return wireError(400, {
          code: "0001",
          msg: "Required field timestamp missing or invalid.",
        });
      }
      return {
        ...wireList(
          "rates",
          `funding?${symbol ?? ""}`,
          (view) =>
            view.listings
              .filter((row) => isContract(row) && (symbol === null || row.symbol === symbol))
              .map((row) => fundingRow(row, view)),
          (rows) => rows,
        ),
        whenEmpty: wireError(400, {
          code: "-1130",
          msg: "Data sent for parameter symbol is not valid.",
        }),
      };
    case "/quote/v1/index":
      return indexReply(symbol);
    case "/quote/v1/markPrice":
      // Any contract that ever existed has a mark; an unknown one gets an empty body.
      return oneInstrument({
        kind: "secondary",
        key: `mark?${symbol ?? ""}`,
        wanted: (listing) => listing.symbol === symbol && !isSpot(listing),
        row: markRow,
        wrap: (row) => row,
        unknown: symbol === null ? unknownSymbol : wireError(200, ""),
      });
    case "/quote/v1/ticker/24hr":
      return {
        ...wireList(
          "secondary",
          `ticker?${symbol ?? ""}`,
          (view) =>
            view.listings
              .filter((row) => (symbol === null ? isSpot(row) : row.symbol === symbol))
              .map((row) => tickerRow(row, view)),
          (rows) => rows,
        ),
        whenEmpty: unknownSymbol,
      };
    default:
      return wireError(404, "<!DOCTYPE html><html><body>404 Not Found</body></html>");
  }
}

function show(listing: Listing, view: MarketView): TrueInstrument {
  return {
    ...namesOf(listing),
    funding_rate: Number(fundingRow(listing, view)["rate"]),
    funding_interval_hours: 8,
    next_funding_time: (Math.floor(view.nowMs / (8 * HOUR_MS)) + 1) * 8 * 3600,
    mark_price: Number(markRow(listing, view)["price"]),
    index_price: Number(indexText(listing, view)),
    volume_24h_usd: Number(tickerRow(listing, view)["qv"]),
  };
}

/** Any time of thirteen digits is accepted. */
const TIMESTAMP = 1_793_620_000_000;
const CONTRACTS = ["BTCUSDT-PERPETUAL", "ETHUSDT-PERPETUAL"];

export const hashkey: ExchangeEncoder = {
  id: "hashkey",
  fields: { rate: "rate", prices: [], symbolOf: (row) => String(row["symbol"]) },
  createListings,
  route,
  rateLimitBody: { code: "0010", msg: "Too many requests" },
  errorBody: { code: "-1000", msg: "An unknown error occurred while processing the request." },
  delistedState: "halted",
  exceptions: { frozen_timestamps: "no payload of rates carries a time of its own" },
  truth: (view) => {
    const known = collectTruth(
      view.listings,
      (row) => row.state !== "gone",
      (row) => show(row, view),
    );
    return reasonsByMark(known, view.listings, ["spot", "foreign_settle"]);
  },
  usual: [
    { path: `/api/v1/futures/fundingRate?timestamp=${TIMESTAMP}` },
    { path: "/quote/v1/index" },
    ...CONTRACTS.map((symbol) => ({ path: `/quote/v1/markPrice?symbol=${symbol}` })),
    ...CONTRACTS.map((symbol) => ({ path: `/quote/v1/ticker/24hr?symbol=${symbol}` })),
    { path: "/api/v1/exchangeInfo" },
  ],
};
