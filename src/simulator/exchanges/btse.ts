import type { Listing } from "../listing.ts";
import { liveNumbers } from "../market.ts";
import { collectTruth, namesOf, type TrueInstrument, type TruthAssetClass } from "../truth.ts";
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
import { createListings } from "./btse-listings.ts";

const DAY_SECONDS = 86_400;
const INVALID_PARAMETER = 10_010_004;

const onWire = (listing: Listing): boolean => listing.state !== "gone";

function marketType(listing: Listing): "FuturesPerpetual" | "FuturesTimeBased" {
  return listing.product === "dated" ? "FuturesTimeBased" : "FuturesPerpetual";
}

/** The older API writes a contract without its currency. */
function legacySymbol(listing: Listing): string {
  return listing.symbol.replace(/-USDT$/, "");
}

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => trimmed(value, listing.priceDecimals);
  const dated = listing.product === "dated";
  const closeTime = Math.floor(view.stampMs / 1000);
  return {
    symbol: listing.symbol,
    lastPrice: price(live.last),
    openPrice: price(live.dayAgo),
    highPrice: price(Math.max(live.last, live.dayAgo) * 1.01),
    lowPrice: price(Math.min(live.last, live.dayAgo) * 0.99),
    amount: fixed(live.volume / listing.contractSize, 0),
    volume: trimmed(live.turnoverUsd, 6),
    // Seconds here, milliseconds in the time of the settlement.
    openTime: closeTime - DAY_SECONDS,
    closeTime,
    priceChange: price(live.last - live.dayAgo),
    priceChangePercent: trimmed(live.last / live.dayAgo - 1, 3),
    prevClosePrice: price(live.dayAgo * 1.0005),
    bidPrice: price(live.last * 0.9999),
    bidQty: "222000",
    askPrice: price(live.last * 1.0001),
    askQty: "255355",
    openInterest: fixed(live.openInterest / listing.contractSize, 0),
    fundingRate: dated ? "0" : trimmed(live.rate, 8),
    nextFundingTime: dated ? 0 : live.nextAtMs,
    fundingIntervalMinutes: dated ? 0 : listing.intervalHours * 60,
  };
}

function priceRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  return {
    symbol: legacySymbol(listing),
    indexPrice: rounded(live.index, listing.priceDecimals + 4),
    lastPrice: rounded(live.last, listing.priceDecimals),
    markPrice: rounded(live.mark, listing.priceDecimals + 4),
  };
}

function categoryOf(listing: Listing): "CRYPTO" | "STOCK" | "COMMODITIES" {
  switch (listing.asset.kind) {
    case "stock":
    case "pre_ipo":
      return "STOCK";
    case "metal":
    case "commodity":
      return "COMMODITIES";
    case "coin":
    case "basket":
    case "index":
    case "forex":
      return "CRYPTO";
  }
}

function marketRow(listing: Listing): WireRow {
  const tick = trimmed(10 ** -listing.priceDecimals, listing.priceDecimals);
  const { listedAtMs, deliveryAtMs } = listing;
  const dates = {
    contractStartTime: listedAtMs,
    contractEndTime: deliveryAtMs + 30_000,
    matchingStartTime: listedAtMs + 15_000,
    becomeInactiveTime: deliveryAtMs,
  };
  return {
    symbol: listing.symbol,
    type: marketType(listing),
    category: categoryOf(listing),
    tradeCurrency: legacySymbol(listing),
    baseCurrency: listing.wireBase,
    quoteCurrency: listing.quote,
    displayName: listing.base,
    active: listing.state === "live",
    minOrderPrice: tick,
    minPriceIncrement: tick,
    pricePrecision: listing.priceDecimals,
    minOrderSize: "1",
    maxOrderSize: "7500000",
    minSizeIncrement: "1",
    sizePrecision: 0,
    contractSize: trimmed(listing.contractSize, 8),
    availableSettlement: ["USD", "USDT"],
    ...(listing.product === "dated" ? dates : {}),
  };
}

function refused(status: number, code: number, msg: string): WireReply {
  return wireError(status, { code, msg, success: false, time: 0, data: null });
}

const TYPES: readonly unknown[] = ["FuturesPerpetual", "FuturesTimeBased", "Spot"];

/** The market types in a request; null if there are none or invalid ones. */
function typesOf(text: string | null): readonly unknown[] | null {
  try {
    const types: unknown = JSON.parse(text ?? "");
    return Array.isArray(types) && types.length > 0 && types.every((type) => TYPES.includes(type))
      ? types
      : null;
  } catch {
    return null;
  }
}

const success = { code: 1, msg: "Success", success: true } as const;

/** A list of the newer API: by types, or one object for one symbol. */
function byTypes(
  kind: PayloadKind,
  { path, query }: WireRequest,
  row: (listing: Listing, view: MarketView) => WireRow,
  wrap: (rows: readonly WireRow[], view: MarketView) => unknown,
): WireReply {
  const symbol = query.get("symbol");
  const types = typesOf(query.get("types"));
  const invalid = refused(400, INVALID_PARAMETER, "Invalid parameter");
  if (invalid.type === "list" || (types === null && symbol === null)) return invalid;
  const wanted = (each: Listing): boolean =>
    onWire(each) &&
    (symbol === null ? (types ?? []).includes(marketType(each)) : each.symbol === symbol);
  const list = wireList(
    kind,
    `${path}?${String(types)}&${symbol ?? ""}`,
    (view) => view.listings.filter(wanted).map((each) => row(each, view)),
    (rows, view) =>
      symbol === null ? wrap(rows, view) : { data: rows[0], ...success, time: view.stampMs },
  );
  return symbol === null ? list : { ...list, whenEmpty: invalid };
}

function route(request: WireRequest): WireReply {
  if (request.method !== "GET") return refused(405, 10_010_001, "Method Not Allowed");
  switch (request.path) {
    case "/public-api/market/v1/ticker/24hr":
      return byTypes("rates", request, tickerRow, (data, view) => ({
        data,
        ...success,
        time: view.stampMs,
      }));
    case "/public-api/market/v1/markets":
      return byTypes("list", request, marketRow, (symbols) => ({ data: { symbols }, ...success }));
    case "/futures/api/v2.3/price": {
      const symbol = request.query.get("symbol");
      const list = wireList(
        "secondary",
        `price?${symbol ?? ""}`,
        (view) =>
          view.listings
            .filter((row) => onWire(row) && (symbol === null || legacySymbol(row) === symbol))
            .map((row) => priceRow(row, view)),
        (rows) => rows,
      );
      const unknown = wireError(400, { status: 400, errorCode: -2, message: "Invalid symbol" });
      return symbol === null ? list : { ...list, whenEmpty: unknown };
    }
    default:
      return refused(404, 10_010_002, "Not Found");
  }
}

const CLASSES: Readonly<Record<ReturnType<typeof categoryOf>, TruthAssetClass>> = {
  CRYPTO: "crypto",
  STOCK: "stock",
  COMMODITIES: "commodity",
};

function show(listing: Listing, view: MarketView): TrueInstrument {
  const row = tickerRow(listing, view);
  const prices = priceRow(listing, view);
  const mark = Number(prices["markPrice"]);
  const contractSize = Number(marketRow(listing)["contractSize"]);
  return {
    ...namesOf(listing),
    asset_class: CLASSES[categoryOf(listing)],
    funding_rate: Number(row["fundingRate"]),
    funding_interval_hours: Number(row["fundingIntervalMinutes"]) / 60,
    next_funding_time: Number(row["nextFundingTime"]) / 1000,
    mark_price: mark,
    index_price: Number(prices["indexPrice"]),
    volume_24h_usd: Number(row["volume"]),
    open_interest_usd: Number(row["openInterest"]) * contractSize * mark,
  };
}

const typed = (path: string, type: string): { readonly path: string } => ({
  path: `/public-api/market/v1/${path}?types=${encodeURIComponent(`["${type}"]`)}`,
});

export const btse: ExchangeEncoder = {
  id: "btse",
  fields: { rate: "fundingRate", prices: [], symbolOf: (row) => String(row["symbol"]) },
  createListings,
  route,
  rateLimitBody: { status: 429, errorCode: 429, message: "Too many requests" },
  errorBody: { code: 10_010_003, msg: "System error", success: false, time: 0, data: null },
  delistedState: "gone",
  truth: (view) => collectTruth(view.listings, onWire, (row) => show(row, view)),
  usual: [
    typed("ticker/24hr", "FuturesPerpetual"),
    { path: "/futures/api/v2.3/price" },
    typed("markets", "FuturesPerpetual"),
    // A reader that requests all futures gets these as well.
    typed("markets", "FuturesTimeBased"),
  ],
};
