import type { Asset, AssetTable } from "../assets.ts";
import { DELIVERY_AT_MS, drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";

const COINS = 512;
const SHARES = 232;
/** Metals, indexes and currencies, all called stocks there. */
const OTHERS_PER_KIND = 4;
const USDC_TWINS = 10;
/** Rows of rates and marks that belong to no contract, and marks of contracts delisted long ago. */
const TBV_ROWS = 48;
const RELICS = 60;
const PREFIX: Readonly<Record<string, number>> = {
  PEPE: 1000,
  SHIB: 1000,
  BONK: 1000,
  LUNC: 1000,
  SATS: 1000,
  CAT: 1000,
  MOG: 1_000_000,
};
const HOURS = [
  [8, 0.62],
  [4, 0.375],
  [1, 0.005],
] as const;
/** Contracts whose index token differs from their base: 31 of 767. */
const RENAMED_INDEX_SHARE = 0.03;
/** Rows without a period. */
const NO_PERIOD = 2;

export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, quote: string, extra: Partial<ListingPlan> = {}): boolean => {
    const multiplier = asset.kind === "coin" ? (PREFIX[asset.ticker] ?? 1) : 1;
    const wireBase = multiplier === 1 ? asset.ticker : `${multiplier}${asset.ticker}`;
    const renamed = roster.draw(wireBase, "index") < RENAMED_INDEX_SHARE ? ["renamed_index"] : [];
    return roster.add({
      asset,
      symbol: `${extra.wireBase ?? wireBase}-SWAP-${quote}`,
      quote,
      settle: quote,
      wireBase,
      multiplier,
      intervalHours: drawHours(roster, wireBase, HOURS),
      contractSize: 10 ** Math.round(Math.log10(50 / (asset.priceUsd * multiplier))),
      ...extra,
      marks: [...renamed, ...(extra.marks ?? [])],
    });
  };
  const coins = pickAssets(roster, assets.byKind.coin, Math.round(COINS * scale));
  for (const [index, asset] of coins.entries()) {
    add(asset, "USDT", index >= coins.length - NO_PERIOD ? { marks: ["no_period"] } : {});
  }
  add(assets.litNew, "USDT");
  for (const asset of assets.byKind.stock.slice(0, Math.round(SHARES * scale))) add(asset, "USDT");
  const { metal, index: indices, forex } = assets.byKind;
  for (const kind of [metal, indices, forex]) {
    for (const asset of kind.slice(0, OTHERS_PER_KIND)) add(asset, "USDT");
  }
  for (const asset of coins.slice(0, Math.max(2, Math.round(USDC_TWINS * scale))))
    add(asset, "USDC");
  const dead = assets.byKind.coin.filter((asset) => !coins.includes(asset));
  // A listing that replaced another one keeps its suffixed name.
  for (const asset of dead.slice(0, 1))
    add(asset, "USDT", {
      wireBase: `${asset.ticker}2`,
      base: asset.ticker,
      multiplier: 1,
      marks: ["replaced"],
    });
  for (const asset of dead.slice(1, 4)) add(asset, "USDT", { state: "halted" });
  for (const asset of dead.slice(4, 6)) add(asset, "USDT", { state: "pending", style: "baseline" });
  for (const asset of dead.slice(6, 8)) add(asset, "USDT", { state: "settling" });
  for (const asset of coins.slice(0, 2))
    add(asset, "USD", { product: "inverse", settle: asset.ticker });
  addHidden(roster, add, assets, coins, scale);
}

function addHidden(
  roster: Roster,
  add: (asset: Asset, quote: string, extra?: Partial<ListingPlan>) => boolean,
  assets: AssetTable,
  coins: readonly Asset[],
  scale: number,
): void {
  for (const asset of coins.slice(0, Math.max(2, Math.round(TBV_ROWS * scale)))) {
    add(asset, "USDT", { symbol: `TBV_${asset.ticker}-SWAP-USDT`, product: "other" });
  }
  const relic = { product: "other", marks: ["mark_only"] } as const;
  for (const asset of assets.byKind.coin.slice(-Math.max(2, Math.round(RELICS * scale)))) {
    add(asset, "USDT", relic);
  }
  for (const asset of coins.slice(0, 2)) {
    add(asset, "TESTX8Z9", { ...relic, symbol: `TEST${asset.ticker}-SWAP-TESTX8Z9` });
    roster.add({
      asset,
      symbol: `${asset.ticker}2612250000`,
      quote: "USDT",
      settle: "USDT",
      product: "dated",
      intervalHours: 8,
      deliveryAtMs: DELIVERY_AT_MS,
      marks: ["mark_only"],
    });
  }
}
