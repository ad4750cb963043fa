import { OPPORTUNITY_ENDS_AFTER } from "../domain/opportunity.ts";
import { cell, type OpportunityColumns } from "../domain/opportunity-columns.ts";

/** Layout of a pair in words; units as in the stored columns. */
const SHORT_ID = 0;
const FIRST_SEEN = 1;
/** Only meaningful while the pair is absent; otherwise it is the last check. */
const LAST_SEEN = 2;
const PEAK = 3;
const UNOBSERVED = 4;
const STATE = 5;
const WORDS = 6;

/** State: the last check met the pair; the other bits are 0 then. */
const PRESENT = 0b0100;
/** State: since it was last met, there was a time in which its absence could not be determined. */
const UNCERTAIN = 0b1000;
/** State: consecutive checks that counted against it. */
const MISSES = 0b0011;

/** Grows by a quarter, so at most a fifth is unused. */
const GROWTH = 1.25;
const FIRST_PAIRS = 4;
const NO_WORDS = new Uint32Array(0);

/**
 * The open pairs of one long leg, ordered by short id. Packed into words, since there are ninety thousand pairs; times
 * are unix seconds. `metAt` is always the time of the last check, so that unchanged pairs need no update.
 */
export class OpenPairs {
  #words = NO_WORDS;
  #count = 0;
  #missing = 0;

  get count(): number {
    return this.#count;
  }

  /** How many of them the last check did not meet. */
  get missing(): number {
    return this.#missing;
  }

  /** The index of the pair with this short leg; if it is not open, the complement of where it would be. */
  indexOf(shortId: number): number {
    const words = this.#words;
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (cell(words, middle * WORDS) < shortId) low = middle + 1;
      else high = middle;
    }
    return low < this.#count && cell(words, low * WORDS) === shortId ? low : ~low;
  }

  /** A check at `asOf` meets an open pair. */
  meet(index: number, asOf: number, peak: number): void {
    const words = this.#words;
    const at = index * WORDS;
    const state = cell(words, at + STATE);
    let unobserved = cell(words, at + UNOBSERVED);
    // After the clock was set back the time must not be negative.
    if ((state & UNCERTAIN) !== 0) unobserved += Math.max(0, asOf - cell(words, at + LAST_SEEN));
    if ((state & PRESENT) === 0) this.#missing -= 1;
    // A pair that opened while the clock was ahead starts at the new time; otherwise it would have no age until then.
    const firstSeen = Math.min(cell(words, at + FIRST_SEEN), asOf);
    words[at + FIRST_SEEN] = firstSeen;
    words[at + PEAK] = Math.max(cell(words, at + PEAK), peak);
    words[at + UNOBSERVED] = Math.min(unobserved, asOf - firstSeen);
    words[at + STATE] = PRESENT;
  }

  /** A check at `asOf` meets a new pair; `index` is the result of `indexOf`. */
  open(index: number, shortId: number, asOf: number, peak: number): void {
    this.#insert(~index, [shortId, asOf, asOf, peak, 0, PRESENT]);
  }

  /** A check does not meet a pair that may be open. */
  miss(shortId: number, metAt: number): void {
    const index = this.#count === 0 ? -1 : this.indexOf(shortId);
    if (index >= 0) this.#leave(index, metAt, 0);
  }

  /** Nothing was observed since `metAt`: pairs count as absent until they are met, and that time as unobserved. */
  markUnobserved(metAt: number): void {
    for (let index = 0; index < this.#count; index += 1) this.#leave(index, metAt, UNCERTAIN);
  }

  /** Counts a check against the pairs it did not meet, except those whose legs are not observed again yet. */
  countMisses(isUnknown: (shortId: number) => boolean): void {
    const words = this.#words;
    let kept = 0;
    for (let at = 0; at < this.#count * WORDS; at += WORDS) {
      const state = cell(words, at + STATE);
      if ((state & PRESENT) === 0) {
        words[at + STATE] = isUnknown(cell(words, at + SHORT_ID)) ? state | UNCERTAIN : state + 1;
        if ((cell(words, at + STATE) & MISSES) === OPPORTUNITY_ENDS_AFTER) {
          this.#missing -= 1;
          continue;
        }
      }
      if (kept !== at) words.copyWithin(kept, at, at + WORDS);
      kept += WORDS;
    }
    this.#count = kept / WORDS;
  }

  /** Loads a stored pair, in order; it is absent until it is met. */
  load(stored: OpportunityColumns, at: number): void {
    const { shortIds, firstSeen, lastSeen, peak, unobserved } = stored;
    const columns = [shortIds, firstSeen, lastSeen, peak, unobserved];
    this.#insert(this.#count, [...columns.map((column) => cell(column, at)), 0]);
    this.#missing += 1;
  }

  /** Calls `visit` with each open pair: since when, unix seconds, and whether the last check met it. */
  forEach(visit: (shortId: number, firstSeen: number, isMet: boolean) => void): void {
    const words = this.#words;
    for (let at = 0; at < this.#count * WORDS; at += WORDS) {
      const isMet = (cell(words, at + STATE) & PRESENT) !== 0;
      visit(cell(words, at + SHORT_ID), cell(words, at + FIRST_SEEN), isMet);
    }
  }

  /** Writes all pairs into columns, starting at index `from`. */
  store(longId: number, metAt: number, columns: OpportunityColumns, at: number): void {
    const words = this.#words;
    for (let index = 0; index < this.#count; index += 1) {
      const from = index * WORDS;
      const isPresent = (cell(words, from + STATE) & PRESENT) !== 0;
      columns.longIds[at + index] = longId;
      columns.shortIds[at + index] = cell(words, from + SHORT_ID);
      columns.firstSeen[at + index] = cell(words, from + FIRST_SEEN);
      columns.lastSeen[at + index] = isPresent ? metAt : cell(words, from + LAST_SEEN);
      columns.peak[at + index] = cell(words, from + PEAK);
      columns.unobserved[at + index] = cell(words, from + UNOBSERVED);
    }
  }

  #leave(index: number, metAt: number, unsure: 0 | typeof UNCERTAIN): void {
    const words = this.#words;
    const at = index * WORDS;
    const state = cell(words, at + STATE);
    if ((state & PRESENT) !== 0) {
      words[at + LAST_SEEN] = metAt;
      this.#missing += 1;
    }
    words[at + STATE] = (state & ~PRESENT) | unsure;
  }

  #insert(index: number, pair: readonly number[]): void {
    const end = this.#count * WORDS;
    if (end === this.#words.length) {
      const pairs = Math.max(FIRST_PAIRS, Math.ceil(this.#count * GROWTH));
      const words = new Uint32Array(pairs * WORDS);
      words.set(this.#words);
      this.#words = words;
    }
    const at = index * WORDS;
    this.#words.copyWithin(at + WORDS, at, end);
    this.#words.set(pair, at);
    this.#count += 1;
  }
}
