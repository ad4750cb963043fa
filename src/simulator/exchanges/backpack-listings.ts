import type { Asset, AssetTable } from "../assets.ts";
import { DELIVERY_AT_MS, drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";

const COINS = 77;
const SHARES = 14;
const SPOTS = 76;
/** Of the shares: funds, which the exchange calls indexes. */
const FUND_SHARE = 0.25;
/** A coin cheaper than this is listed by the thousand or not at all. */
const CHEAPEST_USD = 0.0001;
const KILO = new Set("PEPE BONK SHIB FLOKI".split(" "));
/** Bounds are published in basis points: 100 of them are one per cent. */
const CAP = 0.01;
/** All perpetuals are hourly today and were eight-hourly a year ago: a few still are here. */
const HOURS = [
  [1, 0.96],
  [8, 0.04],
] as const;

export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const kilo = asset.kind === "coin" && KILO.has(asset.ticker);
    const share = asset.kind === "stock";
    const wireBase = `${kilo ? "k" : ""}${asset.ticker}${share ? ".US" : ""}`;
    const symbol = extra.symbol ?? `${wireBase}_USDC_PERP`;
    const isFund = share && roster.draw(symbol, "fund") < FUND_SHARE;
    return roster.add({
      asset,
      wireBase,
      quote: "USDC",
      settle: "USDC",
      multiplier: kilo ? 1000 : 1,
      intervalHours: drawHours(roster, symbol, HOURS),
      cap: CAP,
      ...extra,
      symbol,
      marks: [...(isFund ? ["fund"] : []), ...(extra.marks ?? [])],
    });
  };
  const quotable = assets.byKind.coin.filter(
    ({ ticker, priceUsd }) => KILO.has(ticker) || priceUsd >= CHEAPEST_USD,
  );
  const coins = pickAssets(roster, quotable, Math.round(COINS * scale));
  for (const asset of coins) add(asset);
  add(assets.litOld);
  for (const asset of assets.byKind.stock.slice(0, Math.round(SHARES * scale))) add(asset);
  const dead = quotable.filter((asset) => !coins.includes(asset));
  for (const [index, asset] of dead.slice(0, 7).entries())
    // Most closed books have left the bulk calls, one still has its last prices there.
    add(asset, { state: "halted", marks: index === 0 ? [] : ["no_rows"] });
  for (const asset of dead.slice(7, 9)) add(asset, { state: "pending", marks: ["PostOnly"] });
  add(dead[9] ?? assets.litOld, { state: "settling", marks: ["CancelOnly"] });
  add(dead[10] ?? assets.litOld, { state: "pending", marks: ["LimitOnly"] });
  add(dead[11] ?? assets.litOld, { state: "pre_market", marks: ["hidden"] });
  addOtherTypes(add, coins, dead, Math.round(SPOTS * scale));
}

/** Everything in the list that is not a linear perpetual; spot pairs are nearly half of it. */
function addOtherTypes(
  add: (asset: Asset, extra: Partial<ListingPlan>) => boolean,
  coins: readonly Asset[],
  dead: readonly Asset[],
  spots: number,
): void {
  for (const asset of [...coins, ...dead.slice(20)].slice(0, spots))
    add(asset, {
      symbol: `${asset.ticker}_USDC`,
      wireBase: asset.ticker,
      multiplier: 1,
      product: "other",
      marks: ["SPOT"],
    });
  for (const asset of coins.slice(0, 2)) {
    add(asset, {
      symbol: `${asset.ticker}_USD_IPERP`,
      quote: "USD",
      settle: asset.ticker,
      product: "inverse",
      marks: ["IPERP"],
    });
    add(asset, {
      symbol: `${asset.ticker}_USDC_25DEC26`,
      product: "dated",
      deliveryAtMs: DELIVERY_AT_MS,
      marks: ["DATED"],
    });
  }
  for (const [index, type] of ["PREDICTION", "RFQ", "MONAD"].entries()) {
    const asset = dead[12 + index];
    if (asset) {
      const symbol = `${asset.ticker}_USDC_${type}`;
      add(asset, { symbol, product: "other", marks: [type] });
    }
  }
}
