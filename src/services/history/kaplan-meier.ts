/**
 * The product-limit estimate of how long something lasts, from spells of which some have not ended (right censoring)
 * and some were not seen from their start (left truncation): Kaplan and Meier (1958); Klein and Moeschberger, Survival
 * Analysis (2003), sections 4.2, 4.3 and 4.6. The interval is pointwise, from Greenwood's variance on the scale of
 * log(-log S), so that it stays between 0 and 1 (Kalbfleisch and Prentice, 1980; `conf.type = "log-log"` in R).
 */
import { firstWhere } from "../../domain/sorted-search.ts";

/** One spell. Ages are in any unit, the same everywhere. */
export interface Spell {
  /** The age from which on its end would have been seen; below `exitAge`. */
  readonly entryAge: number;
  /** The age at its end, or up to which it was observed. */
  readonly exitAge: number;
  readonly hasEnded: boolean;
}

export interface Survival {
  /** Spells under observation right after `fromAge`. */
  readonly atRisk: number;
  /** How many of these, and of those that joined later, ended within the time. */
  readonly ended: number;
  /** The share of those that reached `fromAge` that lasted the time more; null if the observation does not reach. */
  readonly share: number | null;
  /** The 95 % interval; null where the share is 0, 1 or null. */
  readonly low: number | null;
  readonly high: number | null;
}

/** The 97.5th percentile of the normal distribution. */
const Z_95 = 1.959963984540054;

/** Sorted spells, to be asked for several ages. */
export class SpellTable {
  readonly #entries: Float64Array;
  readonly #exits: Float64Array;
  /** The exits of those that have ended. */
  readonly #ends: Float64Array;

  /** Spells that were not observed at all (`entryAge >= exitAge`) are left out. */
  constructor(spells: readonly Spell[]) {
    const observed = spells.filter(({ entryAge, exitAge }) => entryAge < exitAge);
    const ended = observed.filter(({ hasEnded }) => hasEnded);
    this.#entries = Float64Array.from(observed, ({ entryAge }) => entryAge).toSorted();
    this.#exits = Float64Array.from(observed, ({ exitAge }) => exitAge).toSorted();
    this.#ends = Float64Array.from(ended, ({ exitAge }) => exitAge).toSorted();
  }

  /** Of what has reached `fromAge`, how much lasts longer than `more` beyond it. */
  survival(fromAge: number, more: number): Survival {
    const untilAge = fromAge + more;
    const atRisk = this.#underObservation(fromAge);
    let share = 1;
    let variance = 0;
    let ended = 0;
    const entered = new Cursor(this.#entries, fromAge);
    const left = new Cursor(this.#exits, fromAge);
    const ends = new Cursor(this.#ends, fromAge);
    while (ends.next <= untilAge && share > 0) {
      const age = ends.next;
      // What is censored at this age was still observed at it; what enters at it was not.
      const observed = entered.moveBelow(age) - left.moveBelow(age);
      const before = ends.at;
      const deaths = ends.movePast(age) - before;
      share *= (observed - deaths) / observed;
      variance += deaths / (observed * (observed - deaths));
      ended += deaths;
    }
    const counts = { atRisk, ended };
    if (atRisk === 0 || (share > 0 && !this.#isObserved(fromAge, untilAge)))
      return { ...counts, share: null, low: null, high: null };
    if (share === 0 || share === 1) return { ...counts, share, low: null, high: null };
    const spread = Math.exp((Z_95 * Math.sqrt(variance)) / Math.abs(Math.log(share)));
    return { ...counts, share, low: share ** spread, high: share ** (1 / spread) };
  }

  /** Right after an age. */
  #underObservation(age: number): number {
    return countUpTo(this.#entries, age) - countUpTo(this.#exits, age);
  }

  /** Whether at every moment between the two ages something was under observation. */
  #isObserved(fromAge: number, untilAge: number): boolean {
    const entered = new Cursor(this.#entries, fromAge);
    const left = new Cursor(this.#exits, fromAge);
    while (left.next < untilAge) {
      const age = left.next;
      if (left.movePast(age) === entered.movePast(age)) return false;
    }
    return entered.moveBelow(untilAge) > left.at;
  }
}

function countUpTo(sorted: Float64Array, age: number): number {
  return firstWhere(0, sorted.length, (index) => (sorted[index] ?? 0) > age);
}

/** A place in sorted ages that only moves on; it starts after all up to `age`. */
class Cursor {
  readonly #sorted: Float64Array;
  at: number;

  constructor(sorted: Float64Array, age: number) {
    this.#sorted = sorted;
    this.at = countUpTo(sorted, age);
  }

  /** The next age, infinite at the end. */
  get next(): number {
    return this.#sorted[this.at] ?? Number.POSITIVE_INFINITY;
  }

  /** Returns how many are below an age. */
  moveBelow(age: number): number {
    while (this.next < age) this.at += 1;
    return this.at;
  }

  /** Returns how many are not above an age. */
  movePast(age: number): number {
    while (this.next <= age) this.at += 1;
    return this.at;
  }
}
