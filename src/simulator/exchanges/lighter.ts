import type { Asset, AssetTable } from "../assets.ts";
import { countOf, newestOf, paymentsOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { liveNumbers } from "../market.ts";
import { pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import type { Shown } from "../truth.ts";
import { fixed, rounded } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRow,
  wireError,
} from "../wire.ts";
import { tradfiAssets } from "./asset-groups.ts";
import { type Asked, type Call, encoderOfCalls } from "./calls.ts";

const COINS = 112;
const OTHERS = 48;
const SPOTS = 40;
const DEAD = 14;
/** Ids of spot markets start here. */
const FIRST_SPOT_ID = 2048;
/** A coin cheaper than this is listed by the thousand or not at all. */
const CHEAPEST_USD = 0.0001;
const THOUSANDS = new Set("PEPE SHIB BONK FLOKI TOSHI".split(" "));
const CAP_PER_HOUR = 0.005;
/** Hourly rates are stored in percent with four decimals: steps of one millionth. */
const RATE_STEPS = 1_000_000;
/** The bulk call quotes every exchange per eight hours, including Lighter's hourly charge. */
const QUOTED_HOURS = 8;
/** The exchanges whose rates are relayed besides Lighter's own, and for which share of the markets. */
const RELAYED = [
  ["binance", 0.8],
  ["bybit", 0.75],
  ["hyperliquid", 0.7],
] as const;
const OWN = "lighter";
/** Payments in one reply, at most. */
const PAST_ROWS = 100;
/** Markets without mark and index, like all of them until mid-2026. */
const PRICELESS_SHARE = 0.1;

function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  let perps = 0;
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): void => {
    const thousand = asset.kind === "coin" && THOUSANDS.has(asset.ticker);
    const wireBase = thousand ? `1000${asset.ticker}` : asset.ticker;
    const relays = RELAYED.filter(([name, share]) => roster.draw(wireBase, name) < share);
    const added = roster.add({
      asset,
      wireBase,
      symbol: wireBase,
      multiplier: thousand ? 1000 : 1,
      quote: "USDC",
      settle: "USDC",
      intervalHours: 1,
      cap: CAP_PER_HOUR,
      ...extra,
      marks: [
        `id:${perps}`,
        ...relays.map(([name]) => name),
        ...(roster.draw(wireBase, "priceless") < PRICELESS_SHARE ? ["priceless"] : []),
        ...(extra.marks ?? []),
      ],
    });
    if (added) perps += 1;
  };
  const quotable = assets.byKind.coin.filter(
    ({ ticker, priceUsd }) => THOUSANDS.has(ticker) || priceUsd >= CHEAPEST_USD,
  );
  const coins = pickAssets(roster, quotable, Math.round(COINS * scale));
  const left = quotable.filter((asset) => !coins.includes(asset));
  const dead = left.slice(0, Math.round(DEAD * scale));
  for (const [index, asset] of coins.entries()) {
    add(asset);
    // Ids are assigned once: closed markets keep theirs among the live ones.
    const gone = index % 8 === 7 ? dead.pop() : undefined;
    if (gone) add(gone, { state: "settling", style: "zero" });
  }
  add(assets.litNew);
  for (const asset of tradfiAssets(assets).slice(0, Math.round(OTHERS * scale)))
    add(asset, { marks: ["rwa"] });
  for (const asset of left.slice(DEAD, DEAD + 2))
    add(asset, { state: "halted", marks: ["hidden"] });
  for (const asset of left.slice(DEAD + 2, DEAD + 4))
    add(asset, { state: "halted", marks: ["reduce_only"] });
  for (const [index, asset] of coins.slice(0, Math.round(SPOTS * scale)).entries())
    roster.add({
      asset,
      symbol: `${asset.ticker}/USDC`,
      quote: "USDC",
      settle: "USDC",
      intervalHours: 1,
      product: "other",
      marks: [`id:${FIRST_SPOT_ID + index}`],
    });
}

const onWire = (listing: Listing): boolean => listing.state !== "gone";
const isSpot = (listing: Listing): boolean => listing.product === "other";

function idOf(listing: Listing): number {
  const mark = [...listing.marks].find((text) => text.startsWith("id:"));
  return Number(mark?.slice("id:".length));
}

/** The charge of the hour in whole steps, times eight: with all the floating-point noise of that product. */
function quotedRate(listing: Listing, view: MarketView): number {
  const perHour = Math.trunc(liveNumbers(listing, view.nowMs).rate * RATE_STEPS) / RATE_STEPS;
  return perHour * QUOTED_HOURS;
}

function rateRow(listing: Listing, view: MarketView, exchange: string): WireRow {
  const own = quotedRate(listing, view);
  // What another exchange charges is close but never the same.
  const rate = exchange === OWN ? own : rounded(own * 1.3 + 0.00002, 8);
  return { market_id: idOf(listing), exchange, symbol: listing.symbol, rate };
}

/** A row for each exchange that has the market: neither the first one nor the last one is Lighter's. */
function rateRows(view: MarketView): WireRow[] {
  const perps = view.listings.filter((row) => onWire(row) && !isSpot(row));
  const of = (exchange: string): WireRow[] =>
    perps.filter((row) => row.marks.has(exchange)).map((row) => rateRow(row, view, exchange));
  const own = perps
    .filter((row) => row.state === "live" || row.state === "halted")
    .map((row) => rateRow(row, view, OWN));
  return [...of("binance"), ...own, ...of("bybit"), ...of("hyperliquid")];
}

function bookRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): number => rounded(value, listing.priceDecimals);
  const active = listing.state === "live" || listing.state === "halted";
  const sizeDecimals = Math.max(0, 6 - listing.priceDecimals);
  return {
    symbol: listing.symbol,
    market_id: idOf(listing),
    market_type: isSpot(listing) ? "spot" : "perp",
    base_asset_id: isSpot(listing) ? idOf(listing) - FIRST_SPOT_ID + 1 : 0,
    quote_asset_id: isSpot(listing) ? 3 : 0,
    status: active ? "active" : "inactive",
    taker_fee: "0.0000",
    is_taker_fee_enabled: true,
    maker_fee: "0.0000",
    is_maker_fee_enabled: true,
    liquidation_fee: "1.0000",
    min_base_amount: "0.0050",
    min_quote_amount: "10.000000",
    order_quote_limit: "281474976.710655",
    supported_size_decimals: sizeDecimals,
    supported_price_decimals: listing.priceDecimals,
    supported_quote_decimals: 6,
    size_decimals: sizeDecimals,
    price_decimals: listing.priceDecimals,
    // Sizes are plain base units whatever this says.
    quote_multiplier: listing.key % 9 === 0 ? 100 : 1,
    default_initial_margin_fraction: 500,
    min_initial_margin_fraction: 200,
    maintenance_margin_fraction: 120,
    closeout_margin_fraction: 80,
    last_trade_price: price(live.last),
    ...(listing.marks.has("priceless") || isSpot(listing)
      ? {}
      : {
          mark_price: fixed(live.mark, listing.priceDecimals),
          index_price: fixed(live.index, listing.priceDecimals),
        }),
    daily_trades_count: active ? Math.floor(live.turnoverUsd / 1_100) : 0,
    daily_base_token_volume: active ? rounded(live.volume, 4) : 0,
    daily_quote_token_volume: active ? rounded(live.turnoverUsd, 6) : 0,
    daily_price_low: price(live.low),
    daily_price_high: price(live.high),
    daily_price_change: (live.last / live.dayAgo - 1) * 100,
    open_interest: active ? rounded(live.openInterest, 4) : 0,
    daily_chart: {},
    market_config: {
      market_margin_mode: 0,
      insurance_fund_account_index: 281_474_976_710_655,
      liquidation_mode: 0,
      force_reduce_only: listing.marks.has("reduce_only"),
      trading_hours: listing.marks.has("rwa") ? "MON-FRI 00:00-23:59" : "",
      funding_fee_discounts_enabled: false,
      hidden: listing.marks.has("hidden"),
      rfq_enabled: true,
    },
    strategy_index: 2,
  };
}

const invalid = (param: string): WireError =>
  wireError(400, { code: 20001, message: `invalid param : ${param}` });

const PAST_PARAMS = ["market_id", "resolution", "start_timestamp", "end_timestamp", "count_back"];

function refusedPast({ query }: Asked): WireError | null {
  const missing = PAST_PARAMS.find((name) => !query.get(name));
  if (missing !== undefined) return invalid(missing);
  return query.get("resolution") === "1h" ? null : invalid("resolution");
}

/** The newest hours of a range in seconds, oldest first: percent without a sign, and who pays. */
const pastRates: Call = {
  kind: "history",
  refuse: refusedPast,
  has: (row) => onWire(row) && !isSpot(row),
  one: { name: "market_id", matches: (row, id) => String(idOf(row)) === id },
  past: (listing, view, { query }) => {
    const fromMs = Number(query.get("start_timestamp")) * 1000;
    const toMs = Number(query.get("end_timestamp")) * 1000 + 1;
    const payments = paymentsOf(listing, view, { fromMs, toMs }, 0);
    const count = countOf(view, query.get("count_back"), { usual: PAST_ROWS, max: PAST_ROWS });
    return newestOf(payments, count)
      .toReversed()
      .map(({ slotMs, rate, index }) => ({
        timestamp: slotMs / 1000,
        value: fixed(Math.abs(rate) * index, 8),
        rate: fixed(Math.abs(rate) * 100, 4),
        direction: rate < 0 ? "short" : "long",
      }));
  },
  wrap: (fundings) => ({ code: 200, resolution: "1h", fundings }),
};

function show(listing: Listing, view: MarketView): Shown {
  const book = bookRow(listing, view);
  const mark = book["mark_price"];
  const isPriced = mark !== undefined;
  return {
    funding_rate: Number(rateRow(listing, view, OWN)["rate"]) / QUOTED_HOURS,
    funding_interval_hours: 1,
    next_funding_time: liveNumbers(listing, view.nowMs).nextAtMs / 1000,
    mark_price: isPriced ? Number(mark) : null,
    index_price: isPriced ? Number(book["index_price"]) : null,
    last_price: isPriced ? null : Number(book["last_trade_price"]),
    volume_24h_usd: Number(book["daily_quote_token_volume"]),
    open_interest_usd: Number(book["open_interest"]) * Number(mark ?? book["last_trade_price"]),
  };
}

export const lighter: ExchangeEncoder = encoderOfCalls({
  id: "lighter",
  fields: {
    rate: "rate",
    prices: [],
    // Another exchange's row is another symbol, whatever its name.
    symbol: (row) => (row["exchange"] === OWN ? "" : `${row["exchange"]}:`) + row["symbol"],
  },
  createListings,
  calls: {
    "/api/v1/funding-rates": { kind: "rates", rows: rateRows },
    "/api/v1/orderBookDetails": {
      kind: "list",
      row: bookRow,
      wrap: (rows) => ({
        code: 200,
        order_book_details: rows.filter((row) => row["market_type"] === "perp"),
        spot_order_book_details: rows.filter((row) => row["market_type"] === "spot"),
      }),
      one: {
        name: "market_id",
        unknown: invalid("market_id"),
        matches: (row, id) => String(idOf(row)) === id,
      },
    },
    "/api/v1/fundings": pastRates,
  },
  wrap: (funding_rates) => ({ code: 200, funding_rates }),
  notFound: wireError(404, "404 page not found"),
  show,
  historyLimit: { requests: 60, perMs: 60_000 },
  rateLimitBody: { code: 23000, message: "Too Many Requests!" },
  errorBody: { code: 20001, message: "internal server error" },
  delistedState: "settling",
  exceptions: { frozen_timestamps: "no payload carries a time of its own" },
});
