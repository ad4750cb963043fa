import type { AssetClass } from "../domain/quote.ts";
import type { AssetRow } from "./hyperliquid-wire.ts";
import { type Numeric, product, quantityOf } from "./wire.ts";

/** What deployers say of the contracts of HIP-3 dexes: their class, and what a taker pays there. */

/** Categories as deployers write them, in small letters. */
const CLASSES: Readonly<Record<string, AssetClass>> = {
  crypto: "crypto",
  stock: "stock",
  stocks: "stock",
  etf: "etf",
  etfs: "etf",
  index: "index",
  indices: "index",
  metal: "metal",
  metals: "metal",
  commodity: "commodity",
  commodities: "commodity",
  fx: "forex",
  forex: "forex",
};
const PRE_IPO: ReadonlySet<string> = new Set(["preipo", "pre-ipo"]);

/** The class of a deployer's category; null for one that we have no class for (`rates`). */
export function classOf(category: string | undefined): AssetClass | null {
  return category === undefined ? null : (CLASSES[category.toLowerCase()] ?? null);
}

/** Whether a category is that of companies which are not listed yet. */
export function isPreIpo(category: string | undefined): boolean {
  return category !== undefined && PRE_IPO.has(category.toLowerCase());
}

/** A taker of the main dex without a discount, bps. */
const MAIN_TAKER_BPS = 4.5;
/** The largest scale that a deployer may set, in growth mode; documented. */
const MAX_FEE_SCALE = 10;
const GROWTH_MODE_FACTOR = 0.1;

/**
 * What a taker of a HIP-3 contract pays in bps of one fill, by the fee formula of Hyperliquid's documentation: the
 * deployer's share comes on top and is as much as the rest from a scale of 1; in growth mode a tenth of all.
 * `dexScale` is that of the whole dex, for a contract without its own. Null where scale or mode cannot be read.
 */
export function takerFeeBpsOf(asset: AssetRow["asset"], dexScale: Numeric): number | null {
  const scale = quantityOf(asset.deployerFeeScale ?? dexScale);
  if (scale === null || scale > MAX_FEE_SCALE) return null;
  const hip3 = scale < 1 ? 1 + scale : 2 * scale;
  return product(MAIN_TAKER_BPS, hip3, growthFactorOf(asset.growthMode));
}

function growthFactorOf(mode: unknown): number | null {
  if (mode === "enabled") return GROWTH_MODE_FACTOR;
  return mode === undefined || mode === null || mode === "disabled" ? 1 : null;
}
