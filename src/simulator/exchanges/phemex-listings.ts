import type { Asset, AssetTable } from "../assets.ts";
import { drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import { tradfiAssets } from "./asset-groups.ts";

const COINS = 42;
const OTHERS = 69;
const USDC_TWINS = 10;
const PRE_MARKET = 2;
const COIN_MARGINED = 8;
/** Contracts that remain in the list after their end. */
const DELISTED = 765;

/** Two coins are traded by the thousand; their base currency is written with a space. */
const THOUSANDS = new Set(["SHIB", "PEPE"]);
/** The exchange's own code for natural gas. */
const OWN_NAMES: Readonly<Record<string, string>> = { NATGAS: "NG" };
const HOURS = [
  [4, 0.35],
  [8, 0.65],
] as const;

/** Lists Phemex's linear perpetuals, the coin-margined ones, and what was delisted. */
export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, quote: string, extra: Partial<ListingPlan> = {}): boolean => {
    const thousand = asset.kind === "coin" && THOUSANDS.has(asset.ticker);
    const name = OWN_NAMES[asset.ticker] ?? asset.ticker;
    const symbol = extra.symbol ?? `${thousand ? "u1000" : ""}${name}${quote}`;
    return roster.add({
      asset,
      quote,
      settle: quote,
      wireBase: thousand ? `1000 ${name}` : name,
      base: name,
      multiplier: thousand ? 1000 : 1,
      intervalHours: drawHours(roster, symbol, HOURS),
      marks: asset.kind === "coin" ? [] : ["tradfi"],
      ...extra,
      symbol,
    });
  };
  const { coin } = assets.byKind;
  const thousands = coin.filter(({ ticker }) => THOUSANDS.has(ticker));
  const rest = coin.filter(({ ticker }) => !THOUSANDS.has(ticker));
  const coins = pickAssets(roster, rest, Math.max(2, Math.round(COINS * scale)));
  for (const asset of [...coins, ...thousands, assets.litNew]) add(asset, "USDT");
  let others = 0;
  for (const asset of tradfiAssets(assets)) {
    if (others >= Math.round(OTHERS * scale)) break;
    if (add(asset, "USDT")) others += 1;
  }
  for (const asset of coins.slice(0, Math.round(USDC_TWINS * scale))) add(asset, "USDC");
  for (const asset of assets.byKind.pre_ipo.slice(0, PRE_MARKET)) {
    add(asset, "USDT", { state: "pre_market", style: "zero" });
  }
  for (const [index, asset] of coins.slice(0, COIN_MARGINED).entries()) {
    const symbol = index === 0 ? `${asset.ticker}USD` : `c${asset.ticker}USD`;
    add(asset, "USD", { symbol, settle: asset.ticker, product: "inverse" });
  }
  const dead = rest.filter((asset) => !coins.includes(asset));
  for (const [index, asset] of dead.slice(0, Math.max(2, Math.round(DELISTED * scale))).entries()) {
    add(asset, "USDT", { state: "settling", marks: index === 0 ? ["ticker"] : [] });
  }
}
