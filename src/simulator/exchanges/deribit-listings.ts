import type { Asset, AssetTable } from "../assets.ts";
import { DELIVERY_AT_MS, pickAssets, type ListingPlan, type Roster } from "../roster.ts";

const COINS = 93;
const SHARES = 23;
const FUNDS = 5;
/** Coins with dated contracts, and the months of each. */
const DATED_COINS = 9;
const MONTHS = ["25DEC26", "29JAN27", "26FEB27", "26MAR27", "25JUN27"];
const WEEK_MS = 604_800_000;
/** Linear contracts are bounded by five per cent per 8 h. */
const CAP = 0.05;
/** Contracts without an order book, and some whose volume has only one field name. */
const QUIET = 3;
const NO_NOTIONAL = 6;
const THOUSANDS = new Set("BONK MOG PEPE SHIB".split(" "));

export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const thousand = asset.kind === "coin" && THOUSANDS.has(asset.ticker);
    const wireBase = thousand ? `1000${asset.ticker}` : asset.ticker;
    const multiplier = thousand ? 1000 : 1;
    return roster.add({
      asset,
      wireBase,
      multiplier,
      symbol: `${wireBase}_USDC-PERPETUAL`,
      quote: "USDC",
      settle: "USDC",
      intervalHours: 8,
      cap: CAP,
      contractSize: 10 ** Math.round(Math.log10(5 / (asset.priceUsd * multiplier))),
      ...extra,
    });
  };
  const scaled = (count: number): number => Math.max(1, Math.round(count * scale));
  const { coin, stock, metal, commodity, index, pre_ipo: preIpo } = assets.byKind;
  const coins = pickAssets(roster, coin, Math.round(COINS * scale), 0.5);
  for (const [place, asset] of coins.entries()) {
    const fromEnd = coins.length - place;
    const odd = fromEnd <= QUIET ? ["quiet"] : fromEnd <= NO_NOTIONAL ? ["no_notional"] : [];
    add(asset, { marks: odd });
  }
  for (const asset of coin.filter(({ ticker }) => THOUSANDS.has(ticker))) add(asset);
  add(assets.litOld);
  for (const asset of stock.slice(0, scaled(SHARES))) add(asset);
  for (const asset of stock.slice(SHARES, SHARES + scaled(FUNDS))) add(asset, { marks: ["etf"] });
  for (const asset of [...metal.slice(0, 2), ...commodity.slice(0, 2), ...index.slice(0, 1)])
    add(asset);
  for (const asset of preIpo.slice(0, 1)) add(asset, { state: "pre_market", cap: 0.02 });
  const dead = coin.filter((asset) => !coins.includes(asset) && !THOUSANDS.has(asset.ticker));
  for (const asset of dead.slice(0, 2)) add(asset, { state: "halted" });
  for (const asset of dead.slice(2, 4)) add(asset, { state: "settling" });
  for (const asset of coins.slice(0, DATED_COINS)) addDated(add, asset);
  for (const asset of coins.slice(0, 2))
    add(asset, {
      symbol: `${asset.ticker}-PERPETUAL`,
      quote: "USD",
      settle: asset.ticker,
      product: "inverse",
      contractSize: 10,
    });
}

function addDated(
  add: (asset: Asset, extra?: Partial<ListingPlan>) => boolean,
  asset: Asset,
): void {
  for (const [place, month] of MONTHS.entries()) {
    add(asset, {
      symbol: `${asset.ticker}_USDC-${month}`,
      product: "dated",
      deliveryAtMs: DELIVERY_AT_MS + place * 5 * WEEK_MS,
    });
  }
}
