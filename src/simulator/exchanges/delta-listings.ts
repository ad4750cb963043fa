import type { Asset, AssetTable } from "../assets.ts";
import { DELIVERY_AT_MS, drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";

const COINS = 219;
const GLOBAL = "BTC ETH SOL XRP DOGE PAXG".split(" ");
/** One per cent per 8 h is the usual bound. */
const CAP_PER_8H = 0.01;
/** Products without an interval. */
const NO_SPECS = 2;
const HOURS = [
  [8, 0.72],
  [4, 0.25],
  [1, 0.03],
] as const;

export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const { quote = "USD" } = extra;
    const symbol = extra.symbol ?? asset.ticker + quote;
    const intervalHours = drawHours(roster, symbol, HOURS);
    return roster.add({
      asset,
      quote,
      settle: quote,
      intervalHours,
      cap: (CAP_PER_8H * intervalHours) / 8,
      contractSize: 10 ** Math.round(Math.log10(20 / asset.priceUsd)),
      ...extra,
      symbol,
    });
  };
  const { coin } = assets.byKind;
  const coins = pickAssets(roster, coin, Math.round(COINS * scale));
  for (const [place, asset] of coins.entries())
    add(asset, place >= coins.length - NO_SPECS ? { marks: ["no_specs"] } : {});
  add(assets.litNew);
  // The other platform's few contracts, in another currency.
  for (const asset of coin.filter(({ ticker }) => GLOBAL.includes(ticker)))
    add(asset, { quote: "USDT", marks: ["global"] });
  const dead = coin.filter((asset) => !coins.includes(asset) && !GLOBAL.includes(asset.ticker));
  for (const asset of dead.slice(0, 2)) add(asset, { state: "halted" });
  for (const asset of dead.slice(2, 4)) add(asset, { state: "pending" });
  for (const asset of dead.slice(4, 6)) add(asset, { state: "settling" });
  for (const asset of coins.slice(0, 2)) {
    add(asset, { symbol: `${asset.ticker}USD_INV`, settle: asset.ticker, product: "inverse" });
    add(asset, {
      symbol: `${asset.ticker}USD_Q`,
      settle: "USDT",
      product: "other",
      marks: ["quanto"],
    });
    add(asset, {
      symbol: `${asset.ticker}USD_251226`,
      product: "dated",
      deliveryAtMs: DELIVERY_AT_MS,
    });
  }
  const [btc, eth] = coins;
  if (btc && eth)
    add(
      { ...eth, priceUsd: eth.priceUsd / btc.priceUsd },
      { quote: "BTC", marks: ["global"], contractSize: 0.01 },
    );
}
