import type { Asset, AssetKind, AssetTable } from "../assets.ts";
import { countOf, newestOf, paymentsOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { liveNumbers, nextHourSeconds } from "../market.ts";
import { DELIVERY_AT_MS, type ListingPlan, type Roster } from "../roster.ts";
import { COIN_TICKERS } from "../tickers.ts";
import type { Shown, TruthAssetClass } from "../truth.ts";
import { fixed, tickText, trimmed } from "../wire-text.ts";
import { type ExchangeEncoder, type MarketView, type WireRow, wireError } from "../wire.ts";
import { type Call, encoderOfCalls } from "./calls.ts";

/** Live perpetuals, besides LIT: coins by rank and a few tiny ones. */
const COINS = [...new Set(COIN_TICKERS)].slice(0, 39);
const TINY = ["SATS", "MOG"];
const RETIRED = 4;
const SHARES = 8;
const PREFIX: Readonly<Record<string, readonly [string, number]>> = {
  PEPE: ["1000PEPE", 1000],
  SHIB: ["1000SHIB", 1000],
  BONK: ["1000BONK", 1000],
  SATS: ["10000SATS", 10_000],
  MOG: ["1000000MOG", 1_000_000],
};
const STRIKES = [0.8, 0.9, 1, 1.1, 1.2];
/** The digits after the milliseconds in nanosecond times. */
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
  const { metal, commodity, forex, stock, pre_ipo: preIpo } = assets.byKind;
  for (const asset of [...metal.slice(0, 2), ...commodity.slice(0, 2), ...forex.slice(0, 2)])
    add(asset);
  // One that this exchange calls a fund, and one on an hour of computing.
  const others: readonly (readonly string[])[] = [["etf"], ["compute"]];
  const shares = stock.slice(0, others.length + Math.round(SHARES * scale));
  for (const [place, asset] of shares.entries()) add(asset, { marks: others[place] ?? [] });
  for (const asset of preIpo) add(asset, { state: "pre_market" });
  for (const asset of assets.byKind.coin.slice(-RETIRED)) add(asset, { state: "halted" });
  for (const asset of coins.slice(0, 2)) {
    const { ticker } = asset;
    add(asset, { symbol: `${ticker}-USDC`, product: "other", marks: ["spot"] });
    for (const share of STRIKES) {
      const strike = Number((asset.priceUsd * share).toPrecision(2));
      for (const side of ["C", "P"]) {
        const symbol = `${ticker}-25DEC26-${strike}-${side}`;
        const plan = { deliveryAtMs: DELIVERY_AT_MS, product: "other" } as const;
        add(asset, { ...plan, symbol, marks: ["option", side] });
      }
    }
  }
}

/** Six decimals: 0.0000125 is sent as 0.000013, and less than half of the last one as 0. */
function rateOf(rate: number): string {
  return trimmed(rate, 6);
}

const onWire = (listing: Listing): boolean => listing.state !== "gone";

function typeOf(listing: Listing): "OPTION" | "SPOT" | "PERPETUAL" {
  if (listing.marks.has("option")) return "OPTION";
  return listing.marks.has("spot") ? "SPOT" : "PERPETUAL";
}

const isActive = ({ state }: Listing): boolean => state === "live" || state === "pre_market";

/** Market types of non-coins. */
const TYPE_OF_KIND: Readonly<Partial<Record<AssetKind, string>>> = {
  stock: "equity",
  metal: "commodity",
  commodity: "commodity",
  forex: "fx",
  pre_ipo: "pre_ipo",
};
/** The class that a reader derives from a market type; of others none. */
const CLASS_OF_TYPE: Readonly<Record<string, TruthAssetClass>> = {
  crypto: "crypto",
  equity: "stock",
  etf: "etf",
  commodity: "commodity",
  fx: "forex",
};

function marketTypeOf({ asset, marks }: Listing): string {
  const marked = ["etf", "compute"].find((mark) => marks.has(mark));
  return marked ?? TYPE_OF_KIND[asset.kind] ?? "crypto";
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
  // An option's own price is a fraction of its underlying's.
  const mark = type === "OPTION" ? live.mark * 0.04 : live.mark;
  return {
    instrument_id: String(1 + view.listings.indexOf(listing)),
    instrument_name: listing.symbol,
    instrument_type: type,
    underlying_asset: listing.wireBase,
    quote_asset: listing.quote,
    price_step: tickText(listing.priceDecimals),
    amount_step: "0.01",
    min_order_value: "10",
    max_order_value: "2500000",
    max_notional_value: "8000000",
    ...option,
    mark_price: fixed(mark, listing.priceDecimals),
    forward_price: fixed(live.index, listing.priceDecimals),
    index_price: fixed(live.index, listing.priceDecimals),
    is_active: isActive(listing),
    max_leverage: "20",
    is_rwa: marketTypeOf(listing) !== "crypto",
    market_type: marketTypeOf(listing),
  };
}

function statisticsRow(listing: Listing, view: MarketView): WireRow {
  const live = liveNumbers(listing, view.nowMs);
  return {
    ticker_id: listing.symbol,
    base_currency: listing.wireBase,
    target_currency: "USD",
    target_volume: fixed(live.turnoverUsd, 6),
    product_type: "Perpetual",
    open_interest: trimmed(live.openInterest, 6),
    index_price: fixed(live.index, listing.priceDecimals),
    index_currency: "USD",
    // Contracts that are no longer traded are not charged either.
    ...(isActive(listing) ? { next_funding_rate_timestamp: String(live.nextAtMs / 1000) } : {}),
    funding_rate: isActive(listing) ? rateOf(live.rate) : "0",
    contract_type: "Vanilla",
    contract_price_currency: "USD",
  };
}

/** The newest rows of a range with inclusive bounds in nanoseconds. */
const pastRates: Call = {
  kind: "history",
  has: (row) => onWire(row) && typeOf(row) === "PERPETUAL",
  one: {
    name: "instrument_name",
    missing: wireError(400, { error: "INSTRUMENT_NAME_REQUIRED" }),
  },
  past: (listing, view, { query }) => {
    const msOf = (name: string, missing: number): number =>
      query.has(name) ? Number(query.get(name)?.slice(0, -WHOLE_MS.length)) : missing;
    const toMs = msOf("end_time", view.nowMs) + 1;
    const payments = paymentsOf(listing, view, { fromMs: msOf("start_time", 0), toMs });
    const count = countOf(view, query.get("limit"), { usual: 10, max: 50 });
    return newestOf(payments, count).map(({ slotMs, rate, mark }) => ({
      at: `${slotMs}${WHOLE_MS}`,
      rate: rateOf(rate),
      mark: fixed(mark, listing.priceDecimals),
    }));
  },
  wrap: (rows, _view, { symbol }) => ({
    funding_history: rows.map(({ at, rate, mark }) => [symbol, at, rate, mark]),
  }),
};

function show(listing: Listing, view: MarketView): Shown {
  const market = marketRow(listing, view);
  const row = statisticsRow(listing, view);
  const index = Number(row["index_price"]);
  return {
    asset_class: CLASS_OF_TYPE[marketTypeOf(listing)] ?? null,
    funding_rate: Number(row["funding_rate"]),
    funding_interval_hours: 1,
    next_funding_time: nextHourSeconds(view.nowMs),
    mark_price: Number(market["mark_price"]),
    index_price: index,
    volume_24h_usd: Number(row["target_volume"]),
    open_interest_usd: Number(row["open_interest"]) * index,
  };
}

export const aevo: ExchangeEncoder = encoderOfCalls({
  id: "aevo",
  fields: { rate: "funding_rate", prices: ["index_price"], symbol: "ticker_id" },
  createListings,
  calls: {
    "/markets": {
      kind: "list",
      has: (row, { query }) =>
        onWire(row) && typeOf(row) === (query.get("instrument_type") ?? typeOf(row)),
      row: marketRow,
    },
    "/funding-history": pastRates,
    "/coingecko-statistics": {
      kind: "rates",
      has: (row) => onWire(row) && typeOf(row) === "PERPETUAL",
      row: statisticsRow,
    },
  },
  notFound: wireError(404, { error: "NOT_FOUND" }),
  skipMarks: ["option", "spot"],
  show,
  // Not published: a known client sends 10 per second and path.
  historyLimit: { requests: 10, perMs: 1000 },
  rateLimitBody: { error: "RATE_LIMIT_EXCEEDED" },
  errorBody: { error: "INTERNAL_SERVER_ERROR" },
  delistedState: "halted",
  exceptions: {
    frozen_timestamps: "no payload carries a time of its own",
  },
  usual: [
    { path: "/markets" },
    { path: "/markets?instrument_type=PERPETUAL" },
    { path: "/coingecko-statistics" },
  ],
});
