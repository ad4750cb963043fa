import type { Asset, AssetTable } from "../assets.ts";
import { DELIVERY_AT_MS, drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import { tradfiAssets } from "./asset-groups.ts";

const COINS = 514;
const USDC_PERPS = 24;
const TRADFI = 130;
/** Contracts that started as pre-market ones: their tickers say "Finished" ever after. */
const ONCE_PRE_MARKET_SHARE = 0.05;
/** Of the shares and funds: those the exchange calls funds, and those it calls tokens of shares. */
const FUND_SHARE = 0.2;
const TOKEN_SHARE = 0.4;
const PREFIX: Readonly<Record<string, number>> = {
  PEPE: 1000,
  BONK: 1000,
  FLOKI: 1000,
  RATS: 1000,
  LUNC: 1000,
  XEC: 1000,
  CAT: 1000,
  TURBO: 1000,
  TOSHI: 1000,
  SATS: 10_000,
  WHY: 10_000,
  BABYDOGE: 1_000_000,
  MOG: 1_000_000,
  CHEEMS: 1_000_000,
};
const HOURS = [
  [4, 0.5],
  [1, 0.01],
  [2, 0.02],
  [8, 0.47],
] as const;

function named(asset: Asset): { wireBase: string; multiplier: number } {
  if (asset.ticker === "SHIB") return { wireBase: "SHIB1000", multiplier: 1000 };
  const prefix = PREFIX[asset.ticker];
  if (prefix === undefined) return { wireBase: asset.ticker, multiplier: 1 };
  return { wireBase: `${prefix}${asset.ticker}`, multiplier: prefix };
}

export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, quote: string, extra: Partial<ListingPlan> = {}): boolean => {
    const name = named(asset);
    const symbol = extra.symbol ?? name.wireBase + quote;
    const marks = [
      ...(roster.draw(symbol, "single") < 0.12 ? ["no_single"] : []),
      ...(roster.draw(symbol, "once_pre_market") < ONCE_PRE_MARKET_SHARE
        ? ["once_pre_market"]
        : []),
      ...(extra.marks ?? []),
    ];
    const intervalHours = drawHours(roster, symbol, HOURS);
    return roster.add({
      asset,
      quote,
      settle: quote,
      intervalHours,
      ...name,
      ...extra,
      symbol,
      marks,
    });
  };
  const coins = pickAssets(roster, assets.byKind.coin, Math.round(COINS * scale));
  for (const asset of coins) add(asset, "USDT");
  add(assets.litNew, "USDT");
  for (const { asset } of assets.chinese) add(asset, "USDT");
  for (const asset of coins.slice(0, Math.round(USDC_PERPS * scale))) {
    add(asset, "USDC", { symbol: `${named(asset).wireBase}PERP` });
  }
  let others = 0;
  for (const asset of tradfiAssets(assets)) {
    if (others >= Math.round(TRADFI * scale)) break;
    if (asset.kind === "index") continue;
    const drawn = roster.draw(asset.ticker, "kind of share");
    const share = drawn < FUND_SHARE ? "ETF" : drawn < TOKEN_SHARE ? "xstocks" : "stock";
    const type = asset.kind === "stock" ? share : asset.kind === "forex" ? "forex" : "commodity";
    if (add(asset, "USDT", { marks: [type] })) others += 1;
  }
  const dead = assets.byKind.coin.filter((asset) => !coins.includes(asset));
  for (const asset of dead.slice(0, 3))
    add(asset, "USDT", { state: "settling", style: "baseline" });
  for (const asset of assets.byKind.pre_ipo.slice(0, 4))
    add(asset, "USDT", { state: "pre_market", style: "zero" });
  for (const asset of coins.slice(0, 2)) {
    const dated = { product: "dated", deliveryAtMs: DELIVERY_AT_MS } as const;
    for (const day of ["27NOV26", "25DEC26", "26MAR27"]) {
      add(asset, "USDT", { ...dated, symbol: `${asset.ticker}USDT-${day}` });
      add(asset, "USDC", { ...dated, symbol: `${asset.ticker}-${day}` });
    }
  }
}
