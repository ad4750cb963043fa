/** The median (the mean of the two middle values for an even count); null for none. Does not change its argument. */
export function median(values: readonly number[]): number | null {
  const copy = new Float64Array(values);
  if (copy.length > MAX_INSERTED) return medianOfSorted(copy.toSorted());
  insertionSort(copy);
  return medianOfSorted(copy);
}

/** Up to this many values, more than most assets have listings, inserting one by one is faster than the runtime's sort. */
const MAX_INSERTED = 32;

function insertionSort(values: Float64Array): void {
  for (let at = 1; at < values.length; at += 1) {
    const value = values[at] ?? 0;
    let to = at;
    while (to > 0 && (values[to - 1] ?? 0) > value) {
      values[to] = values[to - 1] ?? 0;
      to -= 1;
    }
    values[to] = value;
  }
}

/** The median of values in ascending order. */
export function medianOfSorted(sorted: ArrayLike<number>): number | null {
  if (sorted.length === 0) return null;
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? 0) + high) / 2;
}
