import type { Asset, AssetTable } from "../assets.ts";
import { drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import { tradfiAssets } from "./asset-groups.ts";

const COINS = 330;
const TRADFI = 100;
const INVERSE = 14;
const XPERPS = 130;
/** Swaps with an announced halving of the interval from the coming settlement on. */
const SHORTENING_SHARE = 0.02;
const HOURS = [
  [4, 0.45],
  [1, 0.01],
  [2, 0.01],
  [8, 0.53],
] as const;

export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const symbol = extra.symbol ?? `${asset.ticker}-USDT-SWAP`;
    const lot = 10 ** Math.round(Math.log10(100 / asset.priceUsd));
    const marks = [
      ...(roster.draw(symbol, "usd") < 0.02 ? ["no_oi_usd"] : []),
      ...(roster.draw(symbol, "shortening") < SHORTENING_SHARE ? ["shortening"] : []),
      ...(extra.marks ?? []),
    ];
    const intervalHours = drawHours(roster, symbol, HOURS);
    return roster.add({
      asset,
      quote: "USDT",
      settle: "USDT",
      intervalHours,
      cap: 0.01,
      contractSize: Math.max(lot, 0.0001),
      ...extra,
      symbol,
      marks,
    });
  };
  const coins = pickAssets(roster, assets.byKind.coin, Math.round(COINS * scale));
  for (const asset of coins) add(asset);
  add(assets.litNew);
  let others = 0;
  for (const asset of tradfiAssets(assets)) {
    if (others >= Math.round(TRADFI * scale)) break;
    if (asset.kind === "index") continue;
    const mark = asset.kind === "stock" ? "3" : asset.kind === "forex" ? "5" : "4";
    const style = roster.draw(asset.ticker, "rest") < 0.6 ? { style: "zero" as const } : {};
    if (add(asset, { marks: [mark], intervalHours: 8, ...style })) others += 1;
  }
  const dead = assets.byKind.coin.filter((asset) => !coins.includes(asset));
  for (const asset of dead.slice(0, 3)) add(asset, { state: "halted" });
  for (const asset of dead.slice(3, 5)) add(asset, { state: "pending" });
  for (const asset of assets.byKind.pre_ipo.slice(0, 2)) {
    // Trades at a tenth of the price elsewhere.
    add({ ...asset, priceUsd: asset.priceUsd / 10 }, { state: "pre_market", style: "zero" });
  }
  for (const asset of coins.slice(0, Math.round(INVERSE * scale))) {
    const inverse = {
      quote: "USD",
      settle: asset.ticker,
      product: "inverse",
      contractSize: 10,
    } as const;
    add(asset, { ...inverse, symbol: `${asset.ticker}-USD-SWAP` });
  }
  const underlyings = [...tradfiAssets(assets).slice(0, 60), ...coins];
  for (const asset of underlyings.slice(0, Math.round(XPERPS * scale))) {
    add(asset, {
      symbol: `${asset.ticker}-USD_UM_XPERP-310502`,
      quote: "USD",
      product: "xperp",
      intervalHours: 8,
    });
  }
}
