import type { Asset, AssetTable } from "../assets.ts";
import { DELIVERY_AT_MS, drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import { tradfiAssets } from "./asset-groups.ts";

const COINS = 126;
const OTHERS = 223;
const SUSPENDED = 4;
/** Delisted ones whose index remains forever. */
const INDEX_ONLY = 16;
/** Most shares and commodities charge exactly zero. */
const ZERO_SHARE = 0.7;
/** Contracts without a row of open interest. */
const NO_INTEREST_SHARE = 0.04;
const CONTRACT_USD = 15;

const COIN_HOURS = [
  [4, 0.43],
  [1, 0.055],
  [8, 0.515],
] as const;
const OTHER_HOURS = [
  [4, 0.165],
  [1, 0.04],
  [8, 0.795],
] as const;
const DATES = ["261127", "261225"] as const;

/** How shares are labelled: a few have only a free-form label, some are funds. */
const FREE_LABEL_SHARE = 0.07;
const FUND_SHARE = 0.13;

function marksOf(draw: (purpose: string) => number): string[] {
  const marks: readonly (readonly [mark: string, share: number])[] = [
    ["no_interest", NO_INTEREST_SHARE],
    ["free_label", FREE_LABEL_SHARE],
    ["fund", FUND_SHARE],
  ];
  return marks.filter(([mark, share]) => draw(mark) < share).map(([mark]) => mark);
}

/** Lists HTX's linear swaps, four dated contracts, and those that only the index call still has. */
export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const symbol = extra.symbol ?? `${asset.ticker}-USDT`;
    const isCoin = asset.kind === "coin";
    return roster.add({
      asset,
      quote: "USDT",
      settle: "USDT",
      intervalHours: drawHours(roster, symbol, isCoin ? COIN_HOURS : OTHER_HOURS),
      contractSize: Number(`1e${Math.round(Math.log10(CONTRACT_USD / asset.priceUsd))}`),
      marks: marksOf((purpose) => roster.draw(symbol, purpose)),
      ...(!isCoin && roster.draw(symbol, "zero") < ZERO_SHARE ? { style: "zero" } : {}),
      ...extra,
      symbol,
    });
  };
  const paxg = assets.byKind.coin.filter(({ ticker }) => ticker === "PAXG");
  const known = assets.byKind.coin.filter(({ ticker }) => ticker !== "PAXG");
  const coins = pickAssets(roster, known, Math.round(COINS * scale));
  for (const asset of [...coins, ...paxg, assets.litNew]) add(asset);
  for (const { asset } of assets.chinese) add(asset);
  let others = 0;
  for (const asset of tradfiAssets(assets)) {
    if (others >= Math.round(OTHERS * scale)) break;
    if (asset.kind !== "forex" && add(asset)) others += 1;
  }
  const dead = known.filter((asset) => !coins.includes(asset));
  for (const asset of dead.slice(0, SUSPENDED)) add(asset, { state: "halted" });
  for (const asset of dead.slice(SUSPENDED, SUSPENDED + INDEX_ONLY)) add(asset, { state: "gone" });
  for (const asset of coins.slice(0, 2)) {
    for (const date of DATES) {
      const symbol = `${asset.ticker}-USDT-${date}`;
      add(asset, { symbol, product: "dated", deliveryAtMs: DELIVERY_AT_MS });
    }
  }
}
