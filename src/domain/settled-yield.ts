/** What the last days really paid, for comparison with live rates. Percent a year, simple. */
import { annualizedSumPct, type Charge, chargesWithin } from "./charges.ts";
import { DecimalSum, decimalPct } from "./decimal.ts";
import { HOUR_MS } from "./funding.ts";
import { roundPct } from "./percent.ts";

/** The time that a settled yield is taken from, up to now. */
export const SETTLED_YIELD_HOURS = 7 * 24;

export const SETTLED_YIELD_MS = SETTLED_YIELD_HOURS * HOUR_MS;

/** Less than half of that time says too little. */
export const MIN_SETTLED_HOURS = SETTLED_YIELD_HOURS / 2;

/** What an instrument paid in the last seven days, as it is stored. */
export interface SettledYield {
  /** Null: unknown. */
  readonly aprPct: number | null;
  /** Until when it is known, unix ms: should it not be computed again by then, it is unknown. */
  readonly untilMs: number;
}

/** The settlements of the last seven days, annualized over what they cover; null if that is under half of them. */
export function settled7dAprPct(charges: readonly Charge[], nowMs: number): number | null {
  const range = { fromMs: nowMs - SETTLED_YIELD_MS, toMs: nowMs };
  const sum = new DecimalSum();
  let coveredHours = 0;
  for (const { rate, intervalHours } of chargesWithin(charges, range)) {
    if (rate === null) continue;
    if (intervalHours === null) return null;
    sum.add(rate);
    coveredHours += intervalHours;
  }
  return coveredHours >= MIN_SETTLED_HOURS
    ? annualizedSumPct(decimalPct(sum.value), coveredHours)
    : null;
}

/**
 * Until when the same charges give the same yield, unix ms, inclusive: afterwards the oldest of them is more than seven
 * days old. Infinity if none of them counts.
 */
export function settledYieldHoldsUntilMs(charges: readonly Charge[], nowMs: number): number {
  const range = { fromMs: nowMs - SETTLED_YIELD_MS, toMs: nowMs };
  const [oldest] = chargesWithin(charges, range);
  return oldest === undefined ? Number.POSITIVE_INFINITY : oldest.slotMs + SETTLED_YIELD_MS;
}

/**
 * How many times what the last seven days paid a pair its live net yield is: 1 is as much, 3 three times as much. Null
 * if either is unknown, or if the settled yield is zero or below, where a multiple has no meaning.
 */
export function inflationOf(
  liveNetPct: number | null,
  longSettledPct: number | null,
  shortSettledPct: number | null,
): number | null {
  if (liveNetPct === null || longSettledPct === null || shortSettledPct === null) return null;
  const settledPct = roundPct(shortSettledPct - longSettledPct);
  if (settledPct <= 0) return null;
  const times = liveNetPct / settledPct;
  // A settled yield next to nothing has no multiple that a number can hold.
  return Number.isFinite(times) ? roundPct(times) + 0 : null;
}
