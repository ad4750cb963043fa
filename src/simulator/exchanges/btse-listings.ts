import type { Asset, AssetTable } from "../assets.ts";
import { DELIVERY_AT_MS, drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";

const COINS = 129;
const SHARES = 73;
const THOUSANDS = new Set("PEPE SHIB FLOKI BONK CAT".split(" "));
/** Two names with another meaning here: natural gas, and a share. */
const TAKEN_NAMES = new Set(["GAS", "QNT"]);
/** The exchange's name of one coin includes its chain. */
const CODES: Readonly<Record<string, string>> = { TRUMP: "TRUMPSOL", NATGAS: "GAS" };
/** The maximum value of a contract: about a hundred-thousandth of a bitcoin. */
const CONTRACT_USD = 0.5;
/** Shares of a census: 144 of 211 at 8 h, 67 at 4 h. */
const HOURS = [
  [8, 0.68],
  [4, 0.32],
] as const;

export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const thousand = asset.kind === "coin" && THOUSANDS.has(asset.ticker);
    const multiplier = thousand ? 1000 : 1;
    const own = CODES[asset.ticker] ?? asset.ticker;
    const wireBase = extra.wireBase ?? (thousand ? `1K${asset.ticker}` : own);
    return roster.add({
      asset,
      multiplier,
      symbol: `${wireBase}-PERP-USDT`,
      quote: "USDT",
      settle: "USDT",
      intervalHours: drawHours(roster, wireBase, HOURS),
      contractSize: 10 ** Math.round(Math.log10(CONTRACT_USD / (asset.priceUsd * multiplier))),
      ...extra,
      wireBase,
    });
  };
  const { stock, metal, commodity } = assets.byKind;
  const known = assets.byKind.coin.filter(({ ticker }) => !TAKEN_NAMES.has(ticker));
  const coins = pickAssets(roster, known, Math.round(COINS * scale));
  for (const asset of coins) add(asset);
  for (const asset of known.filter(({ ticker }) => ticker in CODES)) add(asset);
  add(assets.litOld);
  for (const asset of stock.slice(0, Math.round(SHARES * scale))) add(asset);
  for (const asset of stock.slice(-1)) add(asset, { wireBase: "QNT", base: "QNT" });
  for (const asset of [...metal.slice(0, 3), ...commodity.slice(0, 3)])
    add(asset, asset.ticker === "NATGAS" ? { base: "GAS" } : {});
  const dead = known.filter((asset) => !coins.includes(asset) && !(asset.ticker in CODES));
  for (const asset of dead.slice(0, 4)) add(asset, { state: "halted" });
  for (const asset of coins.slice(0, 2)) {
    const dated = { product: "dated", deliveryAtMs: DELIVERY_AT_MS } as const;
    add(asset, { ...dated, symbol: `${asset.ticker}-261225-USDT` });
  }
}
