import type { Asset, AssetTable } from "../assets.ts";
import { drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";

const COINS = 72;
const TRADFI = 7;
/** Markets listed by brokers: shares and small coins. */
export const BROKERS = ["mythos", "alpix", "fastx"] as const;
const BROKER_SHARES = 39;
const BROKER_COINS = 20;
const CAP = 0.00375;
const PREFIX: Readonly<Record<string, number>> = {
  PEPE: 1000,
  BONK: 1000,
  FLOKI: 1000,
  SHIB: 1000,
  LUNC: 1000,
  CAT: 10_000,
  SATS: 10_000,
  MOG: 1_000_000,
  BABYDOGE: 1_000_000,
};
const HOURS = [
  [4, 0.42],
  [8, 0.54],
  [1, 0.04],
] as const;

export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const multiplier = (asset.kind === "coin" ? PREFIX[asset.ticker] : undefined) ?? 1;
    const wireBase = multiplier === 1 ? asset.ticker : `${multiplier}${asset.ticker}`;
    const quote = extra.quote ?? "USDC";
    const symbol = extra.symbol ?? `PERP_${wireBase}_${quote}`;
    return roster.add({
      asset,
      wireBase,
      quote,
      settle: quote,
      multiplier,
      intervalHours: drawHours(roster, symbol, HOURS),
      cap: CAP,
      ...extra,
      symbol,
    });
  };
  const coins = pickAssets(roster, assets.byKind.coin, Math.round(COINS * scale));
  for (const asset of coins) add(asset);
  add(assets.litNew);
  for (const asset of assets.byKind.metal.slice(0, 2)) add(asset);
  for (const asset of assets.byKind.stock.slice(0, Math.round((TRADFI - 2) * scale))) add(asset);
  addOfBrokers(add, assets, coins, scale);
  // Announced: in the statistics, but not yet in the list of instruments.
  const unlisted = assets.byKind.coin.filter((asset) => !coins.includes(asset));
  for (const asset of unlisted.slice(5, 7)) add(asset, { state: "halted" });
  for (const asset of assets.byKind.pre_ipo.slice(0, 2)) add(asset, { state: "pre_market" });
  for (const [index, asset] of unlisted.slice(0, 5).entries())
    add(asset, { state: "pending", style: "zero", marks: index < 2 ? ["no_prices"] : [] });
  const [ether] = coins.slice(1);
  // A market from before USDC, of which only the statistics remain.
  if (ether) add(ether, { quote: "USDT", state: "settling" });
}

/** A broker's market has the broker as the fourth part of its symbol. */
function addOfBrokers(
  add: (asset: Asset, extra: Partial<ListingPlan>) => boolean,
  assets: AssetTable,
  coins: readonly Asset[],
  scale: number,
): void {
  const small = assets.byKind.coin.filter((asset) => !coins.includes(asset)).slice(20);
  const listed = [
    ...assets.byKind.stock.slice(TRADFI, TRADFI + Math.round(BROKER_SHARES * scale)),
    ...small.slice(0, Math.round(BROKER_COINS * scale)),
  ].filter((asset) => PREFIX[asset.ticker] === undefined);
  for (const [index, asset] of listed.entries()) {
    const broker = BROKERS[index % BROKERS.length] ?? BROKERS[0];
    add(asset, { symbol: `PERP_${asset.ticker}_USDC_${broker}`, marks: [broker] });
  }
}
