import type { Asset, AssetTable } from "../assets.ts";
import { drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";

/** What BloFin lists. */

const COINS = 432;
const SHARES = 22;
const USDC_TWINS = 10;
const INVERSE = 14;
const PREFIX: Readonly<Record<string, number>> = {
  BONK: 1000,
  FLOKI: 1000,
  LUNC: 1000,
  RATS: 1000,
  MOG: 1_000_000,
};
const HOURS = [
  [8, 0.55],
  [4, 0.43],
  [1, 0.02],
] as const;
export const SILENT = "no_interval";
const SILENT_SHARE = 0.05;
/** A price ratio, which cannot be compared with dollar prices. */
export const RATIO = "ratio";

export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, quote: string, extra: Partial<ListingPlan> = {}): boolean => {
    const multiplier = (asset.kind === "coin" ? PREFIX[asset.ticker] : undefined) ?? 1;
    const wireBase = multiplier === 1 ? asset.ticker : `${multiplier}${asset.ticker}`;
    const symbol = extra.symbol ?? `${wireBase}-${quote}`;
    return roster.add({
      asset,
      wireBase,
      quote,
      settle: quote,
      multiplier,
      intervalHours: drawHours(roster, symbol, HOURS),
      // Rows of a few instruments state neither interval nor bounds, as all rows did before.
      marks: roster.draw(symbol, "interval") < SILENT_SHARE ? [SILENT] : [],
      contractSize: 10 ** Math.round(Math.log10(50 / (asset.priceUsd * multiplier))),
      ...extra,
      symbol,
    });
  };
  const coins = pickAssets(roster, assets.byKind.coin, Math.round(COINS * scale));
  for (const asset of coins) add(asset, "USDT");
  add(assets.litNew, "USDT");
  const dead = assets.byKind.coin.filter((asset) => !coins.includes(asset));
  const [token, ...suspended] = dead.slice(0, 5);
  // A coin whose name starts with a digit that is not a multiplier.
  if (token) add({ ...token, ticker: "4STOCK" }, "USDT");
  for (const asset of assets.byKind.stock.slice(0, Math.round(SHARES * scale))) add(asset, "USDT");
  for (const asset of assets.byKind.commodity.slice(0, 2)) add(asset, "USDT");
  for (const asset of assets.byKind.index.slice(0, 2)) add(asset, "USDT");
  for (const asset of coins.slice(0, Math.max(2, Math.round(USDC_TWINS * scale))))
    add(asset, "USDC");
  for (const asset of suspended) add(asset, "USDT", { state: "halted" });
  const [bitcoin] = coins;
  if (bitcoin)
    add({ ...bitcoin, ticker: "ETHBTC", priceUsd: 0.0262 }, "USDT", {
      product: "other",
      marks: [RATIO],
    });
  for (const asset of coins.slice(0, INVERSE))
    add(asset, "USD", {
      symbol: `${asset.ticker}-USD`,
      wireBase: asset.ticker,
      multiplier: 1,
      settle: asset.ticker,
      product: "inverse",
      contractSize: 1,
    });
}
