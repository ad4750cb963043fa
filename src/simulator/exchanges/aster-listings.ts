import type { Asset, AssetTable } from "../assets.ts";
import { DELIVERY_AT_MS, drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";

const COINS = 246;
const SHARES = 40;
/** Margined in another dollar than USDT. */
const TWINS = [
  ["USDC", 4],
  ["USD1", 3],
] as const;
/** Symbols missing from the list of intervals: theirs is unknown. */
const MISSING_INTERVAL_SHARE = 0.05;
const THOUSANDS = new Set("PEPE SHIB BONK FLOKI SATS CHEEMS RATS XEC LUNC TOSHI".split(" "));
const HOURS = [
  [8, 0.5],
  [4, 0.44],
  [1, 0.06],
] as const;

function named(asset: Asset): { wireBase: string; multiplier: number } {
  if (asset.kind !== "coin") return { wireBase: asset.ticker, multiplier: 1 };
  if (asset.ticker === "BABYDOGE") return { wireBase: "1MBABYDOGE", multiplier: 1_000_000 };
  if (asset.ticker === "MOG") return { wireBase: "1000000MOG", multiplier: 1_000_000 };
  if (asset.ticker === "WHY") return { wireBase: "10000WHY", multiplier: 10_000 };
  if (THOUSANDS.has(asset.ticker)) return { wireBase: `1000${asset.ticker}`, multiplier: 1000 };
  return { wireBase: asset.ticker, multiplier: 1 };
}

export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, quote: string, extra: Partial<ListingPlan> = {}): boolean => {
    const name = named(asset);
    const symbol = extra.symbol ?? name.wireBase + quote;
    const marks = roster.draw(symbol, "untold") < MISSING_INTERVAL_SHARE ? ["no_interval"] : [];
    return roster.add({
      asset,
      quote,
      settle: quote,
      intervalHours: drawHours(roster, symbol, HOURS),
      ...name,
      ...extra,
      symbol,
      marks: [...marks, ...(extra.marks ?? [])],
    });
  };
  const coins = pickAssets(roster, assets.byKind.coin, Math.round(COINS * scale));
  for (const asset of coins) add(asset, "USDT");
  add(assets.litNew, "USDT");
  for (const { asset } of assets.chinese) add(asset, "USDT");
  for (const [quote, count] of TWINS) for (const asset of coins.slice(0, count)) add(asset, quote);
  for (const asset of assets.byKind.stock.slice(0, Math.round(SHARES * scale)))
    add(asset, "USDT", { marks: [roster.draw(asset.ticker, "fund") < 0.2 ? "ETF" : "STOCK"] });
  for (const asset of assets.byKind.metal.slice(0, 2))
    add(asset, "USDT", { marks: ["Commodities"] });
  // Tagged with an undocumented word.
  for (const asset of assets.byKind.forex.slice(0, 1)) add(asset, "USDT");
  for (const asset of assets.byKind.pre_ipo.slice(0, 2))
    add(asset, "USDT", { state: "pre_market", marks: ["STOCK"] });
  addOthers(
    add,
    coins,
    assets.byKind.coin.filter((asset) => !coins.includes(asset)),
  );
}

/** Everything on the wire besides the live perpetuals. */
function addOthers(
  add: (asset: Asset, quote: string, extra: Partial<ListingPlan>) => boolean,
  coins: readonly Asset[],
  dead: readonly Asset[],
): void {
  for (const asset of dead.slice(0, 6)) add(asset, "USDT", { state: "settling" });
  for (const asset of dead.slice(6, 9)) add(asset, "USDT", { state: "pending" });
  // In the rates, but not in the list of instruments.
  for (const asset of dead.slice(9, 12))
    add(asset, "USDT", { symbol: `${asset.ticker}OLDUSDT`, product: "other" });
  // In the list with status TRADING, but not tradable.
  const [test, bare] = dead.slice(12, 14);
  if (test)
    add(test, "USDT", {
      symbol: "TESTUSDT",
      wireBase: "TEST",
      product: "other",
      marks: ["listed"],
    });
  if (bare) add(bare, "USDT", { product: "other", marks: ["listed", "no_base"] });
  for (const asset of coins.slice(0, 2)) {
    add(asset, "USD", { settle: asset.ticker, product: "inverse" });
    add(asset, "USDT", {
      symbol: `${asset.ticker}USDT_261225`,
      product: "dated",
      deliveryAtMs: DELIVERY_AT_MS,
    });
  }
}
