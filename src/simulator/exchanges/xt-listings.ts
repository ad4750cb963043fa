import type { Asset, AssetTable } from "../assets.ts";
import { DELIVERY_AT_MS, drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import { tradfiAssets } from "./asset-groups.ts";

const COINS = 508;
const OTHERS = 217;
const PRE_MARKET = 3;
/** Contracts that no longer trade but remain in the list and among the tickers forever. */
const DELISTED = 460;
/** Trading, but closed to the API. */
const WEB_ONLY_SHARE = 0.05;
/** Delisted contracts that are still "open to the API". */
const DEAD_OPEN_SHARE = 0.14;
/** Perpetuals that have a delivery date nevertheless. */
const ODD_DATE_SHARE = 0.08;
const CONTRACT_USD = 8;

const PREFIX: Readonly<Record<string, readonly [wireBase: string, multiplier: number]>> = {
  PEPE: ["1000PEPE", 1_000],
  BONK: ["1000BONK", 1_000],
  SATS: ["1000SATS", 1_000],
  CHEEMS: ["1000CHEEMS", 1_000],
  MOG: ["1000000MOG", 1_000_000],
  BABYDOGE: ["1MBABYDOGE", 1_000_000],
};
const HOURS = [
  [4, 0.598],
  [1, 0.004],
  [8, 0.398],
] as const;

/** Lists XT's contracts settled in USDT: perpetuals, four dated ones, and the dead. */
export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, extra: Partial<ListingPlan> = {}): boolean => {
    const [wireBase, multiplier] = (asset.kind === "coin" ? PREFIX[asset.ticker] : undefined) ?? [
      asset.ticker,
      1,
    ];
    const symbol = extra.symbol ?? `${wireBase}_usdt`.toLowerCase();
    const has = (purpose: string, share: number): string[] =>
      roster.draw(symbol, purpose) < share ? [purpose] : [];
    return roster.add({
      asset,
      quote: "USDT",
      settle: "USDT",
      wireBase,
      multiplier,
      intervalHours: drawHours(roster, symbol, HOURS),
      contractSize: Number(
        `1e${Math.round(Math.log10(CONTRACT_USD / (asset.priceUsd * multiplier)))}`,
      ),
      marks: [
        ...has("web_only", extra.state === "settling" ? 1 - DEAD_OPEN_SHARE : WEB_ONLY_SHARE),
        ...has("odd_date", ODD_DATE_SHARE),
      ],
      ...extra,
      symbol,
    });
  };
  const coins = pickAssets(roster, assets.byKind.coin, Math.round(COINS * scale));
  for (const asset of [...coins, assets.litOld]) add(asset);
  for (const { asset } of assets.chinese) add(asset);
  let others = 0;
  for (const asset of tradfiAssets(assets)) {
    if (others >= Math.round(OTHERS * scale)) break;
    if (add(asset)) others += 1;
  }
  for (const asset of assets.byKind.pre_ipo.slice(0, PRE_MARKET)) {
    add(asset, { state: "pre_market", style: "baseline" });
  }
  for (const asset of coins.slice(0, 2)) {
    for (const date of ["261225", "270326"]) {
      const symbol = `${asset.ticker.toLowerCase()}_usdt_${date}`;
      add(asset, { symbol, product: "dated", deliveryAtMs: DELIVERY_AT_MS });
    }
  }
  const dead = assets.byKind.coin.filter((asset) => !coins.includes(asset));
  for (const asset of dead.slice(0, Math.max(2, Math.round(DELISTED * scale)))) {
    add(asset, { state: "settling" });
  }
}
