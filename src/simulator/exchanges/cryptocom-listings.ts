import type { Asset, AssetTable } from "../assets.ts";
import { DELIVERY_AT_MS, type ListingPlan, type Roster } from "../roster.ts";
import {
  COIN_TICKERS,
  COMMODITY_TICKERS,
  INDEX_TICKERS,
  METAL_TICKERS,
  STOCK_TICKERS,
} from "../tickers.ts";

const DIGITAL = 241;
const EQUITY = 118;
const INDICES = 27;
const SPOT_COINS = 279;

/** The `product_type` of what a perpetual is a claim on. */
export const PRODUCT_TYPES = [
  "DIGITAL_CURRENCIES",
  "EQUITY",
  "EQUITY_IND",
  "COMMODITIES",
  "PRE_IPO",
] as const;

const COINS = [...new Set(COIN_TICKERS)];
/** One of them is LIT. */
const PERP_COINS = COINS.slice(0, DIGITAL - 1);
/** Shares whose ticker is not a coin of this exchange: one symbol is one contract. */
const SHARES = [...new Set(STOCK_TICKERS)].filter((ticker) => !COINS.includes(ticker));
const EQUITIES = SHARES.slice(0, EQUITY);
const EQUITY_INDICES = [
  ...INDEX_TICKERS,
  ...SHARES.slice(EQUITY, EQUITY + INDICES - INDEX_TICKERS.length),
];
const COMMODITIES = [...METAL_TICKERS.slice(0, 4), ...COMMODITY_TICKERS.slice(0, 4)];

/** Every live perpetual at full scale: each needs a request. */
export const PERPETUALS: readonly string[] = [
  ...PERP_COINS,
  "LIT",
  ...EQUITIES,
  ...EQUITY_INDICES,
  ...COMMODITIES,
].map((base) => `${base}USD-PERP`);

export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (
    asset: Asset,
    type: (typeof PRODUCT_TYPES)[number],
    extra: Partial<ListingPlan> = {},
  ): boolean => {
    const wireBase = extra.wireBase ?? asset.ticker;
    const symbol = extra.symbol ?? `${wireBase}USD-PERP`;
    const untraded = roster.draw(symbol, "untraded");
    const gaps = untraded < 0.015 ? ["no_last"] : untraded < 0.05 ? ["no_quotes"] : [];
    // There is no interest term: rates have no common baseline, a few are exactly zero.
    const style = roster.draw(symbol, "zero") < 0.02 ? "zero" : "wandering";
    return roster.add({
      asset,
      wireBase,
      quote: "USD",
      settle: "USD",
      intervalHours: 1,
      style,
      ...extra,
      marks: [type, ...gaps, ...(extra.marks ?? [])],
      symbol,
    });
  };
  const { coin, stock, index, metal, commodity, pre_ipo: preIpo } = assets.byKind;
  const byTicker = new Map(
    [...coin, ...stock, ...index, ...metal, ...commodity].map((asset) => [asset.ticker, asset]),
  );
  const find = (tickers: readonly string[]): Asset[] =>
    tickers
      .slice(0, Math.ceil(tickers.length * scale))
      .flatMap((ticker) => byTicker.get(ticker) ?? []);
  for (const asset of find(PERP_COINS)) add(asset, "DIGITAL_CURRENCIES");
  add(assets.litNew, "DIGITAL_CURRENCIES");
  for (const asset of find(EQUITIES)) add(asset, "EQUITY");
  for (const asset of find(EQUITY_INDICES)) add(asset, "EQUITY_IND");
  for (const asset of find(COMMODITIES)) add(asset, "COMMODITIES");
  for (const asset of preIpo.slice(0, 2))
    add(asset, "PRE_IPO", { wireBase: `${asset.ticker}IPO`, state: "pre_market" });
  const others = coin.slice(-5);
  for (const asset of others.slice(0, 3)) add(asset, "DIGITAL_CURRENCIES", { state: "halted" });
  for (const asset of others.slice(3))
    add(asset, "DIGITAL_CURRENCIES", { product: "other", marks: ["beta"] });
  addOtherProducts(add, find(COINS.slice(0, SPOT_COINS)));
}

/** Spot pairs, dated futures and options, all in the same lists. */
function addOtherProducts(
  add: (asset: Asset, type: "DIGITAL_CURRENCIES", extra: Partial<ListingPlan>) => boolean,
  coins: readonly Asset[],
): void {
  for (const asset of coins) {
    for (const quote of ["USD", "USDT"]) {
      const symbol = `${asset.ticker}_${quote}`;
      add(asset, "DIGITAL_CURRENCIES", { symbol, quote, product: "other", marks: ["spot"] });
    }
  }
  const dated = { product: "dated", deliveryAtMs: DELIVERY_AT_MS } as const;
  for (const asset of coins.slice(0, 4)) {
    add(asset, "DIGITAL_CURRENCIES", { ...dated, symbol: `${asset.ticker}USD-261225` });
    add(asset, "DIGITAL_CURRENCIES", { ...dated, symbol: `${asset.ticker}USD-270326` });
  }
  const [btc] = coins;
  if (btc === undefined) return;
  for (let strike = 70_000; strike < 82_000; strike += 1_000) {
    add(btc, "DIGITAL_CURRENCIES", {
      symbol: `BTCUSD-261225-CW${strike}`,
      product: "other",
      deliveryAtMs: DELIVERY_AT_MS,
      contractSize: 0.0001,
      marks: ["warrant"],
    });
  }
}
