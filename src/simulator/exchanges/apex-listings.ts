import type { Asset, AssetTable } from "../assets.ts";
import { pickAssets, type ListingPlan, type Roster } from "../roster.ts";

const TRADABLE = 87;
const UNTRADABLE = 43;
const STOCKS = 35;
/** In the stock list as well. */
const METALS = 2;
const INDICES = 2;
const DEAD_STOCKS = 9;
/** Contracts of that list without a category. */
const NO_CATEGORY_SHARE = 0.1;
/** Prediction contracts in the catalogue; settled ones no longer have a ticker. */
const PREDICTIONS = 184;
const PREDICTIONS_WITH_TICKER = 173;
export const MAJORS = new Set("BTC ETH SOL".split(" "));
const MAJOR_CAP_PER_HOUR = 0.000234;
const CAP_PER_HOUR = 0.0025;
const OLD_TIME_SHARE = 0.04;
const PREFIX: Readonly<Record<string, readonly [string, number]>> = {
  PEPE: ["1000PEPE", 1000],
  SHIB: ["1000SHIB", 1000],
  BONK: ["1000BONK", 1000],
  FLOKI: ["1000FLOKI", 1000],
  LUNC: ["1000LUNC", 1000],
  XEC: ["1000XEC", 1000],
  RATS: ["1000RATS", 1000],
  SATS: ["10000SATS", 10_000],
  CAT: ["10000CAT", 10_000],
  CHEEMS: ["1000000CHEEMS", 1_000_000],
  BABYDOGE: ["1000000BABYDOGE", 1_000_000],
  MOG: ["1000000MOG", 1_000_000],
};

export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const known = asset.kind === "coin" ? PREFIX[asset.ticker] : undefined;
    const [wireBase, multiplier] = known ?? [asset.ticker, 1];
    const symbol = extra.symbol ?? `${wireBase}USDT`;
    const isOld = roster.draw(symbol, "time") < OLD_TIME_SHARE;
    return roster.add({
      asset,
      wireBase,
      multiplier,
      quote: "USDT",
      settle: "USDT",
      intervalHours: 1,
      cap: MAJORS.has(asset.ticker) ? MAJOR_CAP_PER_HOUR : CAP_PER_HOUR,
      ...extra,
      marks: [...(extra.marks ?? []), ...(isOld ? ["time_of_day"] : [])],
      symbol,
    });
  };
  const quoted = assets.byKind.coin.filter(({ ticker }) => ticker !== "MOG");
  const coins = pickAssets(roster, quoted, Math.round(TRADABLE * scale));
  for (const [index, asset] of coins.entries()) {
    // Two tradable markets are not displayed, one is close-only.
    const marks = index === 20 || index === 21 ? ["hidden"] : index === 22 ? ["close_only"] : [];
    add(asset, { marks });
  }
  add(assets.litNew);
  const rest = quoted.filter((asset) => !coins.includes(asset));
  const dead = Math.round(UNTRADABLE * scale);
  for (const asset of rest.slice(0, dead)) add(asset, { state: "halted" });
  for (const asset of rest.slice(dead, dead + 3)) add(asset, { state: "pre_market" });
  for (const asset of rest.slice(dead + 3, dead + 5)) add(asset, { state: "pending" });
  for (const asset of assets.byKind.pre_ipo.slice(0, 2))
    add(asset, { state: "pre_market", marks: ["prelaunch"] });
  addStocks(roster, add, assets, scale);
  for (let i = 0; i < Math.round(PREDICTIONS * scale); i += 1) {
    const asset = assets.byKind.coin[i % 40];
    const marks = ["prediction", ...(i < PREDICTIONS_WITH_TICKER ? [] : ["silent"])];
    if (asset) add(asset, { product: "other", marks, symbol: `${asset.ticker}ABOVE${i + 1}USDT` });
  }
  // It has a ticker but is in no list.
  for (const asset of assets.byKind.coin.filter(({ ticker }) => ticker === "MOG"))
    add(asset, { product: "other" });
}

/** Stocks, metals and indexes: a separate list. */
function addStocks(
  roster: Roster,
  add: (asset: Asset, extra?: Partial<ListingPlan>) => boolean,
  { byKind }: AssetTable,
  scale: number,
): void {
  const count = Math.round(STOCKS * scale);
  const live = [
    ...byKind.stock.slice(0, count),
    ...byKind.metal.slice(0, METALS),
    ...byKind.index.slice(0, INDICES),
  ];
  for (const asset of live) {
    const isBare = roster.draw(asset.ticker, "category") < NO_CATEGORY_SHARE;
    add(asset, { marks: ["stock", ...(isBare ? ["no_category"] : [])] });
  }
  for (const asset of byKind.stock.slice(count, count + Math.max(1, DEAD_STOCKS * scale)))
    add(asset, { state: "halted", marks: ["stock"] });
}
