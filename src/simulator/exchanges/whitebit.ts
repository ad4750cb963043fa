import type { Asset, AssetTable } from "../assets.ts";
import type { Listing } from "../listing.ts";
import { liveNumbers } from "../market.ts";
import { drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import type { Shown } from "../truth.ts";
import { trimmed } from "../wire-text.ts";
import { type ExchangeEncoder, type MarketView, type WireRow, wireError } from "../wire.ts";
import { tradfiAssets } from "./asset-groups.ts";
import { encoderOfCalls } from "./calls.ts";
import { pastRates } from "./whitebit-history.ts";

const COINS = 303;
const OTHERS = 93;
/** Spot markets in the market list besides the futures. */
const SPOT = 320;
/** Still among the futures, but no longer a market. */
const GONE_MARKETS = 3;
/** Rows without a recent mark, or without an index. */
const NO_MARK_SHARE = 0.015;
const NO_INDEX_SHARE = 0.02;
const LEAVING_SHARE = 0.01;
const HOURS = [
  [4, 0.4],
  [8, 0.6],
] as const;
const RATE_DECIMALS = 8;
const PUBLIC = "/api/v4/public/";

function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const symbol = extra.symbol ?? `${asset.ticker}_PERP`;
    const has = (purpose: string, share: number): string[] =>
      roster.draw(symbol, purpose) < share ? [purpose] : [];
    return roster.add({
      asset,
      quote: "USDT",
      settle: "USDT",
      intervalHours: drawHours(roster, symbol, HOURS),
      marks: [
        ...(asset.kind === "coin" ? [] : ["tradfi"]),
        ...has("no_mark", NO_MARK_SHARE),
        ...has("no_index", NO_INDEX_SHARE),
        ...has("leaving", LEAVING_SHARE),
      ],
      ...extra,
      symbol,
    });
  };
  const coins = pickAssets(roster, assets.byKind.coin, Math.round(COINS * scale));
  for (const asset of [...coins, assets.litNew]) add(asset);
  let others = 0;
  for (const asset of tradfiAssets(assets)) {
    if (others >= Math.round(OTHERS * scale)) break;
    if (add(asset)) others += 1;
  }
  const dead = assets.byKind.coin.filter((asset) => !coins.includes(asset));
  for (const asset of dead.slice(0, GONE_MARKETS)) add(asset, { state: "halted" });
  for (const asset of assets.byKind.coin.slice(0, Math.round(SPOT * scale))) {
    add(asset, { symbol: `${asset.ticker}_USDT`, product: "other" });
  }
}

const onWire = (listing: Listing): boolean => listing.state !== "gone";
const isSpot = (listing: Listing): boolean => listing.product === "other";
const isFuture = (listing: Listing): boolean => onWire(listing) && !isSpot(listing);
const isMarket = (listing: Listing): boolean => onWire(listing) && listing.state !== "halted";

function futureRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const price = (value: number): string => trimmed(value, listing.priceDecimals);
  return {
    ticker_id: listing.symbol,
    stock_currency: listing.wireBase,
    money_currency: listing.quote,
    last_price: price(live.last),
    stock_volume: trimmed(live.volume, 4),
    money_volume: trimmed(live.turnoverUsd, 4),
    bid: price(live.bid),
    ask: price(live.ask),
    high: price(live.high),
    low: price(live.low),
    product_type: "Perpetual",
    open_interest: trimmed(live.openInterest, 3),
    index_price: listing.marks.has("no_index") ? "0" : price(live.index),
    mark_price: listing.marks.has("no_mark") ? "" : price(live.mark),
    index_name: `${listing.wireBase} future contract`,
    index_currency: listing.wireBase,
    funding_rate: trimmed(live.rate, RATE_DECIMALS),
    funding_cap: trimmed(listing.cap, RATE_DECIMALS),
    funding_floor: trimmed(-listing.cap, RATE_DECIMALS),
    next_funding_rate_timestamp: String(live.nextAtMs),
    brackets: { "1": 0, "2": 0, "3": 0, "5": 0, "10": 0, "20": 0, "50": 20, "100": 50 },
    max_leverage: 100,
    funding_interval_minutes: listing.intervalHours * 60,
  };
}

function typeOf(listing: Listing): string {
  if (isSpot(listing)) return "spot";
  return listing.marks.has("tradfi") ? "tradfiFutures" : "futures";
}

function marketRow(listing: Listing): WireRow {
  const spot = isSpot(listing);
  return {
    name: listing.symbol,
    stock: listing.wireBase,
    money: spot ? listing.quote : "PERP",
    stockPrec: listing.asset.priceUsd < 0.0001 ? "-6" : "3",
    moneyPrec: String(listing.priceDecimals),
    feePrec: "4",
    makerFee: "0.001",
    takerFee: "0.001",
    minAmount: "0.001",
    minTotal: "0.001",
    maxTotal: "10000000000",
    tradesEnabled: true,
    isCollateral: !spot,
    type: typeOf(listing),
    isTradFiFutures: typeOf(listing) === "tradfiFutures",
    delistedAt: listing.marks.has("leaving") && !spot ? "2026-12-24 10:00:00" : null,
  };
}

const unknownMarket = wireError(422, { market: ["Market is not available."] });

function show(listing: Listing, view: MarketView): Shown {
  const row = futureRow(listing, view);
  const known = (value: unknown): number | null => Number(value) || null;
  const mark = known(row["mark_price"]);
  return {
    asset_class: typeOf(listing) === "futures" ? "crypto" : null,
    funding_rate: Number(row["funding_rate"]),
    funding_interval_hours: Number(row["funding_interval_minutes"]) / 60,
    next_funding_time: Number(row["next_funding_rate_timestamp"]) / 1000,
    mark_price: mark,
    index_price: known(row["index_price"]),
    volume_24h_usd: Number(row["money_volume"]),
    // Without a mark the last price is used.
    open_interest_usd: Number(row["open_interest"]) * (mark ?? Number(row["last_price"])),
  };
}

export const whitebit: ExchangeEncoder = encoderOfCalls({
  id: "whitebit",
  fields: { rate: "funding_rate", prices: ["mark_price", "index_price"], symbol: "ticker_id" },
  createListings,
  calls: {
    [`${PUBLIC}futures`]: {
      kind: "rates",
      has: isFuture,
      row: futureRow,
      wrap: (result) => ({ success: true, message: null, result }),
    },
    [`${PUBLIC}markets`]: { kind: "list", has: isMarket, row: marketRow },
    [`${PUBLIC}funding-history/{market}`]: pastRates(isFuture, unknownMarket),
  },
  notFound: wireError(404, ""),
  usual: ["futures", "markets"].map((name) => ({ path: PUBLIC + name })),
  show,
  historyLimit: { requests: 2_000, perMs: 10_000 },
  rateLimitBody: "error code: 1015",
  errorBody: { success: false, message: "Internal error", params: [] },
  delistedState: "gone",
  exceptions: { frozen_timestamps: "no payload carries a time of its own" },
});
