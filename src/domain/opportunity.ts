import { grossAprPct, priceGapPct } from "./arbitrage.ts";
import { isRefusedGap } from "./decision.ts";

/** Since when a pair of listings (long, short) has been an opportunity. Unix milliseconds. */
export interface Opportunity {
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** The highest gross yield since then, percent per year. */
  readonly peakGrossPct: number;
  /** How much of the time since then was not observed: this service was not running or had no connection. */
  readonly unobservedMs: number;
}

/** A pair is an opportunity from this gross yield on, regardless of any request. Percent per year. */
export const OPPORTUNITY_GROSS_PCT = 5;

/**
 * An unrounded difference below this stays below OPPORTUNITY_GROSS_PCT when rounded to 15 digits. Most of the millions
 * of pairs compared each hour end here.
 */
const ROUNDS_TO_LESS = OPPORTUNITY_GROSS_PCT * (1 - 1e-12);

/** Consecutive observations below the yield, or blocked, that end an opportunity. */
export const OPPORTUNITY_ENDS_AFTER = 3;

/** A listing without blocking flags: the fields that opportunities depend on. */
export interface OpportunityLeg {
  readonly exchange: string;
  /** Percent per year, null if unknown. */
  readonly annualizedPct: number | null;
  /** Per unit of the asset, null if unknown: no pair is refused for that. */
  readonly unitPrice: number | null;
}

/** The gross yield of two legs of one asset, percent per year; null if it is not an opportunity. */
export function opportunityPct(long: OpportunityLeg, short: OpportunityLeg): number | null {
  if (long.annualizedPct === null || short.annualizedPct === null) return null;
  if (short.annualizedPct - long.annualizedPct < ROUNDS_TO_LESS) return null;
  const grossPct = grossAprPct(long.annualizedPct, short.annualizedPct);
  if (grossPct < OPPORTUNITY_GROSS_PCT || long.exchange === short.exchange) return null;
  return isRefusedGap(priceGapPct(long.unitPrice, short.unitPrice)) ? null : grossPct;
}

/** All open opportunities as last stored. Immutable. */
export interface OpportunityBook {
  /** The opportunity of a pair of instruments (database ids), null if there is none. */
  find(longId: number, shortId: number): Opportunity | null;
}

/** The book before anything is stored. */
export const NO_OPPORTUNITIES: OpportunityBook = { find: () => null };

/** Figures about the tracked opportunities. */
export interface OpportunityStats {
  /** Open opportunities. */
  readonly pairs: number;
  /** Pairs beyond the maximum, and listings whose id is too large: neither is tracked. */
  readonly leftOut: { readonly pairs: number; readonly listings: number };
}

/** The figures in a process that does not collect. */
export const NOTHING_FOLLOWED: OpportunityStats = { pairs: 0, leftOut: { pairs: 0, listings: 0 } };
