import type { Asset, AssetTable } from "../assets.ts";
import { DELIVERY_AT_MS, drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import { tradfiAssets } from "./asset-groups.ts";

const COINS = 740;
const OTHERS = 320;
const USDC_TWINS = 78;
const USD1_TWINS = 35;
const INVERSE = 10;
const GHOSTS = 8;
/** A fifth of all contracts charge exactly zero, including many shares. */
const ZERO_SHARE = 0.19;
/** Contracts that trade on the web but are closed to the API. */
const WEB_ONLY_SHARE = 0.035;
/** Target value of a contract in dollars, within the sizes that occur. */
const CONTRACT_USD = 8;
const SMALLEST_SIZE_EXPONENT = -5;
const LARGEST_SIZE_EXPONENT = 7;

/** Other coins with tiny prices are listed per coin, with the scale in the contract size. */
const PREFIX: Readonly<Record<string, readonly [wireBase: string, multiplier: number]>> = {
  BONK: ["1000BONK", 1_000],
  RATS: ["1000RATS", 1_000],
  BABYDOGE: ["1000000BABYDOGE", 1_000_000],
  MOG: ["1000000MOG", 1_000_000],
};
/** MEXC's own names. */
const OWN_NAMES: Readonly<Record<string, string>> = {
  FIL: "FILECOIN",
  PUMP: "PUMPFUN",
  TRUMP: "TRUMPOFFICIAL",
  NVDA: "NVIDIA",
  TSLA: "TESLA",
};
const HOURS = [
  [4, 0.545],
  [1, 0.01],
  [2, 0.005],
  [24, 0.02],
  [8, 0.42],
] as const;

/** Lists MEXC's contracts; a mark represents what only the contract list states. */
export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, quote: string, extra: Partial<ListingPlan> = {}): boolean => {
    const [wireBase, multiplier] = (asset.kind === "coin" ? PREFIX[asset.ticker] : undefined) ?? [
      OWN_NAMES[asset.ticker] ?? asset.ticker,
      1,
    ];
    const symbol = extra.symbol ?? `${wireBase}_${quote}`;
    return roster.add({
      asset,
      quote,
      settle: quote,
      wireBase,
      multiplier,
      intervalHours: drawHours(roster, symbol, HOURS),
      contractSize: contractSize(asset.priceUsd * multiplier),
      marks: roster.draw(symbol, "api") < WEB_ONLY_SHARE ? ["web_only"] : [],
      ...(roster.draw(symbol, "zero") < ZERO_SHARE ? { style: "zero" } : {}),
      ...extra,
      symbol,
    });
  };
  const coins = pickAssets(roster, assets.byKind.coin, Math.round(COINS * scale));
  for (const asset of coins) add(asset, "USDT");
  add(assets.litOld, "USDT");
  let others = 0;
  for (const asset of tradfiAssets(assets)) {
    if (others >= Math.round(OTHERS * scale)) break;
    if (asset.kind !== "forex" && add(asset, "USDT")) others += 1;
  }
  for (const asset of coins.slice(0, Math.round(USDC_TWINS * scale))) add(asset, "USDC");
  for (const asset of coins.slice(0, Math.round(USD1_TWINS * scale))) add(asset, "USD1");
  for (const asset of coins.slice(0, Math.max(2, Math.round(INVERSE * scale)))) {
    add(asset, "USD", { settle: asset.ticker, product: "inverse", contractSize: 10 });
  }
  addDead(add, assets, coins);
}

/** Rows in the replies that must not be shown. */
function addDead(
  add: (asset: Asset, quote: string, extra?: Partial<ListingPlan>) => boolean,
  assets: AssetTable,
  coins: readonly Asset[],
): void {
  const dead = assets.byKind.coin.filter((asset) => !coins.includes(asset));
  for (const asset of dead.slice(0, 3)) add(asset, "USDT", { state: "settling" });
  for (const asset of dead.slice(3, 5)) add(asset, "USDT", { state: "halted" });
  for (const asset of dead.slice(5, 7)) add(asset, "USDT", { state: "pending" });
  for (const asset of dead.slice(7, 7 + GHOSTS)) {
    add(asset, "USDT", { product: "other", style: "zero" });
  }
  for (const asset of coins.slice(0, 2)) {
    const symbol = `${asset.ticker}_USDT_20261225`;
    add(asset, "USDT", { symbol, product: "dated", deliveryAtMs: DELIVERY_AT_MS, style: "zero" });
  }
}

/** Coins per contract: a power of ten that makes a contract worth a few dollars. */
function contractSize(priceUsd: number): number {
  const exponent = Math.round(Math.log10(CONTRACT_USD / priceUsd));
  const bounded = Math.min(Math.max(exponent, SMALLEST_SIZE_EXPONENT), LARGEST_SIZE_EXPONENT);
  return Number(`1e${bounded}`);
}
