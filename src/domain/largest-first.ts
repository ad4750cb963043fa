/** The size of a group of listings: compared by exchanges, then by listings. */
export interface Size {
  readonly exchanges: number;
  readonly listings: number;
}

/**
 * A lazy priority queue of the indexes 0 to `count` - 1: largest surrounding group first, then lowest index. A size is
 * computed only when its upper bound reaches the top, and again after `invalidate`. An index may be in the heap several
 * times; only its current rank counts.
 */
export class LargestFirst {
  readonly #count: number;
  /** Ranks of upper bounds, and current ranks: NaN for a dropped index. */
  readonly #bounds: Float64Array;
  readonly #ranks: Float64Array;
  readonly #isFound: Uint8Array;
  readonly #heap: number[] = [];

  constructor(count: number) {
    this.#count = count;
    this.#bounds = new Float64Array(count);
    this.#ranks = new Float64Array(count).fill(Number.NaN);
    this.#isFound = new Uint8Array(count);
  }

  /** Adds an index whose size never exceeds `bound`. */
  add(place: number, bound: Size): void {
    this.#bounds[place] = this.#rankOf(place, bound);
    this.#isFound[place] = 1;
    this.invalidate(place);
  }

  /** The size around an index may have changed, within its bound. */
  invalidate(place: number): void {
    if (this.#isFound[place] === 0) return;
    this.#isFound[place] = 0;
    this.#setRank(place, this.#bounds[place] ?? 0);
  }

  drop(place: number): void {
    this.#ranks[place] = Number.NaN;
    this.#isFound[place] = 0;
  }

  /**
   * Returns the next index, null if none is left; `sizeAround` computes the current size around one. A returned index
   * comes again only after `invalidate`: it need not be in the group around it.
   */
  take(sizeAround: (place: number) => Size): number | null {
    for (;;) {
      const rank = this.#pop();
      if (rank === undefined) return null;
      const place = this.#count - 1 - (rank % this.#count);
      if (this.#ranks[place] !== rank) continue;
      if (this.#isFound[place] === 1) return place;
      this.#isFound[place] = 1;
      this.#setRank(place, this.#rankOf(place, sizeAround(place)));
    }
  }

  /** One number for exchanges, listings and index: exact for any number of listings that fits into memory. */
  #rankOf(place: number, { exchanges, listings }: Size): number {
    const count = this.#count;
    return (exchanges * (count + 1) + listings) * count + (count - 1 - place);
  }

  #setRank(place: number, rank: number): void {
    this.#ranks[place] = rank;
    const heap = this.#heap;
    let at = heap.push(rank) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = heap[above] ?? 0;
      if (other >= rank) break;
      heap[at] = other;
      at = above;
    }
    heap[at] = rank;
  }

  #pop(): number | undefined {
    const heap = this.#heap;
    const [top] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if ((heap[below + 1] ?? 0) > (heap[below] ?? 0)) below += 1;
      const other = heap[below];
      if (other === undefined || other <= last) break;
      heap[at] = other;
      at = below;
    }
    heap[at] = last;
    return top;
  }
}
