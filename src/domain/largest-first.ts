/** How large a group of listings is: exchanges count before listings. */
export interface Size {
  readonly exchanges: number;
  readonly listings: number;
}

/**
 * Gives out the places 0 to `count` - 1, the one with the largest group around it first, of equal ones the lowest. A size is
 * found only when an upper bound of it has come first, and again once it is doubted: a heap, in which a place may stand
 * several times and only its present rank counts.
 */
export class LargestFirst {
  readonly #count: number;
  /** Ranks of upper bounds, and the present ones: NaN for a place that is dropped. */
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

  /** Adds a place whose size is, and will be, at most `bound`. */
  add(place: number, bound: Size): void {
    this.#bounds[place] = this.#rankOf(place, bound);
    this.#isFound[place] = 1;
    this.doubt(place);
  }

  /** The size around a place may have become another one, within its bound. */
  doubt(place: number): void {
    if (this.#isFound[place] === 0) return;
    this.#isFound[place] = 0;
    this.#setRank(place, this.#bounds[place] ?? 0);
  }

  drop(place: number): void {
    this.#ranks[place] = Number.NaN;
    this.#isFound[place] = 0;
  }

  /**
   * Gives out the next place, null when none is left; `sizeAround` tells the present size around one. What is given out
   * comes again only when it is doubted: it need not be in the group that it leads to.
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

  /** One number for exchanges, listings and place: exact for as many listings as fit into memory. */
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
