/** What the last days really paid, for comparison with live rates. Percent a year, simple. */
import { HOUR_MS } from "../../domain/funding.ts";
import { roundPct } from "../../domain/percent.ts";
import type { Charge } from "./charges.ts";
import { chargesWithin, totalsOf } from "./cumulative.ts";

/** The time that a settled yield is taken from, up to now. */
export const SETTLED_YIELD_HOURS = 7 * 24;

/** Less than half of that time says too little. */
export const MIN_SETTLED_HOURS = SETTLED_YIELD_HOURS / 2;

/** The settlements of the last seven days, annualized over what they cover; null if that is under half of them. */
export function settled7dAprPct(charges: readonly Charge[], nowMs: number): number | null {
  const range = { fromMs: nowMs - SETTLED_YIELD_HOURS * HOUR_MS, toMs: nowMs };
  const { annualizedPct, coveredHours } = totalsOf(chargesWithin(charges, range));
  return coveredHours !== null && coveredHours >= MIN_SETTLED_HOURS ? annualizedPct : null;
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
  return settledPct > 0 ? roundPct(liveNetPct / settledPct) + 0 : null;
}
