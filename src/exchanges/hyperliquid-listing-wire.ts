import type { AssetClass } from "../domain/quote.ts";
import type { AssetRow } from "./hyperliquid-wire.ts";
import { type Numeric, product, quantityOf } from "./wire.ts";

/** What deployers state about the contracts of HIP-3 dexes: their class, and the taker fee there. */

/** Categories as written by deployers, in lower case. */
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

/** The class of a deployer's category; null if we have no class for it (`rates`). */
export function classOf(category: string | undefined): AssetClass | null {
  return category === undefined ? null : (CLASSES[category.toLowerCase()] ?? null);
}

/** Whether a category is that of companies that are not listed yet. */
export function isPreIpo(category: string | undefined): boolean {
  return category !== undefined && PRE_IPO.has(category.toLowerCase());
}

/** Taker fee of the main dex without a discount, bps. */
const MAIN_TAKER_BPS = 4.5;
/** The largest scale that a deployer may set in growth mode; documented. */
const MAX_FEE_SCALE = 10;
const GROWTH_MODE_FACTOR = 0.1;

/**
 * The taker fee of a HIP-3 contract in bps per fill, by the formula in Hyperliquid's documentation: the deployer's
 * share is added, and equals the rest from a scale of 1 on; in growth mode everything is divided by ten. `dexScale`
 * applies to contracts without their own scale. Null if scale or mode is unreadable.
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
