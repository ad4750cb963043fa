import type { Asset, AssetTable } from "../assets.ts";
import { DELIVERY_AT_MS, drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import { tradfiAssets } from "./asset-groups.ts";

const COINS = 600;
const OTHERS = 60;
const USDC_TWINS = 7;
/** One in this many coins is going to be delisted. */
const TO_BE_DELISTED_EVERY = 150;
const NULL_GRANULARITY_SHARE = 0.02;
const PREFIX: Readonly<Record<string, readonly [string, number]>> = {
  BONK: ["1000BONK", 1000],
  SATS: ["1000SATS", 1000],
  RATS: ["1000RATS", 1000],
  CAT: ["10000CAT", 10_000],
  MOG: ["1000000MOG", 1_000_000],
  BABYDOGE: ["1MBABYDOGE", 1_000_000],
};
const HOURS = [
  [4, 0.63],
  [1, 0.004],
  [8, 0.366],
] as const;

export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, quote: string, extra: Partial<ListingPlan> = {}): boolean => {
    const [prefixed, multiplier] = (asset.kind === "coin" ? PREFIX[asset.ticker] : undefined) ?? [
      asset.ticker,
      1,
    ];
    const wireBase = extra.wireBase ?? (asset.ticker === "BTC" ? "XBT" : prefixed);
    const symbol = extra.symbol ?? `${wireBase}${quote}M`;
    const contractSize = 10 ** Math.round(Math.log10(50 / (asset.priceUsd * multiplier)));
    const odd = asset.ticker === "TRUST" ? { gridShiftHours: 3, intervalHours: 4 } : {};
    const marks = roster.draw(symbol, "granularity") < NULL_GRANULARITY_SHARE ? ["no_current"] : [];
    const intervalHours = drawHours(roster, symbol, HOURS);
    return roster.add({
      asset,
      quote,
      settle: quote,
      multiplier,
      intervalHours,
      contractSize,
      marks,
      ...odd,
      ...extra,
      wireBase,
      symbol,
    });
  };
  const coins = pickAssets(roster, assets.byKind.coin, Math.round(COINS * scale));
  for (const [index, asset] of coins.entries())
    add(asset, "USDT", index % TO_BE_DELISTED_EVERY === 9 ? { deliveryAtMs: DELIVERY_AT_MS } : {});
  const trust = assets.byKind.coin.find((asset) => asset.ticker === "TRUST");
  if (trust) add(trust, "USDT");
  add(assets.litOld, "USDT");
  for (const { asset, pinyin } of assets.chinese)
    add(asset, "USDT", { wireBase: pinyin, marks: ["display"] });
  add(assets.hongKongShare, "USDT");
  let others = 0;
  for (const asset of tradfiAssets(assets)) {
    if (others >= Math.round(OTHERS * scale)) break;
    if (asset.kind === "forex" || asset.kind === "index") continue;
    if (add(asset, "USDT")) others += 1;
  }
  for (const asset of coins.slice(0, Math.max(2, Math.round(USDC_TWINS * scale))))
    add(asset, "USDC");
  for (const asset of assets.byKind.pre_ipo.slice(0, 3))
    add(asset, "USDT", { state: "pre_market", style: "zero" });
  const dead = assets.byKind.coin.filter((asset) => !coins.includes(asset) && asset !== trust);
  for (const asset of dead.slice(0, 3)) add(asset, "USDT", { state: "settling" });
  for (const asset of dead.slice(3, 5)) add(asset, "USDT", { state: "halted" });
  for (const asset of coins.slice(0, 6)) {
    const coin = asset.ticker === "BTC" ? "XBT" : asset.ticker;
    add(asset, "USD", {
      symbol: `${coin}USDM`,
      settle: coin,
      product: "inverse",
      contractSize: -1,
    });
  }
  const [btc] = coins;
  if (btc) {
    add(btc, "USD", {
      symbol: "XBTMZ26",
      settle: "XBT",
      product: "inverse_dated",
      deliveryAtMs: DELIVERY_AT_MS,
      contractSize: -1,
    });
    add(btc, "USDT", { symbol: "XBTUSDTMZ26", product: "dated", deliveryAtMs: DELIVERY_AT_MS });
  }
}
