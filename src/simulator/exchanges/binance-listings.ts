import type { Asset, AssetTable } from "../assets.ts";
import { DELIVERY_AT_MS, drawHours, pickAssets, type Roster } from "../roster.ts";
import { tradfiAssets } from "./asset-groups.ts";

const COINS = 530;
const USDC_TWINS = 36;
const TRADFI = 170;
const SETTLING = 127;
const THOUSANDS = new Set("PEPE SHIB BONK FLOKI SATS RATS LUNC XEC CAT CHEEMS WHY".split(" "));
/** Shares of fundingInfo in a census: 469 at 4 h, 333 at 8 h, 1 at 1 h. */
const HOURS = [
  [4, 0.57],
  [1, 0.004],
  [2, 0.003],
  [8, 0.423],
] as const;

/** The ticker with Binance's multiplier prefix. */
function named(asset: Asset): { wireBase: string; multiplier: number } {
  if (asset.ticker === "BABYDOGE") return { wireBase: "1MBABYDOGE", multiplier: 1_000_000 };
  if (asset.ticker === "MOG") return { wireBase: "1000000MOG", multiplier: 1_000_000 };
  if (THOUSANDS.has(asset.ticker)) return { wireBase: `1000${asset.ticker}`, multiplier: 1000 };
  return { wireBase: asset.ticker, multiplier: 1 };
}

export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (
    asset: Asset,
    quote: string,
    extra: Partial<Parameters<Roster["add"]>[0]> = {},
  ): boolean => {
    const name = named(asset);
    const symbol = name.wireBase + quote;
    // Absence from fundingInfo means 8 h, and Binance drops no adjusted symbol from that list.
    const hours = drawHours(roster, symbol, HOURS);
    const unadjusted = hours === 8 && roster.draw(symbol, "adjusted") < 0.2;
    const marks = [...(unadjusted ? ["unadjusted"] : []), ...(extra.marks ?? [])];
    return roster.add({
      asset,
      symbol,
      quote,
      settle: quote,
      intervalHours: hours,
      ...name,
      ...extra,
      marks,
    });
  };
  const coins = pickAssets(roster, assets.byKind.coin, Math.round(COINS * scale));
  for (const asset of coins) add(asset, "USDT");
  add(assets.litNew, "USDT");
  for (const { asset } of assets.chinese) add(asset, "USDT");
  for (const asset of coins.slice(0, Math.round(USDC_TWINS * scale))) add(asset, "USDC");
  for (const asset of assets.byKind.basket) add(asset, "USDT", { marks: ["INDEX"] });
  const [btc, eth] = assets.byKind.coin;
  if (eth) {
    const inBtc = { ...eth, priceUsd: 0.0262, ticker: "ETH" };
    add(inBtc, "BTC");
  }
  let shares = 0;
  for (const asset of tradfiAssets(assets)) {
    if (shares >= Math.round(TRADFI * scale)) break;
    const mark = asset.kind === "stock" ? "EQUITY" : asset.kind === "index" ? "INDEX" : "COMMODITY";
    if (add(asset, "USDT", { marks: ["TRADIFI", mark] })) shares += 1;
  }
  const dead = assets.byKind.coin.filter((asset) => !coins.includes(asset));
  for (const asset of dead.slice(0, Math.round(SETTLING * scale))) {
    add(asset, "USDT", { state: "settling", style: "baseline" });
  }
  for (const asset of [btc, eth]) {
    if (!asset) continue;
    for (const [suffix, mark] of [
      ["261225", "CURRENT_QUARTER"],
      ["270326", "NEXT_QUARTER"],
    ] as const) {
      add(asset, "USDT", {
        symbol: `${asset.ticker}USDT_${suffix}`,
        product: "dated",
        deliveryAtMs: DELIVERY_AT_MS,
        marks: [mark],
      });
    }
  }
  const last = dead.at(-1);
  if (last) add(last, "USDT", { symbol: `${last.ticker}STUSDT`, state: "pending" });
  for (const asset of dead.slice(-4, -1))
    add(asset, "USDT", { symbol: `${asset.ticker}OLDUSDT`, product: "other" });
}
