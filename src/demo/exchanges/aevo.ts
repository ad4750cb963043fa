import type { Asset, AssetTable } from "../assets.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS, liveNumbers } from "../market.ts";
import { DELIVERY_AT_MS, type ListingPlan, type Roster } from "../roster.ts";
import { COIN_TICKERS } from "../tickers.ts";
import { collectTruth, namesOf, type TrueInstrument } from "../truth.ts";
import { fixed, trimmed } from "../wire-text.ts";
import {
  type ExchangeEncoder,
  type MarketView,
  type WireError,
  type WireReply,
  type WireRequest,
  type WireRow,
  wireError,
  wireList,
} from "../wire.ts";
import { oneInstrument } from "./one-instrument.ts";
import { reasonsByMark } from "./skip-marks.ts";

/** Perpetuals that count, beside LIT: coins by rank and a few tiny ones. */
const COINS = [...new Set(COIN_TICKERS)].slice(0, 39);
const TINY = ["SATS", "MOG"];
const RETIRED = 4;
const PREFIX: Readonly<Record<string, readonly [string, number]>> = {
  PEPE: ["1000PEPE", 1000],
  SHIB: ["1000SHIB", 1000],
  BONK: ["1000BONK", 1000],
  SATS: ["10000SATS", 10_000],
  MOG: ["1000000MOG", 1_000_000],
};
const STRIKES = [0.8, 0.9, 1, 1.1, 1.2];
/** What stands behind the milliseconds of a time in nanoseconds. */
const WHOLE_MS = "000000";

const nameOf = (ticker: string): string => PREFIX[ticker]?.[0] ?? ticker;
const perpetualOf = (ticker: string): string => `${nameOf(ticker)}-PERP`;

function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const byTicker = new Map(assets.byKind.coin.map((asset) => [asset.ticker, asset]));
  const find = (tickers: readonly string[]): Asset[] =>
    tickers.flatMap((ticker) => byTicker.get(ticker) ?? []);
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean =>
    roster.add({
      asset,
      wireBase: nameOf(asset.ticker),
      multiplier: PREFIX[asset.ticker]?.[1] ?? 1,
      symbol: perpetualOf(asset.ticker),
      quote: "USDC",
      settle: "USDC",
      intervalHours: 1,
      ...extra,
    });
  const coins = find(COINS.slice(0, Math.round(COINS.length * scale)));
  for (const asset of coins) add(asset);
  for (const asset of find(TINY)) add(asset);
  add(assets.litNew);
  for (const asset of assets.byKind.coin.slice(-RETIRED)) add(asset, { state: "halted" });
  for (const asset of coins.slice(0, 2)) {
    const { ticker } = asset;
    add(asset, { symbol: `${ticker}-USDC`, product: "stranger", marks: ["spot"] });
    for (const share of STRIKES) {
      const strike = Number((asset.priceUsd * share).toPrecision(2));
      for (const side of ["C", "P"]) {
        const symbol = `${ticker}-25DEC26-${strike}-${side}`;
        const plan = { deliveryAtMs: DELIVERY_AT_MS, product: "stranger" } as const;
        add(asset, { ...plan, symbol, marks: ["option", side] });
      }
    }
  }
}

const onWire = (listing: Listing): boolean => listing.state !== "gone";

function typeOf(listing: Listing): "OPTION" | "SPOT" | "PERPETUAL" {
  if (listing.marks.has("option")) return "OPTION";
  return listing.marks.has("spot") ? "SPOT" : "PERPETUAL";
}

function marketRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  const type = typeOf(listing);
  const option =
    type === "OPTION"
      ? {
          option_type: listing.marks.has("P") ? "put" : "call",
          expiry: `${listing.deliveryAtMs}${WHOLE_MS}`,
          strike: listing.symbol.split("-")[2] ?? "",
        }
      : {};
  // An option's own price is a share of what it is written on.
  const mark = type === "OPTION" ? live.mark * 0.04 : live.mark;
  return {
    instrument_id: String(1 + view.listings.indexOf(listing)),
    instrument_name: listing.symbol,
    instrument_type: type,
    underlying_asset: listing.wireBase,
    quote_asset: listing.quote,
    price_step: trimmed(10 ** -listing.priceDecimals, listing.priceDecimals),
    amount_step: "0.01",
    min_order_value: "10",
    max_order_value: "2500000",
    max_notional_value: "8000000",
    ...option,
    mark_price: fixed(mark, listing.priceDecimals),
    forward_price: fixed(live.index, listing.priceDecimals),
    index_price: fixed(live.index, listing.priceDecimals),
    is_active: listing.state === "live",
    max_leverage: "20",
  };
}

function fundingRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  return {
    instrument_name: listing.symbol,
    funding_rate: trimmed(live.rate, 8),
    next_epoch: `${live.nextAtMs}${WHOLE_MS}`,
  };
}

function statisticsRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  return {
    asset: listing.wireBase,
    open_interest: { total: trimmed(live.openInterest, 4) },
    daily_volume: trimmed(live.turnoverUsd, 6),
    daily_buy_volume: trimmed(live.turnoverUsd * 0.52, 6),
    daily_sell_volume: trimmed(live.turnoverUsd * 0.48, 6),
    index_price: fixed(live.index, listing.priceDecimals),
    mark_price: fixed(live.mark, listing.priceDecimals),
  };
}

function refused(status: number, error: string): WireError {
  return wireError(status, { error });
}

function route({ path, query }: WireRequest): WireReply {
  switch (path) {
    case "/markets": {
      const type = query.get("instrument_type");
      return wireList(
        "list",
        `markets?${type ?? ""}`,
        (view) =>
          view.listings
            .filter((row) => onWire(row) && (type === null || typeOf(row) === type))
            .map((row) => marketRow(row, view)),
        (rows) => rows,
      );
    }
    case "/funding": {
      const name = query.get("instrument_name") ?? "";
      return oneInstrument({
        kind: "rates",
        key: `funding?${name}`,
        wanted: (listing) =>
          listing.symbol === name && onWire(listing) && typeOf(listing) === "PERPETUAL",
        row: fundingRow,
        wrap: ({ funding_rate, next_epoch }) => ({ funding_rate, next_epoch }),
        unknown: refused(400, "INSTRUMENT_DOES_NOT_EXIST"),
      });
    }
    case "/statistics": {
      const asset = query.get("asset") ?? "";
      return oneInstrument({
        kind: "secondary",
        key: `statistics?${asset}`,
        wanted: (listing) =>
          listing.wireBase === asset && onWire(listing) && typeOf(listing) === "PERPETUAL",
        row: statisticsRow,
        wrap: (row) => row,
        unknown: refused(400, "ASSET_DOES_NOT_EXIST"),
      });
    }
    default:
      return refused(404, "NOT_FOUND");
  }
}

function show(listing: Listing, view: MarketView): TrueInstrument {
  const market = marketRow(listing, view);
  return {
    ...namesOf(listing),
    asset_class: null,
    funding_rate: Number(fundingRow(listing, view)["funding_rate"]),
    funding_interval_hours: 1,
    next_funding_time: (Math.floor(view.nowMs / HOUR_MS) + 1) * 3600,
    predicted_rate: null,
    settled_rate: null,
    settled_at: null,
    mark_price: Number(market["mark_price"]),
    index_price: Number(market["index_price"]),
    volume_24h_usd: Number(statisticsRow(listing, view)["daily_volume"]),
    // The shape of the open interest is not confirmed.
    open_interest_usd: null,
  };
}

export const aevo: ExchangeEncoder = {
  id: "aevo",
  fields: { rate: "funding_rate", prices: [], symbolOf: (row) => String(row["instrument_name"]) },
  createListings,
  route,
  rateLimitBody: { error: "RATE_LIMIT_EXCEEDED" },
  errorBody: { error: "INTERNAL_SERVER_ERROR" },
  delistedState: "halted",
  exceptions: {
    many_rows: "a reply holds the rate of one instrument",
    frozen_timestamps: "no payload carries a time of its own",
  },
  truth: (view) => {
    const known = collectTruth(view.listings, onWire, (row) => show(row, view));
    return reasonsByMark(known, view.listings, ["option", "spot"]);
  },
  usual: [
    { path: "/markets" },
    { path: "/markets?instrument_type=PERPETUAL" },
    ...[...COINS, ...TINY, "LIT"].map((ticker) => ({
      path: `/funding?instrument_name=${perpetualOf(ticker)}`,
    })),
  ],
};
