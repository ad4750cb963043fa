import type { Asset, AssetTable } from "../assets.ts";
import { drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";

const COINS = 264;
const SHARES = 80;
const INVERSE = 5;
/** Names with a rate but no contract any more. */
const DEAD = 245;
/** The worst rate of a dead name. */
const DEAD_RATE = 0.025;
const THOUSANDS = new Set("BONK CAT PEPE CHEEMS".split(" "));
/** Prefixes of hidden contracts: with prices and volumes, but not in the catalogue. */
const HIDDEN = ["1", "2", "d"];
/** Shares of a census: 201 of 348 at 8 h, 146 at 4 h, 1 at 1 h. */
const HOURS = [
  [8, 0.578],
  [4, 0.419],
  [1, 0.003],
] as const;

export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const thousand = asset.kind === "coin" && THOUSANDS.has(asset.ticker);
    const multiplier = thousand ? 1000 : 1;
    const wireBase = extra.wireBase ?? (thousand ? `1000${asset.ticker}` : asset.ticker);
    const { quote = "USDT" } = extra;
    return roster.add({
      asset,
      multiplier,
      symbol: `${wireBase}-${quote}-SWAP`,
      quote,
      settle: quote,
      intervalHours: drawHours(roster, wireBase, HOURS),
      contractSize: 10 ** Math.round(Math.log10(50 / (asset.priceUsd * multiplier))),
      ...extra,
      wireBase,
    });
  };
  const { coin, stock } = assets.byKind;
  const coins = pickAssets(roster, coin, Math.round(COINS * scale));
  for (const asset of coins) add(asset);
  for (const asset of coin.filter(({ ticker }) => THOUSANDS.has(ticker))) add(asset);
  add(assets.litNew);
  for (const asset of stock.slice(0, Math.round(SHARES * scale))) add(asset);
  const dead = coin.filter((asset) => !coins.includes(asset) && !THOUSANDS.has(asset.ticker));
  for (const asset of dead.slice(0, 3)) add(asset, { state: "halted" });
  for (const asset of dead.slice(3, 5)) add(asset, { state: "pending" });
  for (const asset of coins.slice(0, INVERSE))
    add(asset, { quote: "USD", settle: asset.ticker, product: "inverse", contractSize: 1 });
  for (const asset of coins.slice(0, 2)) {
    for (const mark of HIDDEN) {
      add(asset, {
        wireBase: `${mark}${asset.ticker}`,
        quote: mark === "1" ? "USD" : "USDT",
        product: "other",
        marks: ["hidden"],
      });
    }
  }
  const buried = dead.slice(5, 5 + Math.round(DEAD * scale));
  for (const [place, asset] of buried.entries())
    add(asset, {
      product: "other",
      ...(place === 0 ? { cap: DEAD_RATE, style: "floor" } : { style: "baseline" }),
    });
}
