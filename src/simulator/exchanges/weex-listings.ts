import type { Asset, AssetTable } from "../assets.ts";
import { drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import { tradfiAssets } from "./asset-groups.ts";

/** A few more coins than the real 577, as fewer shares than its 418 are known here. */
const COINS = 610;
const TRADFI = 370;
const PRE_IPO = 8;
const DEMOS = 3;
const RENAMED = 4;
const PREFIX: Readonly<Record<string, readonly [prefix: string, multiplier: number]>> = {
  PEPE: ["1000", 1000],
  FLOKI: ["1000", 1000],
  SHIB: ["1000", 1000],
  SATS: ["1000", 1000],
  BONK: ["1000", 1000],
  BTT: ["1000", 1000],
  XEC: ["1000", 1000],
  BABYDOGE: ["1M", 1_000_000],
};
/** Shares of a census of the crypto contracts: 447 at 4 h, 126 at 8 h, 4 at 1 h. */
const HOURS = [
  [4, 0.775],
  [1, 0.007],
  [8, 0.218],
] as const;

export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const [prefix, multiplier] = (asset.kind === "coin" ? PREFIX[asset.ticker] : undefined) ?? [
      "",
      1,
    ];
    const wireBase = extra.wireBase ?? prefix + asset.ticker;
    return roster.add({
      asset,
      symbol: `${wireBase}USDT`,
      quote: "USDT",
      settle: "USDT",
      multiplier,
      intervalHours: drawHours(roster, wireBase, HOURS),
      ...extra,
      wireBase,
    });
  };
  const coins = pickAssets(roster, assets.byKind.coin, Math.round(COINS * scale));
  for (const [index, asset] of coins.entries()) {
    const renamed = asset.ticker === "TON" || index >= coins.length - RENAMED;
    add(asset, renamed ? { marks: ["renamed"] } : {});
  }
  add(assets.litOld);
  addChinese(add, assets);
  const wanted = tradfiAssets(assets).slice(0, Math.round(TRADFI * scale));
  for (const asset of wanted) add(asset, oddTradfi(asset));
  for (const asset of assets.byKind.pre_ipo.slice(0, PRE_IPO)) add(asset, { state: "pre_market" });
  for (const asset of coins.slice(0, DEMOS)) {
    add(asset, {
      symbol: `${asset.ticker}SUSDT`,
      settle: "SUSDT",
      quote: "SUSDT",
      product: "other",
    });
  }
}

/** One coin under its pinyin name, and one that is listed under both of its names. */
function addChinese(
  add: (asset: Asset, extra?: Partial<ListingPlan>) => boolean,
  { chinese }: AssetTable,
): void {
  for (const [index, { asset, pinyin }] of chinese.entries()) {
    add(asset, { wireBase: pinyin, base: pinyin, marks: ["chinese"] });
    if (index > 0) add(asset);
  }
}

/** The Nikkei is listed as a coin under another name; one share has a settlement in 1970. */
function oddTradfi({ ticker }: Asset): Partial<ListingPlan> {
  if (ticker === "JPN225") return { wireBase: "JP225", base: "JP225", marks: ["filed_as_coin"] };
  return ticker === "DAL" ? { marks: ["epoch_next"] } : {};
}
