import { median } from "./median.ts";

/** A yearly rate this many times the middle one of its asset is an error more often than an opportunity … */
export const TIMES_MEDIAN = 100;
/** … but not a small one beside rates that rest near 0. Percent a year. */
export const LEAST_PCT = 50;
/** Two or three listings have no middle that one of them could be far from. */
export const LEAST_OTHERS = 3;

/** Whether a yearly rate is large enough to be an outlier at all. */
export function isLarge(pct: number | null): boolean {
  return pct !== null && Math.abs(pct) >= LEAST_PCT;
}

/**
 * Tells which yearly rates are outliers among those of an asset (percent a year, null where unknown): the median is
 * that of the sizes of all. Null where none can be, or too few are known to judge.
 */
export function outlierTest(
  annualizedPcts: readonly (number | null)[],
): ((pct: number | null) => boolean) | null {
  if (annualizedPcts.length <= LEAST_OTHERS) return null;
  const sizes = annualizedPcts.filter((pct) => pct !== null).map(Math.abs);
  if (sizes.length <= LEAST_OTHERS) return null;
  const limitPct = TIMES_MEDIAN * (median(sizes) ?? 0);
  return (pct) => pct !== null && isLarge(pct) && Math.abs(pct) > limitPct;
}
