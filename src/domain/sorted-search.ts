/**
 * Binary search: the first integer in [from, to) for which `holds`; `to` if there is none. Once it holds it must hold
 * for all that follow.
 */
export function firstWhere(from: number, to: number, holds: (index: number) => boolean): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
