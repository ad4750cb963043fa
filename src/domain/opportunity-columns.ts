import type { Opportunity, OpportunityBook } from "./opportunity.ts";

/**
 * Many opportunities as columns, ordered by key: at 12,000 instruments some 90,000 pairs are open at once, and an
 * object for each would cost five times the memory. Columns may be longer than `count`; the rest is of no meaning.
 */
export interface OpportunityColumns {
  readonly count: number;
  /** `pairKey` of each pair, strictly rising. */
  readonly keys: Float64Array;
  /** Unix seconds. */
  readonly firstSeen: Uint32Array;
  /** Unix seconds. */
  readonly lastSeen: Uint32Array;
  /** Hundredths of a percent a year. */
  readonly peak: Uint32Array;
  /** Seconds. */
  readonly unobserved: Uint32Array;
}

/** Ids of instruments are below this, so that two of them fit into one exact number: 67 million listings. */
export const INSTRUMENT_ID_BOUND = 2 ** 26;

/** Nearly three times what the largest market has, where 12,000 legs make some 90,000 pairs. */
const MOST_PER_LEG = 20;
/** So many in any case: a few assets that all exchanges list make more pairs per leg. */
const LEAST_BOUND = 250_000;

/** How many pairs are kept of a market with so many legs. */
export function mostOpportunities(legs: number): number {
  return Math.max(LEAST_BOUND, legs * MOST_PER_LEG);
}

const PEAK_STEPS_PER_PCT = 100;
const MAX_PEAK = 2 ** 32 - 1;

export const NO_COLUMNS: OpportunityColumns = {
  count: 0,
  keys: new Float64Array(0),
  firstSeen: new Uint32Array(0),
  lastSeen: new Uint32Array(0),
  peak: new Uint32Array(0),
  unobserved: new Uint32Array(0),
};

/** One number for (long, short): both below the bound. Pairs are ordered by the long one's id first. */
export function pairKey(longId: number, shortId: number): number {
  return longId * INSTRUMENT_ID_BOUND + shortId;
}

export function longIdOf(key: number): number {
  return Math.floor(key / INSTRUMENT_ID_BOUND);
}

export function shortIdOf(key: number): number {
  // Not the remainder: of a number this large it takes ten times as long.
  return key - longIdOf(key) * INSTRUMENT_ID_BOUND;
}

/** A gross yield in percent a year as a peak is kept. */
export function peakOf(grossPct: number): number {
  return Math.min(MAX_PEAK, Math.round(grossPct * PEAK_STEPS_PER_PCT));
}

/** A cell of a column. Guaranteed by every caller: the index is below the column's length. */
export function cell(column: Float64Array | Uint32Array | Uint8Array, index: number): number {
  return column[index] as number;
}

/** The book of columns that nobody changes any more. A search looks at some seventeen keys. */
export function bookOf(columns: OpportunityColumns): OpportunityBook {
  return {
    find(longId, shortId) {
      if (shortId >= INSTRUMENT_ID_BOUND) return null;
      const at = indexOf(columns, pairKey(longId, shortId));
      return at === null ? null : opportunityAt(columns, at);
    },
  };
}

function indexOf({ keys, count }: OpportunityColumns, key: number): number | null {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (cell(keys, middle) < key) low = middle + 1;
    else high = middle;
  }
  return low < count && cell(keys, low) === key ? low : null;
}

function opportunityAt(columns: OpportunityColumns, index: number): Opportunity {
  return {
    firstSeenMs: cell(columns.firstSeen, index) * 1000,
    lastSeenMs: cell(columns.lastSeen, index) * 1000,
    peakGrossPct: cell(columns.peak, index) / PEAK_STEPS_PER_PCT,
    unobservedMs: cell(columns.unobserved, index) * 1000,
  };
}
