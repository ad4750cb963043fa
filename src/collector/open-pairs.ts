import { OPPORTUNITY_ENDS_AFTER } from "../domain/opportunity.ts";
import { cell, type OpportunityColumns } from "../domain/opportunity-columns.ts";

/** Words of one pair, by what they are; units as in the columns that are stored. */
const SHORT_ID = 0;
const FIRST_SEEN = 1;
/** Of no meaning while the pair is there: then that is the last look. */
const LAST_SEEN = 2;
const PEAK = 3;
const UNOBSERVED = 4;
const STATE = 5;
const WORDS = 6;

/** State: the last look met the pair; what else is there is 0 then. */
const THERE = 0b0100;
/** State: nobody could say, since it was last met, that it was gone. */
const UNSURE = 0b1000;
/** State: looks in a row that counted against it. */
const MISSES = 0b0011;

/** Grows by a quarter: no more than a fifth is ever empty. */
const GROWTH = 1.25;
const FIRST_PAIRS = 4;
const NO_WORDS = new Uint32Array(0);

/**
 * The open pairs of one long leg, in the order of their short ids. Words, since there are ninety thousand pairs; times
 * are unix seconds. `metAt` is always the time of the last look: a pair that stays is not touched by each.
 */
export class OpenPairs {
  #words = NO_WORDS;
  #count = 0;
  #missing = 0;

  get count(): number {
    return this.#count;
  }

  /** Those of them that the last look did not meet. */
  get missing(): number {
    return this.#missing;
  }

  /** Where the pair with this short leg is; where it would be, as its complement, when it is not open. */
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

  /** A look at `asOf` meets an open pair. */
  meet(index: number, asOf: number, peak: number): void {
    const words = this.#words;
    const at = index * WORDS;
    const state = cell(words, at + STATE);
    let unobserved = cell(words, at + UNOBSERVED);
    // A clock that was set back makes no negative time.
    if ((state & UNSURE) !== 0) unobserved += Math.max(0, asOf - cell(words, at + LAST_SEEN));
    if ((state & THERE) === 0) this.#missing -= 1;
    // One that opened while the clock was ahead begins when it was set back: it would have no age until then.
    const firstSeen = Math.min(cell(words, at + FIRST_SEEN), asOf);
    words[at + FIRST_SEEN] = firstSeen;
    words[at + PEAK] = Math.max(cell(words, at + PEAK), peak);
    words[at + UNOBSERVED] = Math.min(unobserved, asOf - firstSeen);
    words[at + STATE] = THERE;
  }

  /** A look at `asOf` meets a new pair; `index` is what `indexOf` says of it. */
  open(index: number, shortId: number, asOf: number, peak: number): void {
    this.#insert(~index, [shortId, asOf, asOf, peak, 0, THERE]);
  }

  /** A look does not meet a pair that may be open. */
  miss(shortId: number, metAt: number): void {
    const index = this.#count === 0 ? -1 : this.indexOf(shortId);
    if (index >= 0) this.#leave(index, metAt, 0);
  }

  /** Nobody has looked since `metAt`: no pair is there before it is met, and the time until then is unobserved. */
  goAway(metAt: number): void {
    for (let index = 0; index < this.#count; index += 1) this.#leave(index, metAt, UNSURE);
  }

  /** Counts a look against the pairs that it has not met, but for those of which nothing is known again yet. */
  countMisses(isUnknown: (shortId: number) => boolean): void {
    const words = this.#words;
    let kept = 0;
    for (let at = 0; at < this.#count * WORDS; at += WORDS) {
      const state = cell(words, at + STATE);
      if ((state & THERE) === 0) {
        words[at + STATE] = isUnknown(cell(words, at + SHORT_ID)) ? state | UNSURE : state + 1;
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

  /** Takes in a stored pair, in order; it is not there before it is met. */
  load(stored: OpportunityColumns, at: number): void {
    const { shortIds, firstSeen, lastSeen, peak, unobserved } = stored;
    const columns = [shortIds, firstSeen, lastSeen, peak, unobserved];
    this.#insert(this.#count, [...columns.map((column) => cell(column, at)), 0]);
    this.#missing += 1;
  }

  /** Writes all pairs into columns, from `at` on. */
  store(longId: number, metAt: number, columns: OpportunityColumns, at: number): void {
    const words = this.#words;
    for (let index = 0; index < this.#count; index += 1) {
      const from = index * WORDS;
      const isThere = (cell(words, from + STATE) & THERE) !== 0;
      columns.longIds[at + index] = longId;
      columns.shortIds[at + index] = cell(words, from + SHORT_ID);
      columns.firstSeen[at + index] = cell(words, from + FIRST_SEEN);
      columns.lastSeen[at + index] = isThere ? metAt : cell(words, from + LAST_SEEN);
      columns.peak[at + index] = cell(words, from + PEAK);
      columns.unobserved[at + index] = cell(words, from + UNOBSERVED);
    }
  }

  #leave(index: number, metAt: number, unsure: 0 | typeof UNSURE): void {
    const words = this.#words;
    const at = index * WORDS;
    const state = cell(words, at + STATE);
    if ((state & THERE) !== 0) {
      words[at + LAST_SEEN] = metAt;
      this.#missing += 1;
    }
    words[at + STATE] = (state & ~THERE) | unsure;
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
