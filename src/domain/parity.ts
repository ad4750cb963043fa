/** Fewer instruments with an open position than this say nothing: by chance all of ten are even once in a thousand lists. */
const LEAST_COUNTED = 30;

/** How far from a whole number of lots a figure may be that was reckoned from decimals. */
const WHOLE_WITHIN = 1e-6;

/** Beyond this a double no longer tells even from odd. */
const MOST_LOTS = Number.MAX_SAFE_INTEGER;

/**
 * The share of even numbers among the open interest of one exchange's instruments, in lots as published. A figure that
 * counts longs and shorts of a matched book is even on every instrument, one that counts one side on about half of
 * them. No open interest and what is no whole number of lots is left out; null where too little is left.
 */
export function evenShareOf(lots: readonly (number | null | undefined)[]): number | null {
  const whole = lots.flatMap((count) => {
    if (count === null || count === undefined) return [];
    const rounded = Math.round(count);
    const isWhole = Math.abs(count - rounded) <= WHOLE_WITHIN * Math.max(1, count / 1e6);
    return isWhole && rounded > 0 && rounded <= MOST_LOTS ? [rounded] : [];
  });
  if (whole.length < LEAST_COUNTED) return null;
  return whole.filter((count) => count % 2 === 0).length / whole.length;
}
