import { accruedHours } from "../accruals.ts";
import { countOf, newestOf, rangeOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { STEP_MS, liveNumbers } from "../market.ts";
import { unit } from "../random.ts";
import type { Shown, TruthAssetClass } from "../truth.ts";
import { rounded } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRow,
  wireError,
} from "../wire.ts";
import { type Asked, type Call, encoderOfCalls } from "./calls.ts";
import { createListings } from "./deribit-listings.ts";

/** A premium within this band around zero costs nothing at the moment. */
const BAND = 0.00025;
/** How often the momentary rate jumps, and how far. */
const JUMP_SHARE = 0.03;
const JUMP = 0.0085;
/** Perpetuals end in the year 3000. */
const NEVER_MS = 32_503_708_800_000;
/** The funding of one coin has four decimals, that of the others eight. */
const COARSE_COIN = "BNB";
/** Hours in one reply, at most. */
const PAST_ROWS = 744;
/** What a call takes, in the envelope's microseconds. */
const TOOK_US = 1_010;

const onWire = (listing: Listing): boolean => listing.state !== "gone";
const isDated = (listing: Listing): boolean => listing.deliveryAtMs > 0;
/** Inverse contracts are listed under another currency, which is not requested for dollar contracts. */
const isInverse = (listing: Listing): boolean => listing.settle !== "USDC";

/** The rate of this instant, per 8 h: the premium beyond its band, and an occasional jump. */
function instantRate(listing: Listing, premium: number, nowMs: number): number {
  const beyond = Math.sign(premium) * Math.max(Math.abs(premium) - BAND, 0);
  const moment = listing.key ^ Math.floor(nowMs / STEP_MS);
  if (unit(moment, 21) >= JUMP_SHARE) return beyond;
  return beyond + JUMP * (2 * unit(moment, 22) - 1);
}

function fundingOf(listing: Listing, view: MarketView): WireRow {
  if (isDated(listing)) return {};
  const live = liveNumbers(listing, view.nowMs);
  const decimals = listing.wireBase === COARSE_COIN ? 4 : 8;
  const instant = instantRate(listing, live.mark / live.index - 1, view.nowMs);
  return {
    current_funding: rounded(instant, decimals),
    funding_8h: rounded(live.rate, decimals),
  };
}

function summaryRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): number => rounded(value, listing.priceDecimals);
  const quiet = listing.marks.has("quiet");
  const turnover = rounded(live.turnoverUsd, 2);
  return {
    volume_usd: turnover,
    volume: rounded(live.volume, 4),
    quote_currency: listing.quote,
    price_change: rounded((live.last / live.dayAgo - 1) * 100, 4),
    open_interest: rounded(
      isInverse(listing) ? live.openInterest * live.mark : live.openInterest,
      4,
    ),
    mid_price: quiet ? null : price(live.last),
    mark_price: rounded(live.mark, listing.priceDecimals + 2),
    low: quiet ? null : price(live.low),
    last: quiet ? null : price(live.last),
    instrument_name: listing.symbol,
    high: quiet ? null : price(live.high),
    ...fundingOf(listing, view),
    estimated_delivery_price: rounded(live.index, listing.priceDecimals),
    creation_timestamp: view.stampMs,
    bid_price: quiet ? null : price(live.bid),
    base_currency: listing.wireBase,
    ask_price: quiet ? null : price(live.ask),
    ...(listing.marks.has("no_notional") ? {} : { volume_notional: turnover }),
  };
}

function underlyingType(listing: Listing): string {
  if (listing.marks.has("etf")) return "equity_etf";
  switch (listing.asset.kind) {
    case "coin":
      return "crypto";
    case "stock":
      return "equity";
    case "index":
    case "basket":
      return "index";
    case "metal":
    case "commodity":
    case "forex":
      return "commodity";
    case "pre_ipo":
      return "pre_ipo";
  }
}

function stateOf(listing: Listing): string {
  if (listing.state === "settling") return "closed";
  return listing.state === "halted" ? "halted" : "open";
}

function instrumentRow(listing: Listing): WireRow {
  const index = `${listing.wireBase.toLowerCase()}_${isInverse(listing) ? "usd" : "usdc"}`;
  const type = isInverse(listing) ? "reversed" : "linear";
  return {
    price_index: index,
    kind: "future",
    instrument_name: listing.symbol,
    max_leverage: 50,
    maker_commission: 0,
    taker_commission: 0.0005,
    instrument_type: type,
    expiration_timestamp: isDated(listing) ? listing.deliveryAtMs : NEVER_MS,
    creation_timestamp: listing.listedAtMs,
    is_active: listing.state !== "settling",
    state: stateOf(listing),
    underlying_type: underlyingType(listing),
    tick_size: Number((10 ** -listing.priceDecimals).toPrecision(1)),
    contract_size: listing.contractSize,
    instrument_id: 100_000 + (listing.key % 400_000),
    min_trade_amount: listing.contractSize,
    future_type: type,
    max_liquidation_commission: 0.0075,
    block_trade_commission: 0.00025,
    block_trade_min_trade_amount: 200_000,
    block_trade_tick_size: 0.01,
    settlement_currency: listing.settle,
    settlement_period: isDated(listing) ? "month" : "perpetual",
    base_currency: listing.wireBase,
    counter_currency: listing.quote,
    quote_currency: listing.quote,
    tick_size_steps: [],
  };
}

function wrap(result: readonly WireRow[], { stampMs }: MarketView): unknown {
  const usIn = stampMs * 1000;
  return {
    jsonrpc: "2.0",
    result,
    usIn,
    usOut: usIn + TOOK_US,
    usDiff: TOOK_US,
    testnet: false,
  };
}

function refused(status: number, code: number, message: string, data?: WireRow): WireError {
  const error = data === undefined ? { code, message } : { code, message, data };
  return wireError(status, { jsonrpc: "2.0", error, testnet: false });
}

const CURRENCIES = new Set("BTC ETH USDC USDT EURR".split(" "));

/** The list takes one of the currencies or "any", the summary one of them. */
function refusedCurrency({ query }: Asked, others: readonly string[] = []): WireError | null {
  const currency = query.get("currency") ?? "";
  if (CURRENCIES.has(currency) || others.includes(currency)) return null;
  return refused(400, -32_602, "Invalid params", { reason: "wrong value", param: "currency" });
}

function isAskedFor(listing: Listing, { query }: Asked): boolean {
  const currency = query.get("currency");
  return (
    onWire(listing) &&
    (query.get("kind") ?? "future") === "future" &&
    (currency === "any" || listing.settle === currency)
  );
}

/** Whole milliseconds, in a call where both are mandatory. */
function refusedRange({ query }: Asked): WireError | null {
  for (const param of ["instrument_name", "start_timestamp", "end_timestamp"])
    if (!query.get(param))
      return refused(400, -32_602, "Invalid params", { reason: "missing", param });
  return null;
}

/** The newest hours of a range, oldest first. */
const pastHours: Call = {
  kind: "history",
  refuse: refusedRange,
  has: (row) => onWire(row) && !isDated(row),
  one: { name: "instrument_name" },
  past: (listing, view, { query }) => {
    const { fromMs, toMs } = rangeOf(query, "start_timestamp", "end_timestamp");
    const hours = accruedHours(listing, view, { fromMs, toMs: toMs + 1 });
    const kept = hours.filter(({ endMs }) => !listing.holes.has(endMs));
    const count = countOf(view, null, { usual: PAST_ROWS, max: PAST_ROWS });
    return newestOf(kept, count)
      .toReversed()
      .map(({ endMs, fraction, index, indexBefore }) => ({
        timestamp: endMs,
        index_price: rounded(index, listing.priceDecimals),
        prev_index_price: rounded(indexBefore, listing.priceDecimals),
        interest_8h: fraction * 8,
        interest_1h: fraction,
      }));
  },
};

const CLASSES: Readonly<Record<string, TruthAssetClass>> = {
  crypto: "crypto",
  equity: "stock",
  equity_etf: "etf",
  commodity: "commodity",
  index: "index",
};

function show(listing: Listing, view: MarketView): Shown {
  const row = summaryRow(listing, view);
  const mark = Number(row["mark_price"]);
  return {
    accrual: "continuous",
    asset_class: CLASSES[underlyingType(listing)] ?? null,
    funding_rate: Number(row["funding_8h"]),
    instant_rate: Number(row["current_funding"]),
    funding_interval_hours: 8,
    next_funding_time: null,
    mark_price: mark,
    index_price: Number(row["estimated_delivery_price"]),
    volume_24h_usd: Number(row["volume_notional"] ?? row["volume_usd"]),
    open_interest_usd: Number(row["open_interest"]) * mark,
  };
}

export const deribit: ExchangeEncoder = encoderOfCalls({
  id: "deribit",
  fields: {
    rate: "funding_8h",
    prices: ["mark_price", "estimated_delivery_price"],
    symbol: "instrument_name",
  },
  createListings,
  calls: {
    "/api/v2/public/get_book_summary_by_currency": {
      kind: "rates",
      refuse: (asked) => refusedCurrency(asked),
      has: isAskedFor,
      row: summaryRow,
    },
    "/api/v2/public/get_instruments": {
      kind: "list",
      refuse: (asked) => refusedCurrency(asked, ["any"]),
      has: isAskedFor,
      row: instrumentRow,
    },
    "/api/v2/public/get_funding_rate_history": pastHours,
  },
  wrap,
  notFound: refused(404, -32_601, "Method not found"),
  onWire: (row) => onWire(row) && !isInverse(row),
  show,
  historyLimit: { requests: 20, perMs: 1_000 },
  rateLimitBody: { jsonrpc: "2.0", error: { code: 10_028, message: "too_many_requests" } },
  errorBody: { jsonrpc: "2.0", error: { code: 11_098, message: "service_unavailable" } },
  delistedState: "gone",
  usual: [
    { path: "/api/v2/public/get_book_summary_by_currency?currency=USDC&kind=future" },
    { path: "/api/v2/public/get_instruments?currency=USDC&kind=future&expired=false" },
  ],
});
