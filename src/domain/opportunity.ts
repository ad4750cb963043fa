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

/** Snapshots in a row below the yield, or blocked, that end one. */
export const OPPORTUNITY_ENDS_AFTER = 3;

/** All open opportunities as they were stored last. Never changed in place. */
export interface OpportunityBook {
  /** The opportunity of a pair of instruments (their ids in the database), null where there is none. */
  find(longId: number, shortId: number): Opportunity | null;
}

/** Nothing was ever stored. */
export const NO_OPPORTUNITIES: OpportunityBook = { find: () => null };
