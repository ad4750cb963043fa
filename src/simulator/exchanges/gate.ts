import type { Asset, AssetTable } from "../assets.ts";
import type { Listing } from "../listing.ts";
import { type LiveNumbers, liveNumbers } from "../market.ts";
import { drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import type { Shown, TruthAssetClass } from "../truth.ts";
import { tickText, trimmed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireRow,
  wireError,
} from "../wire.ts";
import { tradfiAssets } from "./asset-groups.ts";
import { type Asked, type Call, encoderOfCalls } from "./calls.ts";
import { pastRates } from "./gate-history.ts";

const COINS = 562;
const OTHERS = 396;
const USD1_COINS = 9;
const PRE_MARKET = 11;
const DEAD = 8;
const MAX_LIMIT = 100;
/** For about one minute after a settlement the reply still shows the rate just charged. */
const SETTLING_MS = 60_000;
const HOURS = [
  [4, 0.388],
  [1, 0.008],
  [2, 0.002],
  [8, 0.602],
] as const;
const TYPE_OF_KIND = {
  coin: "",
  basket: "",
  stock: "stocks",
  index: "indices",
  metal: "metals",
  commodity: "commodities",
  forex: "forex",
  pre_ipo: "",
} as const;

function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, settle: string, extra: Partial<ListingPlan> = {}): boolean => {
    const symbol = extra.symbol ?? `${asset.ticker}_${settle}`;
    // Contracts are worth about ten dollars; one in five is a single coin.
    const sized = 10 ** Math.round(Math.log10(8 / asset.priceUsd));
    const contractSize = roster.draw(symbol, "size") < 0.2 ? 1 : Math.min(sized, 10_000_000_000);
    const marks = roster.draw(symbol, "decimal") < 0.015 ? ["decimal"] : [];
    const intervalHours = drawHours(roster, symbol, HOURS);
    return roster.add({
      asset,
      quote: settle,
      settle,
      intervalHours,
      contractSize,
      marks,
      ...extra,
      symbol,
    });
  };
  const coins = pickAssets(roster, assets.byKind.coin, Math.round(COINS * scale));
  for (const asset of coins) add(asset, "USDT");
  add(assets.litOld, "USDT");
  for (const { asset } of assets.chinese) add(asset, "USDT");
  let others = 0;
  for (const asset of tradfiAssets(assets)) {
    if (others >= Math.round(OTHERS * scale)) break;
    if (add(asset, "USDT")) others += 1;
  }
  for (const asset of assets.byKind.pre_ipo.slice(0, PRE_MARKET)) {
    add(asset, "USDT", { state: "pre_market", style: "zero", cap: 0.000001, intervalHours: 8 });
  }
  const dead = assets.byKind.coin.filter((asset) => !coins.includes(asset));
  for (const [index, asset] of dead.slice(0, DEAD).entries()) {
    add(asset, "USDT", { state: index < 5 ? "settling" : "halted", style: "baseline" });
  }
  for (const asset of coins.slice(0, Math.round(USD1_COINS * scale))) add(asset, "USD1");
}

const onWire = (listing: Listing): boolean => listing.state !== "gone";

function isSettling(live: LiveNumbers, nowMs: number): boolean {
  return nowMs - live.previousAtMs < SETTLING_MS;
}

function statusOf(listing: Listing): string {
  if (listing.state === "settling") return "delisting";
  return listing.state === "halted" ? "circuit_breaker" : "trading";
}

/** A contracts row. With `decimals` (X-Gate-Size-Decimal: 1) sizes are strings. */
function contractRow(listing: Listing, view: MarketView, decimals: boolean): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => trimmed(value, listing.priceDecimals);
  const tick = tickText(listing.priceDecimals);
  const rate = trimmed(isSettling(live, view.nowMs) ? live.settledRate : live.rate, 6);
  const size = Math.max(1, Math.round(live.openInterest / listing.contractSize));
  const cut = (value: number): number | string => {
    if (!decimals) return value;
    return listing.marks.has("decimal") ? `${value}.0` : String(value);
  };
  return {
    funding_rate_indicative: rate,
    mark_price_round: tick,
    funding_offset: 0,
    in_delisting: listing.state === "settling",
    risk_limit_base: "5000",
    interest_rate: listing.asset.kind === "coin" ? "0.0003" : "0",
    index_price: price(live.index),
    order_price_round: tick,
    order_size_min: cut(1),
    enable_decimal: listing.marks.has("decimal"),
    ref_rebate_rate: "0.2",
    name: listing.symbol,
    ref_discount_rate: "0",
    order_price_deviate: "0.15",
    maintenance_rate: "0.01",
    mark_type: "index",
    funding_interval: listing.intervalHours * 3600,
    type: "direct",
    risk_limit_step: "2495000",
    enable_bonus: true,
    enable_credit: true,
    leverage_min: "1",
    funding_rate: rate,
    last_price: price(live.last),
    mark_price: price(live.mark),
    order_size_max: cut(1_000_000),
    funding_next_apply: live.nextAtMs / 1000,
    short_users: 20 + (listing.key % 400),
    config_change_time: Math.floor(listing.listedAtMs / 1000),
    create_time: Math.floor(listing.listedAtMs / 1000),
    trade_size: cut(Math.round((live.volume / listing.contractSize) * 300)),
    position_size: cut(size),
    long_users: 30 + (listing.key % 900),
    quanto_multiplier: trimmed(listing.contractSize, 8),
    funding_impact_value: "7000",
    leverage_max: "50",
    cross_leverage_default: "10",
    risk_limit_max: "2500000",
    maker_fee_rate: "-0.0001",
    taker_fee_rate: "0.00075",
    orders_limit: 100,
    trade_id: 10_000_000 + (listing.key % 1_000_000),
    orderbook_id: 1_203_922_859,
    funding_cap_ratio: "1",
    voucher_leverage: "0",
    is_pre_market: listing.state === "pre_market",
    status: statusOf(listing),
    launch_time: Math.floor(listing.listedAtMs / 1000),
    enable_circuit_breaker: false,
    funding_rate_limit: trimmed(listing.cap, 6),
    market_order_slip_ratio: "0.04",
    market_order_size_max: "300000",
    contract_type: TYPE_OF_KIND[listing.asset.kind],
  };
}

function tickerRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => trimmed(value, listing.priceDecimals);
  const row = contractRow(listing, view, false);
  const contracts = live.volume / listing.contractSize;
  return {
    contract: listing.symbol,
    last: price(live.last),
    low_24h: price(live.low),
    high_24h: price(live.high),
    change_percentage: trimmed((live.last / live.dayAgo - 1) * 100, 2),
    change_price: price(live.last - live.dayAgo),
    volume_24h: String(Math.round(contracts)),
    volume_24h_base: String(Math.round(live.volume)),
    volume_24h_quote: String(Math.round(live.turnoverUsd)),
    volume_24h_settle: String(Math.round(live.turnoverUsd)),
    volume_24h_usd: String(Math.round(live.turnoverUsd)),
    volume_24h_btc: "0",
    funding_rate: row["funding_rate"],
    funding_rate_indicative: row["funding_rate"],
    mark_price: row["mark_price"],
    index_price: row["index_price"],
    // Both sides: the trap is to use this as open interest.
    total_size: String(2 * Number(row["position_size"])),
    quanto_multiplier: row["quanto_multiplier"],
    highest_bid: price(live.bid),
    highest_size: "85193",
    lowest_ask: price(live.ask),
    lowest_size: "2",
    quanto_base_rate: "",
    price_type: "last",
  };
}

/** Sizes have decimals for a reader that sends 1. */
const DECIMAL_HEADER = "x-gate-size-decimal";

function refused(status: number, label: string, message: string): WireError {
  return wireError(status, { label, message });
}

const limitOf = ({ query }: Asked): number =>
  Number(query.get("limit") ?? Number.POSITIVE_INFINITY);
const firstOf = ({ query }: Asked): number => Number(query.get("offset") ?? 0);

function refusedLimit(asked: Asked): WireError | null {
  const limit = limitOf(asked);
  if (!asked.query.has("limit") || (limit > 0 && limit <= MAX_LIMIT)) return null;
  return refused(400, "INVALID_PARAM_VALUE", "invalid limit, must in (0, 100]");
}

function callsOf(settle: "usdt" | "usd1"): Readonly<Record<string, Call>> {
  const has = (row: Listing): boolean => onWire(row) && row.settle === settle.toUpperCase();
  const one = { name: "contract" };
  return {
    [`/api/v4/futures/${settle}/contracts`]: {
      kind: "rates",
      headers: [DECIMAL_HEADER],
      refuse: refusedLimit,
      has,
      row: (row, view, { headers }) => contractRow(row, view, headers.get(DECIMAL_HEADER) === "1"),
      one,
      page: (asked) => ({ first: firstOf(asked), size: limitOf(asked) }),
    },
    [`/api/v4/futures/${settle}/tickers`]: {
      kind: "secondary",
      has,
      row: tickerRow,
      one,
      page: (asked) => ({ first: firstOf(asked), size: Number.POSITIVE_INFINITY }),
    },
    [`/api/v4/futures/${settle}/funding_rate`]: pastRates(
      has,
      refused(400, "MISSING_REQUIRED_PARAM", "Missing required parameter: contract"),
    ),
  };
}

const CLASS_OF_TYPE: Readonly<Record<string, TruthAssetClass>> = {
  "": "crypto",
  stocks: "stock",
  indices: "index",
  metals: "metal",
  commodities: "commodity",
  forex: "forex",
};

function show(listing: Listing, view: MarketView): Shown {
  const row = contractRow(listing, view, false);
  const mark = Number(row["mark_price"]);
  return {
    asset_class: CLASS_OF_TYPE[String(row["contract_type"])] ?? null,
    funding_rate: Number(row["funding_rate"]),
    funding_interval_hours: Number(row["funding_interval"]) / 3600,
    next_funding_time: Number(row["funding_next_apply"]),
    mark_price: mark,
    index_price: Number(row["index_price"]),
    volume_24h_usd: Number(tickerRow(listing, view)["volume_24h_quote"]),
    open_interest_usd: Number(row["position_size"]) * Number(row["quanto_multiplier"]) * mark,
    settling: isSettling(liveNumbers(listing, view.nowMs), view.nowMs),
  };
}

export const gate: ExchangeEncoder = encoderOfCalls({
  id: "gate",
  fields: { rate: "funding_rate", prices: ["mark_price", "index_price"], symbol: "name" },
  createListings,
  calls: { ...callsOf("usdt"), ...callsOf("usd1") },
  notFound: refused(404, "NOT_FOUND", "The requested resource was not found"),
  show,
  historyLimit: { requests: 200, perMs: 10_000 },
  rateLimitBody: { label: "TOO_MANY_REQUESTS", message: "Request Rate Limit Exceeded" },
  errorBody: { label: "SERVER_ERROR", message: "Internal server error" },
  delistedState: "settling",
  exceptions: { frozen_timestamps: "no payload carries a time of its own" },
});
