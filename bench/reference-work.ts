/**
 * The same fixed work in every section: how fast the machine is at that moment. Virtual machines differ severalfold from
 * one day to the next, so seconds of two days can only be compared together with this.
 */
import { median } from "./figure.ts";

const ITEMS = 100_000;
const ROUNDS = 7;

/** The median time of writing, parsing and indexing a list of 100,000 small objects, ms. */
export function referenceWorkMs(): number {
  const items = Array.from({ length: ITEMS }, (_, index) => ({ index, name: `item-${index}` }));
  const times = Array.from({ length: ROUNDS }, () => {
    const startedMs = performance.now();
    const parsed = JSON.parse(JSON.stringify(items)) as typeof items;
    const byName = new Map(parsed.map((item) => [item.name, item]));
    if (byName.size !== ITEMS) throw new Error("items were lost");
    return performance.now() - startedMs;
  });
  return median(times);
}
