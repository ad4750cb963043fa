import type { Pauses } from "./pauses.ts";

/** Long work that yields wherever it may be interrupted, every fraction of a millisecond. */
export type Stepwise<Result> = Generator<void, Result, void>;

/** Items visited between two interruptions: some ten microseconds with rows, a few hundred with assets. */
const ITEMS_PER_STEP = 32;

/** Does all of the work at once. */
export function atOnce<Result>(work: Stepwise<Result>): Result {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/** Does the work, yielding to the event loop when a pause is due; synchronous if none is. */
export function inSteps<Result>(work: Stepwise<Result>, pauses: Pauses): Result | Promise<Result> {
  const last = pauses.run(() => {
    let step = work.next();
    while (step.done !== true && !pauses.isDue) step = work.next();
    return step;
  });
  return last.done === true ? last.value : pauses.take().then(() => inSteps(work, pauses));
}

/** Calls `visit` with each item and its index. */
export function* visitEach<Item>(
  items: Iterable<Item>,
  visit: (item: Item, index: number) => void,
): Stepwise<void> {
  let index = 0;
  for (const item of items) {
    visit(item, index);
    index += 1;
    if (index % ITEMS_PER_STEP === 0) yield;
  }
}

/** The items that pass, in their order. */
export function* filterEach<Item>(
  items: Iterable<Item>,
  passes: (item: Item) => boolean,
): Stepwise<Item[]> {
  const found: Item[] = [];
  yield* visitEach(items, (item) => {
    if (passes(item)) found.push(item);
  });
  return found;
}

/** What `change` returns for each item. */
export function* mapEach<Item, Result>(
  items: Iterable<Item>,
  change: (item: Item, index: number) => Result,
): Stepwise<Result[]> {
  const made: Result[] = [];
  yield* visitEach(items, (item, index) => made.push(change(item, index)));
  return made;
}
