import type { Asset, AssetTable } from "../assets.ts";
import { drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import { tradfiAssets } from "./asset-groups.ts";

const COINS = 605;
const OTHERS = 223;
/** Commodity contracts with trading hours; the exchange does not document its mark for them. */
const WITH_HOURS = 9;
/** Rows without a rate: they cannot be traded. */
const RATELESS = "CRT JMP TICS 10TA OBOLX GUSDT 10001000SATS".split(" ");
const NO_INDEX_SHARE = 0.012;
/** Contracts displayed under another name. */
const ALIAS_SHARE = 0.045;
/** Contracts traded so rarely that their row is minutes old. */
const THIN_SHARE = 0.08;

const PREFIX: Readonly<
  Record<string, readonly [wireBase: string, multiplier: number, base: string]>
> = {
  SATS: ["1000SATS", 1_000, "SATS"],
  LUNC: ["1000LUNC", 1_000, "LUNC"],
  BTT: ["1000BTTC", 1_000, "BTTC"],
  XEC: ["1000XEC", 1_000, "XEC"],
  BABYDOGE: ["1000000BABYDOGE", 1_000_000, "BABYDOGE"],
};
/** The exchange's own names, where it has some. */
const OWN_NAMES: Readonly<Record<string, string>> = {
  XAU: "GOLD",
  XAG: "SILVER",
  CLOIL: "XTI",
  META: "METASTOCK",
};
const HOURS = [
  [4, 0.59],
  [1, 0.003],
  [8, 0.407],
] as const;

/** Lists LBank's contracts of the group SwapU. */
export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const own = OWN_NAMES[asset.ticker] ?? asset.ticker;
    const prefixed = asset.kind === "coin" ? PREFIX[asset.ticker] : undefined;
    const [wireBase, multiplier, base] = prefixed ?? [own, 1, own];
    const symbol = extra.symbol ?? `${wireBase}USDT`;
    const has = (purpose: string, share: number): string[] =>
      roster.draw(symbol, purpose) < share ? [purpose] : [];
    const isMissing = asset.ticker === "XEC" || has("no_index", NO_INDEX_SHARE).length > 0;
    return roster.add({
      asset,
      quote: "USDT",
      settle: "USDT",
      wireBase,
      base,
      multiplier,
      intervalHours: drawHours(roster, symbol, HOURS),
      marks: [
        ...(isMissing ? ["no_index"] : []),
        ...has("alias", ALIAS_SHARE),
        ...has("thin", THIN_SHARE),
      ],
      ...extra,
      symbol,
    });
  };
  const prefixed = assets.byKind.coin.filter(({ ticker }) => PREFIX[ticker] !== undefined);
  const rest = assets.byKind.coin.filter(({ ticker }) => PREFIX[ticker] === undefined);
  const wanted = Math.max(2, Math.round(COINS * scale) - prefixed.length);
  const coins = pickAssets(roster, rest, wanted);
  for (const asset of [...coins, ...prefixed, assets.litOld]) add(asset);
  let others = 0;
  for (const asset of assets.byKind.commodity.slice(-WITH_HOURS))
    if (add(asset, { marks: ["trading_hours"] })) others += 1;
  for (const asset of tradfiAssets(assets)) {
    if (others >= Math.round(OTHERS * scale)) break;
    if (add(asset)) others += 1;
  }
  const dead = rest.filter((asset) => !coins.includes(asset));
  for (const [index, wireBase] of RATELESS.entries()) {
    const asset = dead[index];
    if (asset)
      add(asset, { symbol: `${wireBase}USDT`, wireBase, product: "other", marks: ["rateless"] });
  }
}
