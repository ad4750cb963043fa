/** The middle value, the mean of the two middle ones for an even count; null for none. Does not change its argument. */
export function median(values: readonly number[]): number | null {
  return medianOfSorted(Float64Array.from(values).toSorted());
}

/** The same of values that are in rising order. */
export function medianOfSorted(sorted: ArrayLike<number>): number | null {
  if (sorted.length === 0) return null;
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? 0) + high) / 2;
}
