/** Statistics of a set of numbers. None changes its argument; null if the set is too small. */

/** A mean over fewer exchanges would be mistaken for the market's, so it is withheld. */
export const MIN_EXCHANGES = 3;

/** A deviation needs two values. */
const MIN_FOR_DEVIATION = 2;

/** The arithmetic mean, null for no values. */
export function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** The weighted mean of the values added. */
export class WeightedMean {
  #sum = 0;
  #total = 0;

  /** `weight`: US dollars of open interest or volume. A value of unknown weight (null) does not count. */
  add(value: number, weight: number | null): void {
    if (weight === null) return;
    this.#sum += value * weight;
    this.#total += weight;
  }

  /** Null if no weight is above 0. */
  get value(): number | null {
    return this.#total > 0 ? this.#sum / this.#total : null;
  }
}

/** The population standard deviation (divided by n: all exchanges, not a sample); null for fewer than two values. */
export function standardDeviation(values: readonly number[]): number | null {
  const average = mean(values);
  if (average === null || values.length < MIN_FOR_DEVIATION) return null;
  const squares = values.reduce((sum, value) => sum + (value - average) ** 2, 0);
  return Math.sqrt(squares / values.length);
}

/** The sum of a quantity that some instruments do not have. */
export interface KnownSum {
  /** Sum of the known values; null if there are none. */
  readonly sum: number | null;
  /** Number of unknown values. */
  readonly unknown: number;
}

export function knownSum(values: readonly (number | null)[]): KnownSum {
  let sum = 0;
  let unknown = 0;
  for (const value of values) {
    if (value === null) unknown += 1;
    else sum += value;
  }
  return { sum: unknown === values.length ? null : sum, unknown };
}

/**
 * The value below which a share (0 to 1) of sorted values lies, linear between two of them (type 7 of Hyndman and Fan,
 * 1996, the default of R and NumPy); null for none.
 */
export function quantileOfSorted(sorted: ArrayLike<number>, share: number): number | null {
  if (sorted.length === 0) return null;
  const place = (sorted.length - 1) * share;
  const low = Math.floor(place);
  const value = sorted[low] ?? 0;
  const next = sorted[low + 1] ?? value;
  return value + (next - value) * (place - low);
}
