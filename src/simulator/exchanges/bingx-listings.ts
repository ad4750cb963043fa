import type { Asset, AssetTable } from "../assets.ts";
import { drawHours, pickAssets, type ListingPlan, type Roster } from "../roster.ts";
import { tradfiAssets } from "./asset-groups.ts";

const COINS = 656;
const OTHERS = 330;
const USDC_TWINS = 49;
/** Opening forbidden, pre-online, offline: only in the catalogue. */
const FORBIDDEN = 160;
const PRE_ONLINE = 6;
const OFFLINE = 67;
/** Rows without an interval, as in the older recordings. */
const NO_INTERVAL_SHARE = 0.012;
const WEB_ONLY_SHARE = 0.075;
const LEAVING_SHARE = 0.01;
/** Tickers displayed under another coin's name. */
const RENAMED_SHARE = 0.5;

const PREFIX: Readonly<Record<string, readonly [wireBase: string, multiplier: number]>> = {
  PEPE: ["1000PEPE", 1_000],
  BONK: ["1000BONK", 1_000],
  SATS: ["10000SATS", 10_000],
  BABYDOGE: ["1000000BABYDOGE", 1_000_000],
  MOG: ["1000000MOG", 1_000_000],
};
/** The prefix of everything that is not a coin. */
const CLASS_PREFIX = {
  stock: "NCSK",
  pre_ipo: "NCSK",
  forex: "NCFX",
  metal: "NCCO",
  commodity: "NCCO",
  index: "NCSI",
  coin: "",
  basket: "",
} as const;
const HOURS = [
  [4, 0.5],
  [1, 0.03],
  [8, 0.47],
] as const;
/** The exchange's own words for two metals. */
const METAL_NAMES: Readonly<Record<string, string>> = { XAU: "GOLD", XAG: "SILVER" };

/** Lists BingX's perpetuals and the dead rows of its catalogue. */
export function createListings(roster: Roster, assets: AssetTable, scale: number): void {
  const add = (asset: Asset, quote: string, extra: Partial<ListingPlan> = {}): boolean => {
    const [coin, multiplier] = (asset.kind === "coin" ? PREFIX[asset.ticker] : undefined) ?? [
      METAL_NAMES[asset.ticker] ?? asset.ticker,
      1,
    ];
    const prefix = CLASS_PREFIX[asset.kind];
    const wireBase = prefix === "" ? coin : `${prefix}${coin}2USD`;
    const symbol = `${wireBase}-${quote}`;
    const has = (purpose: string, share: number): string[] =>
      roster.draw(symbol, purpose) < share ? [purpose] : [];
    return roster.add({
      asset,
      symbol,
      quote,
      settle: quote,
      wireBase,
      ...(prefix === "" ? {} : { base: coin }),
      multiplier,
      intervalHours: drawHours(roster, symbol, HOURS),
      marks: [
        ...has("no_interval", NO_INTERVAL_SHARE),
        ...has("web_only", WEB_ONLY_SHARE),
        ...has("leaving", LEAVING_SHARE),
        ...has("renamed", RENAMED_SHARE),
      ],
      ...extra,
    });
  };
  const coins = pickAssets(roster, assets.byKind.coin, Math.round(COINS * scale));
  for (const asset of coins) add(asset, "USDT");
  add(assets.litOld, "USDT");
  let others = 0;
  for (const asset of tradfiAssets(assets)) {
    if (others >= Math.round(OTHERS * scale)) break;
    if (add(asset, "USDT")) others += 1;
  }
  for (const asset of coins.slice(0, Math.round(USDC_TWINS * scale))) add(asset, "USDC");
  const dead = assets.byKind.coin.filter((asset) => !coins.includes(asset));
  const states = [
    ["halted", FORBIDDEN],
    ["pending", PRE_ONLINE],
    ["settling", OFFLINE],
  ] as const;
  for (const [state, count] of states) {
    for (const asset of dead.splice(0, Math.max(1, Math.round(count * scale)))) {
      add(asset, "USDT", { state });
    }
  }
}
