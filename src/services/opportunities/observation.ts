import { grossAprPct, priceGapPct } from "../../domain/arbitrage.ts";
import { isRefusedGap } from "../../domain/decision.ts";
import { OPPORTUNITY_ENDS_AFTER, OPPORTUNITY_GROSS_PCT } from "../../domain/opportunity.ts";
import {
  cell,
  longIdOf,
  mostOpportunities,
  pairKey,
  peakOf,
  shortIdOf,
} from "../../domain/opportunity-columns.ts";
import type { OpportunityLegs } from "./legs.ts";
import type { OpportunityTable, TableRow } from "./table.ts";

/** Pairs that are looked at in one go: about a millisecond. */
const PAIRS_PER_GO = 20_000;

/** What one snapshot tells of the opportunities. */
export interface Sight {
  readonly legs: OpportunityLegs;
  /** Unix seconds. */
  readonly asOf: number;
  /** Instruments whose rows are from before we looked again: that a pair is not there says nothing yet. */
  readonly unsighted: ReadonlySet<number>;
  /** Nobody looked between the last sight and this one. */
  readonly wasAway: boolean;
}

/**
 * Writes into `after` what one sight makes of `before`: both are in the order of their keys, and so are the pairs of
 * the legs, so that one walk along both tells which go on, which are new and which are missing.
 */
export class Sighting {
  readonly #sight: Sight;
  readonly #before: OpportunityTable;
  readonly #after: OpportunityTable;
  /** New pairs that there is room for, and those for which there was none. */
  #room: number;
  #leftOut = 0;
  #leg = 0;
  #read = 0;
  readonly #row: TableRow = {
    key: 0,
    firstSeen: 0,
    lastSeen: 0,
    peak: 0,
    unobserved: 0,
    misses: 0,
    unsighted: 0,
  };

  constructor(sight: Sight, before: OpportunityTable, after: OpportunityTable) {
    this.#sight = sight;
    this.#before = before;
    this.#after = after;
    this.#room = mostOpportunities(sight.legs.count) - before.count;
    after.clear();
  }

  /** New pairs that are not kept because there are too many. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Goes on for about a millisecond; true when it has come to the end. */
  go(): boolean {
    const { legs } = this.#sight;
    let looked = 0;
    while (this.#leg < legs.count) {
      if (looked >= PAIRS_PER_GO) return false;
      looked += this.#pairsOf(cell(legs.byId, this.#leg));
      this.#leg += 1;
    }
    this.#missUntil(Number.POSITIVE_INFINITY);
    return true;
  }

  /** All pairs with this long leg; returns how many were looked at. */
  #pairsOf(long: number): number {
    const { ids, annualizedPct, exchanges, unitPrices, starts, ends } = this.#sight.legs;
    const longId = cell(ids, long);
    const longPct = cell(annualizedPct, long);
    const exchange = exchanges[long];
    const start = cell(starts, long);
    const end = cell(ends, long);
    for (let short = start; short < end; short += 1) {
      const grossPct = grossAprPct(longPct, cell(annualizedPct, short));
      if (!(grossPct >= OPPORTUNITY_GROSS_PCT) || exchanges[short] === exchange) continue;
      // A price that is unknown is no number, and so is its gap: neither is refused for it.
      const gapPct = priceGapPct(cell(unitPrices, long), cell(unitPrices, short));
      if (!isRefusedGap(gapPct)) this.#see(pairKey(longId, cell(ids, short)), peakOf(grossPct));
    }
    return end - start;
  }

  #see(key: number, peak: number): void {
    this.#missUntil(key);
    const row = this.#row;
    const { asOf, wasAway } = this.#sight;
    if (this.#read < this.#before.count && cell(this.#before.keys, this.#read) === key) {
      this.#before.readInto(row, this.#read);
      this.#read += 1;
      // A clock that was set back makes no negative time.
      if (wasAway || row.unsighted === 1) row.unobserved += Math.max(0, asOf - row.lastSeen);
      row.peak = Math.max(row.peak, peak);
      // One that opened while the clock was ahead begins when it was set back: it would have no age until then.
      row.firstSeen = Math.min(row.firstSeen, asOf);
      row.unobserved = Math.min(row.unobserved, asOf - row.firstSeen);
    } else {
      if (this.#room <= 0) {
        this.#leftOut += 1;
        return;
      }
      this.#room -= 1;
      row.key = key;
      row.firstSeen = asOf;
      row.peak = peak;
      row.unobserved = 0;
    }
    row.lastSeen = asOf;
    row.misses = 0;
    row.unsighted = 0;
    this.#after.add(row);
  }

  /** The pairs below `key` that were open and were not met. */
  #missUntil(key: number): void {
    const { unsighted, wasAway } = this.#sight;
    const before = this.#before;
    const row = this.#row;
    while (this.#read < before.count && cell(before.keys, this.#read) < key) {
      before.readInto(row, this.#read);
      this.#read += 1;
      if (wasAway) row.unsighted = 1;
      const isHidden = unsighted.has(longIdOf(row.key)) || unsighted.has(shortIdOf(row.key));
      if (isHidden) row.unsighted = 1;
      else row.misses += 1;
      if (row.misses < OPPORTUNITY_ENDS_AFTER) this.#after.add(row);
    }
  }
}
