import type { Pauses } from "../../lib/pauses.ts";
import { sortInParts } from "../../lib/sort-in-parts.ts";
import { compareLegs, type Pair } from "./pair.ts";

/** Of a rank that is not known: after everything that is. */
export const UNKNOWN_RANK = Number.NEGATIVE_INFINITY;

/** Up to so many are sorted in one go: a millisecond or two. */
const SORTED_AT_ONCE = 2_048;

interface Ranked {
  readonly pair: Pair;
  readonly rank: number;
}

/**
 * The first `most` of all pairs that it is given: the higher rank first, ties in the order of the legs. Of a hundred
 * thousand pairs a page shows a hundred, and to keep and order all of them takes longer than to find them.
 */
export class PairOrder {
  readonly #most: number;
  #kept: Ranked[] = [];
  /** Once `most` are kept: whoever does not come before this one comes behind them all. */
  #last: Ranked | null = null;
  #length = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** How many it was given. */
  get length(): number {
    return this.#length;
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
    if (this.#kept.length >= SORTED_AT_ONCE && this.#most <= SORTED_AT_ONCE / 2) this.#cut();
  }

  /** The first ones in order, at most as many as are kept. */
  async first(pauses: Pauses): Promise<readonly Pair[]> {
    const ordered = await sortInParts(this.#kept, compareRanked, pauses);
    return ordered.slice(0, this.#most).map(({ pair }) => pair);
  }

  #cut(): void {
    this.#kept = this.#kept.toSorted(compareRanked).slice(0, this.#most);
    this.#last = this.#kept.at(-1) ?? null;
  }
}

/** Unknown ranks are infinite: their difference would be no number. */
function compareRanked(left: Ranked, right: Ranked): number {
  return left.rank === right.rank
    ? compareLegs(left.pair, right.pair)
    : right.rank > left.rank
      ? 1
      : -1;
}
