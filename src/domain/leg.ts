import type { MarketRecord } from "./market.ts";

/** What makes a listing one side of a comparison: its asset and its price. */

/** The asset of a listing as confirmed by prices; null if unknown or contradicted. */
export function knownAssetOf({
  assetId,
  identity,
}: Pick<MarketRecord, "assetId" | "identity">): string | null {
  return identity === "conflict" ? null : assetId;
}

/** The prices that legs are compared by, best first. */
export const PRICE_SOURCES = ["mark", "index", "last"] as const;
export type PriceSource = (typeof PRICE_SOURCES)[number];

/** The price per unit by which a leg is compared, and its source; null if there is none. */
export function unitPriceOf({
  markPrice,
  indexPrice,
  lastPrice,
  multiplier,
}: Pick<MarketRecord, "markPrice" | "indexPrice" | "lastPrice" | "multiplier">): {
  readonly unitPrice: number | null;
  readonly priceSource: PriceSource | null;
} {
  const price = markPrice ?? indexPrice ?? lastPrice;
  if (price === null || multiplier === null) return { unitPrice: null, priceSource: null };
  const priceSource = markPrice !== null ? "mark" : indexPrice !== null ? "index" : "last";
  return { unitPrice: price / multiplier, priceSource };
}
