import type { Stepwise } from "../../lib/stepwise.ts";
import { sortStepwise } from "../../lib/sort-in-parts.ts";
import { compareLegs, type Pair } from "./pair.ts";

/** Sorts unknown ranks last. */
export const UNKNOWN_RANK = Number.NEGATIVE_INFINITY;

/** Sorted in one step, which takes a millisecond or two. */
const SORT_STEP = 2_048;
/** Pairs kept beyond those that are wanted, at least and as a share: the sooner they are cut, the fewer are built. */
const MIN_SPARE = 32;
const SPARE_SHARE = 1 / 4;

interface Ranked {
  readonly pair: Pair;
  readonly rank: number;
}

/**
 * The first `max` of all pairs added: highest rank first, ties in the order of the legs. A page shows a hundred out of
 * a hundred thousand pairs, and keeping and sorting all of them takes longer than finding them.
 */
export class PairOrder {
  readonly #max: number;
  readonly #cutAt: number;
  #kept: Ranked[] = [];
  /** Set once `max` are kept: a pair that does not precede this one cannot be among the first. */
  #last: Ranked | null = null;
  #length = 0;

  constructor(most: number) {
    this.#max = most;
    this.#cutAt = most + Math.max(MIN_SPARE, Math.ceil(most * SPARE_SHARE));
  }

  /** How many pairs were added. */
  get length(): number {
    return this.#length;
  }

  /** A pair with a lower rank is not among the first; lowest of all until enough pairs were added. */
  get lowestRank(): number {
    return this.#last?.rank ?? UNKNOWN_RANK;
  }

  /** Counts pairs that rank below `lowestRank`, wherever that is. */
  addBelow(count: number): void {
    this.#length += count;
  }

  add(pair: Pair, rank: number): void {
    this.#length += 1;
    const last = this.#last;
    if (
      last !== null &&
      (rank < last.rank || (rank === last.rank && compareLegs(pair, last.pair) > 0))
    )
      return;
    this.#kept.push({ pair, rank });
    if (this.#kept.length >= this.#cutAt && this.#cutAt <= SORT_STEP) this.#cut();
  }

  /** The first pairs in order, at most as many as are kept. */
  *first(): Stepwise<readonly Pair[]> {
    const ordered = yield* sortStepwise(this.#kept, compareRanked);
    return ordered.slice(0, this.#max).map(({ pair }) => pair);
  }

  #cut(): void {
    this.#kept = this.#kept.toSorted(compareRanked).slice(0, this.#max);
    this.#last = this.#kept.at(-1) ?? null;
  }
}

/** Unknown ranks are infinite, so their difference would be NaN. */
function compareRanked(left: Ranked, right: Ranked): number {
  return left.rank === right.rank
    ? compareLegs(left.pair, right.pair)
    : right.rank > left.rank
      ? 1
      : -1;
}
