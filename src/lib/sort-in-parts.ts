import { type Stepwise, visitEach } from "./stepwise.ts";

/** Items sorted or merged in one step: under a millisecond even with a slow comparison. */
const PART = 512;

/** A stable sort in steps: `toSorted` of 200,000 items takes 300 ms. */
export function* sortStepwise<Item extends object>(
  items: readonly Item[],
  compare: (left: Item, right: Item) => number,
): Stepwise<Item[]> {
  let from: Item[] = [];
  for (let at = 0; at < items.length; at += PART) {
    from.push(...items.slice(at, at + PART).toSorted(compare));
    yield;
  }
  let to: Item[] = [];
  for (let run = PART; run < items.length; run *= 2) {
    for (let at = 0; at < items.length; at += 2 * run) {
      const middle = Math.min(at + run, items.length);
      const end = Math.min(at + 2 * run, items.length);
      yield* merge(from, to, { at, middle, end }, compare);
    }
    [from, to] = [to, []];
  }
  return from;
}

/** Appends the two neighbouring runs of `from` to `to`, in order. */
function* merge<Item extends object>(
  from: readonly Item[],
  to: Item[],
  runs: { readonly at: number; readonly middle: number; readonly end: number },
  compare: (left: Item, right: Item) => number,
): Stepwise<void> {
  let { at: left, middle: right } = runs;
  for (let count = 1; ; count += 1) {
    const first = left < runs.middle ? from[left] : undefined;
    const second = right < runs.end ? from[right] : undefined;
    const takesLeft = second === undefined || (first !== undefined && compare(first, second) <= 0);
    const taken = takesLeft ? first : second;
    if (taken === undefined) return;
    to.push(taken);
    if (takesLeft) left += 1;
    else right += 1;
    if (count % PART === 0) yield;
  }
}

/**
 * A stable sort by a number, ascending, in two thirds of the time that `sortStepwise` takes: the numbers are sorted
 * alone, and each item is put where its number came to be. The number must not be NaN.
 */
export function* sortByNumber<Item>(
  items: readonly Item[],
  numberOf: (item: Item) => number,
): Stepwise<Item[]> {
  const numbers = new Float64Array(items.length);
  yield* visitEach(items, (item, index) => (numbers[index] = numberOf(item)));
  // A third of a millisecond for 12,000.
  const sorted = numbers.toSorted();
  yield;
  /** How many items were put at each number's first place and after it. */
  const put = new Uint32Array(items.length);
  const result = [...items];
  yield* visitEach(items, (item, index) => {
    const first = firstPlace(sorted, numbers[index] ?? 0);
    const before = put[first] ?? 0;
    put[first] = before + 1;
    result[first + before] = item;
  });
  return result;
}

/** Sorts by a number, ascending, and items with equal numbers by `compare`. The number must not be NaN. */
export function* sortByNumberThen<Item extends object>(
  items: readonly Item[],
  numberOf: (item: Item) => number,
  compare: (left: Item, right: Item) => number,
): Stepwise<Item[]> {
  const sorted = yield* sortByNumber(items, numberOf);
  let from = 0;
  for (const [index, item] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next !== undefined && numberOf(next) === numberOf(item)) continue;
    const end = index + 1;
    if (end - from > 1)
      sorted.splice(from, end - from, ...(yield* sortStepwise(sorted.slice(from, end), compare)));
    from = end;
  }
  return sorted;
}

/** The first `count` of what `sortByNumber` returns, without placing the others. */
export function* firstByNumber<Item>(
  items: readonly Item[],
  numberOf: (item: Item) => number,
  count: number,
): Stepwise<Item[]> {
  if (count >= items.length) return yield* sortByNumber(items, numberOf);
  const numbers = new Float64Array(items.length);
  yield* visitEach(items, (item, index) => (numbers[index] = numberOf(item)));
  const last = numbers.toSorted()[count - 1] ?? Number.NEGATIVE_INFINITY;
  yield;
  const candidates = items.filter((_, index) => (numbers[index] ?? last) <= last);
  const sorted = yield* sortByNumber(candidates, numberOf);
  return sorted.slice(0, count);
}

/** The index of the first number that is not smaller. */
function firstPlace(sorted: Float64Array, number: number): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((sorted[middle] ?? number) < number) from = middle + 1;
    else to = middle;
  }
  return from;
}
