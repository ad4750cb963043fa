import type { Asset, AssetTable } from "../assets.ts";
import { DELIVERY_AT_MS, pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import { tradfiAssets } from "./asset-groups.ts";

const COINS = 88;
const TRADFI = 18;
const SPOTS = 8;
/** A coin cheaper than this is listed by the thousand or not at all. */
const CHEAPEST_USD = 0.0001;
const PREFIX: Readonly<Record<string, readonly [letter: string, multiplier: number]>> = {
  PEPE: ["k", 1000],
  SHIB: ["k", 1000],
  BONK: ["k", 1000],
  FLOKI: ["k", 1000],
  SATS: ["m", 1_000_000],
};
/** The widest rate per period, by kind. */
const MAJOR_CAP = 0.02;
const TRADFI_CAP = 0.005;
const OTHER_CAP = 0.05;
const MAJORS = new Set(["BTC", "ETH", "SOL"]);
const OPTIONED = ["BTC", "ETH", "SOL", "HYPE"];
const STRIKES = 12;
/** The step between strikes, as a fraction of the price. */
const STRIKE_STEP = 0.05;
const EXPIRIES: readonly (readonly [name: string, weeksBefore: number])[] = [
  ["27NOV26", 4],
  ["11DEC26", 2],
  ["18DEC26", 1],
  ["25DEC26", 0],
];
const WEEK_MS = 7 * 86_400_000;

export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const [letter, multiplier] = (asset.kind === "coin" ? PREFIX[asset.ticker] : undefined) ?? [
      "",
      1,
    ];
    const wireBase = extra.wireBase ?? letter + asset.ticker;
    const coinCap = MAJORS.has(asset.ticker) ? MAJOR_CAP : OTHER_CAP;
    return roster.add({
      asset,
      symbol: `${wireBase}-USD-PERP`,
      multiplier,
      quote: "USD",
      settle: "USDC",
      intervalHours: 8,
      cap: asset.kind === "coin" ? coinCap : TRADFI_CAP,
      ...extra,
      wireBase,
    });
  };
  const quotable = assets.byKind.coin.filter(
    ({ ticker, priceUsd }) => ticker in PREFIX || priceUsd >= CHEAPEST_USD,
  );
  const coins = pickAssets(roster, quotable, Math.round(COINS * scale));
  for (const [rank, asset] of coins.entries()) add(asset, oddPeriod(coins.length - rank));
  add(assets.litOld);
  for (const asset of tradfiAssets(assets).slice(0, Math.round(TRADFI * scale))) add(asset);
  for (const asset of assets.byKind.forex.slice(0, 3)) add(asset);
  const dead = quotable.filter((asset) => !coins.includes(asset));
  for (const asset of dead.slice(0, 3)) add(asset, { state: "pending" });
  for (const asset of dead.slice(3, 5)) add(asset, { state: "halted", marks: ["rfq"] });
  for (const asset of coins.slice(0, SPOTS))
    add(asset, {
      symbol: `${asset.ticker}-USD`,
      wireBase: asset.ticker,
      multiplier: 1,
      product: "other",
      marks: ["SPOT"],
    });
  for (const asset of coins.filter(({ ticker }) => OPTIONED.includes(ticker)))
    addOptions(add, asset);
}

/** The smallest coins show unusual periods: another one, zero, or missing. */
function oddPeriod(fromEnd: number): Partial<ListingPlan> {
  if (fromEnd <= 3) return { intervalHours: 4 };
  if (fromEnd <= 5) return { marks: ["zero_period"] };
  return fromEnd <= 7 ? { marks: ["no_period"] } : {};
}

/** Options outnumber the perpetuals: perpetual ones, and those of four Fridays. */
function addOptions(
  add: (asset: Asset, extra: Partial<ListingPlan>) => boolean,
  asset: Asset,
): void {
  for (let step = 0; step < STRIKES; step += 1) {
    const strike = Number(
      (asset.priceUsd * (1 + (step - STRIKES / 2) * STRIKE_STEP)).toPrecision(2),
    );
    for (const side of ["C", "P"]) {
      const option = { product: "other", style: "zero" } as const;
      add(asset, {
        ...option,
        symbol: `${asset.ticker}-USD-${strike}-${side}`,
        marks: ["PERP_OPTION", `strike:${strike}`, side],
      });
      for (const [name, weeksBefore] of EXPIRIES)
        add(asset, {
          ...option,
          symbol: `${asset.ticker}-USD-${name}-${strike}-${side}`,
          deliveryAtMs: DELIVERY_AT_MS - weeksBefore * WEEK_MS,
          marks: ["OPTION", `strike:${strike}`, side],
        });
    }
  }
}
