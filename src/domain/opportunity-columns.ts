import type { Opportunity, OpportunityBook } from "./opportunity.ts";

/**
 * Many opportunities as columns of 32-bit words, ordered by long id, then short id: at 12,000 instruments some 90,000
 * pairs are open at once, and an object for each would cost five times the memory.
 */
export interface OpportunityColumns {
  readonly count: number;
  readonly longIds: Uint32Array;
  readonly shortIds: Uint32Array;
  /** Unix seconds. */
  readonly firstSeen: Uint32Array;
  /** Unix seconds. */
  readonly lastSeen: Uint32Array;
  /** Hundredths of a percent a year. */
  readonly peak: Uint32Array;
  /** Seconds. */
  readonly unobserved: Uint32Array;
  /** The count, followed by the columns above, which are views into this. */
  readonly words: Uint32Array;
}

const COLUMNS = 6;

/** Instrument ids are below this, so that each fits into one word. */
export const INSTRUMENT_ID_BOUND = 2 ** 32;

/** Nearly three times the largest known market, where 12,000 legs form some 90,000 pairs. */
const MAX_PER_LEG = 20;
/** Never fewer than this: a few assets that all exchanges list form more pairs per leg. */
const MIN_BOUND = 250_000;

/** The maximum number of pairs kept for a market with this many legs. */
export function maxOpportunities(legs: number): number {
  return Math.max(MIN_BOUND, legs * MAX_PER_LEG);
}

const PEAK_STEPS_PER_PCT = 100;
const MAX_PEAK = 2 ** 32 - 1;

/** A gross yield in percent per year in the unit of the peak column. */
export function peakOf(grossPct: number): number {
  return Math.min(MAX_PEAK, Math.round(grossPct * PEAK_STEPS_PER_PCT));
}

/** Empty columns, to be filled in order by the caller. */
export function makeColumns(count: number): OpportunityColumns {
  const words = new Uint32Array(1 + COLUMNS * count);
  words[0] = count;
  return windows(words, count);
}

export const NO_COLUMNS: OpportunityColumns = makeColumns(0);

/** The columns in `words`; null if these are invalid or not in order, which a search needs. */
export function columnsIn(words: Uint32Array): OpportunityColumns | null {
  const [count] = words;
  if (count === undefined || words.length !== 1 + COLUMNS * count) return null;
  const columns = windows(words, count);
  for (let index = 1; index < count; index += 1) {
    const longId = cell(columns.longIds, index);
    const isAfter = isBefore(columns, index - 1, longId, cell(columns.shortIds, index));
    if (!isAfter) return null;
  }
  return columns;
}

function windows(words: Uint32Array, count: number): OpportunityColumns {
  const column = (index: number): Uint32Array =>
    words.subarray(1 + index * count, 1 + (index + 1) * count);
  return {
    count,
    longIds: column(0),
    shortIds: column(1),
    firstSeen: column(2),
    lastSeen: column(3),
    peak: column(4),
    unobserved: column(5),
    words,
  };
}

/** A cell of a column. Every caller guarantees that the index is below the column's length. */
export function cell(column: Uint32Array, index: number): number {
  return column[index] as number;
}

/** A book on columns that no longer change. A search inspects about seventeen pairs. */
export function bookOf(columns: OpportunityColumns): OpportunityBook {
  return {
    find(longId, shortId) {
      let low = 0;
      let high = columns.count;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (isBefore(columns, middle, longId, shortId)) low = middle + 1;
        else high = middle;
      }
      const isFound = columns.longIds[low] === longId && columns.shortIds[low] === shortId;
      return isFound ? opportunityAt(columns, low) : null;
    },
  };
}

/** Whether the pair at `index` comes before that of these ids. */
function isBefore(
  { longIds, shortIds }: OpportunityColumns,
  index: number,
  longId: number,
  shortId: number,
): boolean {
  const here = cell(longIds, index);
  return here < longId || (here === longId && cell(shortIds, index) < shortId);
}

function opportunityAt(columns: OpportunityColumns, index: number): Opportunity {
  return {
    firstSeenMs: cell(columns.firstSeen, index) * 1000,
    lastSeenMs: cell(columns.lastSeen, index) * 1000,
    peakGrossPct: cell(columns.peak, index) / PEAK_STEPS_PER_PCT,
    unobservedMs: cell(columns.unobserved, index) * 1000,
  };
}
