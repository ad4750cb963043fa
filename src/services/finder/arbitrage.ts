import { grossAprPct, netAprPct } from "../../domain/arbitrage.ts";
import { type Fee, listingFee } from "../../domain/fees.ts";
import type { Snapshot } from "../../domain/market.ts";
import type { Stepwise } from "../../lib/stepwise.ts";
import type { AssetGroup, AssetGroups, Leg } from "./asset-groups.ts";
import { type ArbitrageQuery, compareLegs, type Pair, type Plan } from "./pair.ts";
import { PairFilter } from "./pair-filter.ts";
import { PairOrder, UNKNOWN_RANK } from "./pair-order.ts";
import { type Candidate, feesOf, PairRank } from "./pair-rank.ts";

/** Pairs in order, as far as requested. */
export interface FoundPairs {
  /** The total number of pairs found. */
  readonly length: number;
  /** Pairs from index `from` up to but excluding `to`, which must not exceed what was requested. */
  slice(from: number, to: number): readonly Pair[];
}

/**
 * The pairs of a snapshot that match a query, best first, ties in the order of the legs; sorted up to but excluding
 * index `end`. There may be 200,000, so the search is done in steps.
 */
export function* findPairs(
  snapshot: Snapshot,
  groups: AssetGroups,
  query: ArbitrageQuery,
  { end }: { readonly end: number },
): Stepwise<FoundPairs> {
  const search = new PairSearch(snapshot, query, end);
  const pools: Pool[] = [];
  for (const group of groups.of(snapshot)) {
    const pool = search.poolOf(group);
    if (pool !== null) pools.push(pool);
    yield;
  }
  // The most promising first: most of the others then only need to be counted.
  pools.sort((left, right) => (left.limit === right.limit ? 0 : right.limit - left.limit));
  for (const pool of pools) {
    search.addFrom(pool);
    yield;
  }
  const first = yield* search.found.first();
  return { length: search.found.length, slice: (from, to) => first.slice(from, to) };
}

/** The legs of an asset that pass the filters, at least two. */
interface Pool {
  readonly group: AssetGroup;
  readonly legs: readonly Leg[];
  /** No pair of them ranks higher. */
  readonly limit: number;
}

class PairSearch {
  readonly found: PairOrder;
  readonly #snapshot: Snapshot;
  readonly #query: ArbitrageQuery;
  readonly #filter: PairFilter;
  readonly #rank: PairRank;
  readonly #plan: Plan;
  /** By exchange index: looking fees up by name for each leg takes a sixth of the whole search. */
  readonly #fees: (Fee | null | undefined)[] = [];

  constructor(snapshot: Snapshot, query: ArbitrageQuery, end: number) {
    this.found = new PairOrder(end);
    this.#snapshot = snapshot;
    this.#query = query;
    this.#filter = new PairFilter(query);
    const { holdHours, notionalUsd, capitalUsd, leverage } = query;
    this.#plan = { holdHours, notionalUsd, capitalUsd, leverage };
    this.#rank = new PairRank(query, snapshot.asOfMs);
  }

  /** The legs of one asset that may form pairs; null if they cannot. */
  poolOf(group: AssetGroup): Pool | null {
    const { matches, withRefused } = this.#filter;
    const all = withRefused ? [...group.trusted, ...group.refused] : group.trusted;
    if (all.length < 2) return null;
    const legs: Leg[] = [];
    let [lowestPct, highestPct] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    let cheapestBps = Number.POSITIVE_INFINITY;
    for (const leg of all) {
      if (!matches(leg)) continue;
      legs.push(leg);
      const { annualizedPct: pct } = leg;
      if (pct !== null && pct < lowestPct) lowestPct = pct;
      if (pct !== null && pct > highestPct) highestPct = pct;
      const fee = this.#feeOf(leg);
      if (fee !== null && fee.bps < cheapestBps) cheapestBps = fee.bps;
    }
    if (legs.length < 2) return null;
    const { minExchanges } = this.#query;
    // Two legs are on two exchanges anyway.
    if (minExchanges > 2 && countExchanges(legs) < minExchanges) return null;
    const spreadPct = highestPct < lowestPct ? Number.NaN : highestPct - lowestPct;
    return { group, legs, limit: this.#rank.roughLimit(spreadPct, 2 * cheapestBps) };
  }

  /** Adds those pairs of one asset that pass every filter, or the best of them. */
  addFrom({ group, legs, limit }: Pool): void {
    const isBest = this.#query.pairs === "best";
    if (limit < this.#countedBelow()) {
      this.found.addBelow(this.#countPairs(legs, isBest ? 1 : Number.POSITIVE_INFINITY));
      return;
    }
    const candidates = legs.map((leg) => this.#rank.candidate(leg, this.#feeOf(leg)));
    if (isBest) {
      const best = this.#best(group, candidates);
      if (best !== null) this.found.add(best, this.#rank.of(best));
      return;
    }
    this.#addAll(group, candidates);
  }

  #addAll(group: AssetGroup, candidates: readonly Candidate[]): void {
    for (const [index, left] of candidates.entries()) {
      const countedBelow = this.#countedBelow();
      for (let other = index + 1; other < candidates.length; other += 1) {
        const right = candidates[other];
        if (right === undefined || !this.#filter.mayBeFound(left.leg, right.leg)) continue;
        if (this.#rank.limit(left, right) < countedBelow) {
          this.found.addBelow(1);
          continue;
        }
        const pair = this.#pairOf(group, left, right);
        if (this.#filter.passes(pair)) this.found.add(pair, this.#rank.of(pair));
      }
    }
  }

  /** Pairs that rank below this only need to be counted, without being built; lowest of all if filters need a pair. */
  #countedBelow(): number {
    return this.#filter.needsPair ? UNKNOWN_RANK : this.found.lowestRank;
  }

  /** How many pairs of these legs may be found, counted up to `most`. */
  #countPairs(legs: readonly Leg[], most: number): number {
    let count = 0;
    for (const [index, left] of legs.entries()) {
      for (let other = index + 1; other < legs.length; other += 1) {
        const right = legs[other];
        if (right === undefined || !this.#filter.mayBeFound(left, right)) continue;
        count += 1;
        if (count === most) return count;
      }
    }
    return count;
  }

  /**
   * The best pair that passes. 12,000 legs make a hundred thousand pairs, so the two most distant rates are tried
   * first, and a leg that cannot beat the best so far is skipped.
   */
  #best(group: AssetGroup, candidates: readonly Candidate[]): Pair | null {
    let best: Pair | null = null;
    let bestRank = UNKNOWN_RANK;
    const consider = (left: Candidate, right: Candidate): void => {
      if (!this.#filter.mayBeFound(left.leg, right.leg)) return;
      if (best !== null && this.#rank.limit(left, right) < bestRank) return;
      const pair = this.#pairOf(group, left, right);
      const rank = this.#rank.of(pair);
      const wins =
        best === null || rank > bestRank || (rank === bestRank && compareLegs(pair, best) < 0);
      if (!wins || !this.#filter.passes(pair)) return;
      best = pair;
      bestRank = rank;
    };
    const extremes = this.#rank.extremesOf(candidates);
    const { lowest, highest } = extremes;
    if (lowest !== null && highest !== null) consider(lowest, highest);
    const reaches = candidates.map((candidate) => this.#rank.reach(candidate, extremes));
    for (let index = 0; index < candidates.length; index += 1) {
      const left = candidates[index];
      if (left === undefined || (reaches[index] ?? UNKNOWN_RANK) < bestRank) continue;
      for (let other = index + 1; other < candidates.length; other += 1) {
        const right = candidates[other];
        if (right !== undefined && (reaches[other] ?? UNKNOWN_RANK) >= bestRank)
          consider(left, right);
      }
    }
    return best;
  }

  #feeOf({ exchangeIndex, takerFeeBps, row }: Leg): Fee | null {
    let ofExchange = this.#fees[exchangeIndex];
    if (ofExchange === undefined) {
      ofExchange = this.#query.fees.get(row.record.exchange) ?? null;
      this.#fees[exchangeIndex] = ofExchange;
    }
    return listingFee(ofExchange, takerFeeBps);
  }

  /** The pair of two legs, the one with the lower rate first. */
  #pairOf(group: AssetGroup, left: Candidate, right: Candidate): Pair {
    const { holdHours } = this.#query;
    const [long, short] = this.#filter.isLong(left.leg, right.leg) ? [left, right] : [right, left];
    const [longPct, shortPct] = [long.leg.annualizedPct, short.leg.annualizedPct];
    const grossPct = longPct === null || shortPct === null ? null : grossAprPct(longPct, shortPct);
    const feesPct = feesOf(long, short);
    const known = grossPct !== null && feesPct !== null;
    return {
      group,
      snapshot: this.#snapshot,
      long: long.leg,
      short: short.leg,
      longTerms: this.#rank.termsOf(long),
      shortTerms: this.#rank.termsOf(short),
      plan: this.#plan,
      grossPct,
      feesPct,
      netPct: known ? netAprPct(grossPct, feesPct, holdHours) : null,
    };
  }
}

function countExchanges(legs: readonly Leg[]): number {
  return new Set(legs.map(({ exchangeIndex }) => exchangeIndex)).size;
}
