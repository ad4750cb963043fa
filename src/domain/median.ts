/** The median (the mean of the two middle values for an even count); null for none. Does not change its argument. */
export function median(values: readonly number[]): number | null {
  return medianOfSorted(Float64Array.from(values).toSorted());
}

/** The median of values in ascending order. */
export function medianOfSorted(sorted: ArrayLike<number>): number | null {
  if (sorted.length === 0) return null;
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? 0) + high) / 2;
}
