/** Figures about a set of numbers. None changes its argument; null where the set is too small to have the figure. */

/** A value and how much it counts: US dollars of open interest, of volume. Null: not known. */
export interface Weighted {
  readonly value: number;
  readonly weight: number | null;
}

/** A deviation needs two values to lie apart. */
const LEAST_FOR_DEVIATION = 2;

/** The arithmetic mean, null of none. */
export function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The mean by weight, without the values whose weight is unknown; null when nothing weighs above 0. */
export function weightedMean(values: readonly Weighted[]): number | null {
  let sum = 0;
  let total = 0;
  for (const { value, weight } of values) {
    if (weight === null) continue;
    sum += value * weight;
    total += weight;
  }
  return total > 0 ? sum / total : null;
}

/** The population's standard deviation (divided by n, not n - 1: these are all exchanges, no sample); null under two values. */
export function standardDeviation(values: readonly number[]): number | null {
  const middle = mean(values);
  if (middle === null || values.length < LEAST_FOR_DEVIATION) return null;
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / values.length);
}

/** The total of a quantity that some do not tell. */
export interface KnownSum {
  /** Of those that are known; null when none is. */
  readonly sum: number | null;
  /** How many are not. */
  readonly unknown: number;
}

export function knownSum(values: readonly (number | null)[]): KnownSum {
  const known = values.filter((value) => value !== null);
  return {
    sum: known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0),
    unknown: values.length - known.length,
  };
}
