import { countOf, pageOf, type Payment, paymentsOf, rangeOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers } from "../market.ts";
import type { Shown } from "../truth.ts";
import { fixed, rounded } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRow,
  wireError,
} from "../wire.ts";
import { bodyField } from "./call-paths.ts";
import { type Asked, type Call, encoderOfCalls } from "./calls.ts";
import { BROKERS, createListings } from "./orderly-listings.ts";

const RATE_DECIMALS = 8;

/** The broker that listed a market; null for the network's own ones. */
const brokerOf = (listing: Listing): string | null =>
  BROKERS.find((broker) => listing.marks.has(broker)) ?? null;
/** What the list and the statistics say about a market. */
const statusOf = (listing: Listing): WireRow => ({
  display_symbol_name: listing.wireBase,
  broker_id: brokerOf(listing),
  status: listing.state === "halted" ? "SUSPENDED" : "ACTIVE",
  is_pretge: listing.state === "pre_market",
});

const isListed = (listing: Listing): boolean =>
  ["live", "halted", "pre_market"].includes(listing.state);
const hasPrices = (listing: Listing): boolean => !listing.marks.has("no_prices");

/** The fields common to all three forms of the statistics; the rates have eight decimals. */
function numbersOf(listing: Listing, view: MarketView): NumbersRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): number => rounded(value, listing.priceDecimals);
  const known = hasPrices(listing);
  return {
    index_price: known ? price(live.index) : null,
    mark_price: known ? price(live.mark) : null,
    est_funding_rate: known ? rounded(live.rate, RATE_DECIMALS) : null,
    last_funding_rate: rounded(live.settledRate, RATE_DECIMALS),
    last_funding_rate_timestamp: live.previousAtMs,
    next_funding_time: live.nextAtMs,
    open_interest: known ? rounded(live.openInterest, 5) : 0,
    "24h_open": price(live.dayAgo),
    "24h_close": price(live.last),
    "24h_high": price(live.high),
    "24h_low": price(live.low),
    "24h_volume": known ? rounded(live.volume, 4) : 0,
    "24h_amount": known ? rounded(live.turnoverUsd, 6) : 0,
  };
}

type NumbersRow = Readonly<Record<string, number | null>>;

/** A growing amount of money per unit, easily mistaken for a rate. */
function summedFunding(listing: Listing, view: MarketView): number {
  const { index } = liveNumbers(listing, view.nowMs);
  return rounded(index * 0.41, Math.max(1, listing.priceDecimals));
}

function futuresRow(listing: Listing, view: MarketView): WireRow {
  const { last_funding_rate_timestamp: _at, ...numbers } = numbersOf(listing, view);
  return {
    symbol: listing.symbol,
    ...statusOf(listing),
    ...numbers,
    sum_unitary_funding: summedFunding(listing, view),
  };
}

function ratesRow(listing: Listing, view: MarketView): WireRow {
  const numbers = numbersOf(listing, view);
  return {
    symbol: listing.symbol,
    est_funding_rate: numbers["est_funding_rate"],
    est_funding_rate_timestamp: view.nowMs,
    last_funding_rate: numbers["last_funding_rate"],
    last_funding_rate_timestamp: numbers["last_funding_rate_timestamp"],
    next_funding_time: numbers["next_funding_time"],
    sum_unitary_funding: summedFunding(listing, view),
  };
}

/** The newest form: every number is a string, except the time. */
function summaryRow(listing: Listing, view: MarketView): WireRow {
  const numbers = Object.entries(futuresRow(listing, view)).map(([key, value]) => {
    if (typeof value !== "number" || key === "next_funding_time") return [key, value];
    return [key, fixed(value, Math.max(RATE_DECIMALS, listing.priceDecimals))];
  });
  const { last } = liveNumbers(listing, view.nowMs);
  return {
    ...Object.fromEntries(numbers),
    bid_price: fixed(last * 0.9999, listing.priceDecimals),
    ask_price: fixed(last * 1.0001, listing.priceDecimals),
    max_leverage: "50",
    min_notional: "10.00000000",
  };
}

function infoRow(listing: Listing): WireRow {
  const tick = rounded(10 ** -listing.priceDecimals, listing.priceDecimals);
  return {
    symbol: listing.symbol,
    ...statusOf(listing),
    quote_min: 0,
    quote_max: 1_000_000,
    quote_tick: tick,
    base_min: 0.001,
    base_max: 100_000,
    base_tick: 0.001,
    min_notional: 10,
    price_range: 0.05,
    price_scope: 0.4,
    std_liquidation_fee: 0.03,
    liquidator_fee: 0.015,
    claim_insurance_fund_discount: 0.0075,
    funding_period: listing.intervalHours,
    cap_funding: listing.cap,
    floor_funding: -listing.cap,
    interest_rate: 0.0001,
    created_time: listing.listedAtMs,
    updated_time: listing.listedAtMs + 1_205_860_642,
    base_mmr: 0.025,
    base_imr: 0.05,
    imr_factor: 0.0002512,
    liquidation_tier: 1,
  };
}

/** The size of a history's page, of which 25 were seen as well as 500. */
const pageSize = (view: MarketView, { query }: Asked): number =>
  countOf(view, query.get("size"), { usual: 60, max: 500 });

function pastRow(symbol: string, payment: Payment): WireRow {
  return {
    symbol,
    funding_rate: rounded(payment.rate, RATE_DECIMALS),
    funding_rate_timestamp: payment.slotMs,
    next_funding_time: payment.slotMs + payment.intervalHours * HOUR_MS,
  };
}

/** Numbered pages of a range with inclusive bounds, newest first; the meta data count all of it. */
const pastRates: Call = {
  kind: "history",
  one: { name: "symbol", missing: refused(400, -1005, "missing field: symbol") },
  past: (listing, view, asked) =>
    pageOf(inRange(listing, view, asked), pageSize(view, asked), asked.query.get("page")).map(
      (payment) => pastRow(listing.symbol, payment),
    ),
  wrap: (rows, view, asked) => {
    const listing = view.listings.find(({ symbol }) => symbol === asked.symbol);
    return {
      success: true,
      data: {
        rows,
        meta: {
          total: listing === undefined ? 0 : inRange(listing, view, asked).length,
          records_per_page: pageSize(view, asked),
          current_page: Number(asked.query.get("page") ?? 1),
        },
      },
      timestamp: view.stampMs,
    };
  },
};

function inRange(listing: Listing, view: MarketView, { query }: Asked): Payment[] {
  const { fromMs, toMs } = rangeOf(query, "start_t", "end_t");
  return paymentsOf(listing, view, { fromMs, toMs: toMs + 1 });
}

function refused(status: number, code: number, message: string): WireError {
  return wireError(status, { success: false, code, message });
}

/** The envelope's time is when the rows were built: their only timestamp. */
const wrap = (rows: readonly WireRow[], view: MarketView): unknown => ({
  success: true,
  timestamp: view.stampMs,
  data: { rows },
});

function refusedQuery({ body }: Asked): WireError | null {
  const type = bodyField(body, "type");
  if (type === undefined) return refused(400, -1005, "missing field: type");
  return type === "marketSummary" ? null : refused(400, -1005, "unknown type");
}

const summary = (markets: readonly WireRow[], view: MarketView): unknown => ({
  success: true,
  data: {
    total_24h_volume: fixed(sumOf(markets, "24h_amount"), 5),
    total_open_interest: fixed(sumOf(markets, "open_interest"), 5),
    markets,
  },
  ts: view.stampMs,
});

function sumOf(rows: readonly WireRow[], field: string): number {
  return rows.reduce((sum, row) => sum + Number(row[field]), 0);
}

function show(listing: Listing, view: MarketView): Shown {
  const row = numbersOf(listing, view);
  const mark = Number(row["mark_price"]);
  return {
    funding_rate: Number(row["est_funding_rate"]),
    funding_interval_hours: listing.intervalHours,
    next_funding_time: Number(row["next_funding_time"]) / 1000,
    settled_rate: Number(row["last_funding_rate"]),
    settled_at: Number(row["last_funding_rate_timestamp"]) / 1000,
    mark_price: mark,
    index_price: Number(row["index_price"]),
    volume_24h_usd: Number(row["24h_amount"]),
    open_interest_usd: Number(row["open_interest"]) * mark,
  };
}

export const orderly: ExchangeEncoder = encoderOfCalls({
  id: "orderly",
  fields: { rate: "est_funding_rate", prices: ["mark_price", "index_price"], symbol: "symbol" },
  createListings,
  // The paths of single symbols return only the row; only the lists are implemented here.
  calls: {
    "/v1/public/futures": { kind: "rates", row: futuresRow },
    "/v1/public/info": { kind: "list", has: isListed, row: infoRow },
    "/v1/public/funding_rates": { kind: "secondary", row: ratesRow },
    "/v1/public/funding_rate_history": pastRates,
    "/v1/public/query": {
      kind: "rates",
      method: "POST",
      refuse: refusedQuery,
      has: isListed,
      row: summaryRow,
      wrap: summary,
    },
  },
  wrap,
  notFound: refused(404, -1006, "the requested resource is not found"),
  wrongMethod: refused(405, -1000, "method not allowed"),
  usual: ["futures", "info", "funding_rates"].map((name) => ({ path: `/v1/public/${name}` })),
  show,
  historyLimit: { requests: 10, perMs: 1000 },
  rateLimitBody: { success: false, code: -1003, message: "Rate limit exceeded." },
  errorBody: { success: false, code: -1011, message: "The system is under maintenance." },
  delistedState: "settling",
});
