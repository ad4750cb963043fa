import { grossAprPct, priceGapPct } from "./arbitrage.ts";
import { isRefusedGap } from "./decision.ts";

/** How long one pair (long here, short there) has yielded enough to be called an opportunity. Unix milliseconds. */
export interface Opportunity {
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** The highest gross yield since, percent a year. */
  readonly peakGrossPct: number;
  /** How much of the time since then nobody looked: this service was not running, or cut off. */
  readonly unobservedMs: number;
}

/** From this gross yield a pair is an opportunity, whatever a request asks for. Percent a year. */
export const OPPORTUNITY_GROSS_PCT = 5;

/** Looks in a row below the yield, or blocked, that end one. */
export const OPPORTUNITY_ENDS_AFTER = 3;

/** A listing that nothing blocks, as far as it decides about opportunities. */
export interface OpportunityLeg {
  readonly exchange: string;
  /** Percent a year, null where it is unknown. */
  readonly annualizedPct: number | null;
  /** Of one unit of the asset, null where it is unknown: no pair is refused for that. */
  readonly unitPrice: number | null;
}

/** What two legs of one asset yield, percent a year; null where that is no opportunity. */
export function opportunityPct(long: OpportunityLeg, short: OpportunityLeg): number | null {
  if (long.annualizedPct === null || short.annualizedPct === null) return null;
  const grossPct = grossAprPct(long.annualizedPct, short.annualizedPct);
  if (grossPct < OPPORTUNITY_GROSS_PCT || long.exchange === short.exchange) return null;
  return isRefusedGap(priceGapPct(long.unitPrice, short.unitPrice)) ? null : grossPct;
}

/** All open opportunities as they were stored last. Never changed in place. */
export interface OpportunityBook {
  /** The opportunity of a pair of instruments (their ids in the database), null where there is none. */
  find(longId: number, shortId: number): Opportunity | null;
}

/** Nothing was ever stored. */
export const NO_OPPORTUNITIES: OpportunityBook = { find: () => null };

/** What is followed of opportunities. */
export interface OpportunityStats {
  /** Open opportunities. */
  readonly pairs: number;
  /** Pairs beyond those that are kept, and listings whose id is too large: neither has an age. */
  readonly leftOut: { readonly pairs: number; readonly listings: number };
}

/** What a process follows that does not collect. */
export const NOTHING_FOLLOWED: OpportunityStats = { pairs: 0, leftOut: { pairs: 0, listings: 0 } };
