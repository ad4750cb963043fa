/**
 * Which pairs were opportunities at the full hours, and at which yield: from these, how long spreads last is counted
 * without knowledge of what came later.
 */

/** All open opportunities at one moment, ordered by long id, then short id. */
export interface PairFrame {
  /** Unix seconds, a full hour. */
  readonly at: number;
  readonly longIds: Uint32Array;
  readonly shortIds: Uint32Array;
  /** Since when each has been one, unix seconds. */
  readonly firstSeen: Uint32Array;
  /** See `yieldStepOf`. */
  readonly steps: Uint8Array;
}

/** A pair that was open and not met at this moment: it ends unless it is met again within a few checks. */
export const NOT_MET = 0;

/** The gross yield of the first step, percent per year. */
const FIRST_PCT = 5;
const STEPS_PER_DOUBLING = 8;
const MAX_STEP = 255;

/** A gross yield (percent per year, from 5 on) in steps of 9 %, rounded down: it was at least `yieldPctOf(step)`. */
export function yieldStepOf(grossPct: number): number {
  const doublings = Math.log2(Math.max(grossPct, FIRST_PCT) / FIRST_PCT);
  const step = Math.min(MAX_STEP, 1 + Math.floor(doublings * STEPS_PER_DOUBLING));
  return yieldPctOf(step) > grossPct && step > 1 ? step - 1 : step;
}

/** The smallest gross yield of a step, percent per year; 0 for a pair that was not met. */
export function yieldPctOf(step: number): number {
  return step === NOT_MET ? 0 : FIRST_PCT * 2 ** ((step - 1) / STEPS_PER_DOUBLING);
}

/** A frame of `count` pairs to be filled in order. */
export function makePairFrame(at: number, count: number): PairFrame {
  return {
    at,
    longIds: new Uint32Array(count),
    shortIds: new Uint32Array(count),
    firstSeen: new Uint32Array(count),
    steps: new Uint8Array(count),
  };
}

/** Negative if the pair at `index` of a frame comes before that of another, 0 if it is the same pair. */
export function comparePairs(
  one: PairFrame,
  index: number,
  other: PairFrame,
  otherIndex: number,
): number {
  const byLong = (one.longIds[index] ?? 0) - (other.longIds[otherIndex] ?? 0);
  return byLong !== 0 ? byLong : (one.shortIds[index] ?? 0) - (other.shortIds[otherIndex] ?? 0);
}
