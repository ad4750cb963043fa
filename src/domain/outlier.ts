import { median } from "./median.ts";

/** An annualized rate this many times the median of its asset is an error more often than an opportunity … */
export const TIMES_MEDIAN = 100;
/** … but not a small one among rates near 0. Percent per year. */
export const MIN_OUTLIER_PCT = 50;
/** With fewer other listings there is no meaningful median. */
export const MIN_OTHERS = 3;

/** Whether an annualized rate is large enough to be an outlier at all. */
export function isLarge(pct: number | null): boolean {
  return pct !== null && Math.abs(pct) >= MIN_OUTLIER_PCT;
}

/**
 * Tests which annualized rates of an asset are outliers (percent per year, null if unknown), compared with the median of
 * all absolute rates. Null if none can be, or if too few are known.
 */
export function outlierTest(
  annualizedPcts: readonly (number | null)[],
): ((pct: number | null) => boolean) | null {
  if (annualizedPcts.length <= MIN_OTHERS) return null;
  const sizes = annualizedPcts.filter((pct) => pct !== null).map(Math.abs);
  if (sizes.length <= MIN_OTHERS) return null;
  const limitPct = TIMES_MEDIAN * (median(sizes) ?? 0);
  return (pct) => pct !== null && isLarge(pct) && Math.abs(pct) > limitPct;
}
