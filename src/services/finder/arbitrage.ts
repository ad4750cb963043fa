import { grossAprPct, netAprPct, priceGapPct } from "../../domain/arbitrage.ts";
import { decisionOf, isRefusedGap } from "../../domain/decision.ts";
import { type Fee, listingFee } from "../../domain/fees.ts";
import type { Snapshot } from "../../domain/market.ts";
import type { Pauses } from "../../lib/pauses.ts";
import type { AssetGroup, AssetGroups, Leg } from "./asset-groups.ts";
import { rowMatcher } from "./funding-query.ts";
import { legTerms } from "./leg-terms.ts";
import {
  ageSecondsOf,
  type ArbitrageQuery,
  cashOf,
  compareLegs,
  compareRows,
  factsOf,
  type Pair,
  type Plan,
} from "./pair.ts";
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
 * index `end`. There may be 200,000, so the search yields to the event loop in between.
 */
export async function findPairs(
  snapshot: Snapshot,
  groups: AssetGroups,
  query: ArbitrageQuery,
  { end, pauses }: { readonly end: number; readonly pauses: Pauses },
): Promise<FoundPairs> {
  const search = new PairSearch(snapshot, query, end);
  for (const group of groups.of(snapshot)) {
    search.addFrom(group);
    if (pauses.isDue) await pauses.take();
  }
  const first = await search.found.first(pauses);
  return { length: search.found.length, slice: (from, to) => first.slice(from, to) };
}

/** Whether a leg passes the filters of a query. */
export function candidateMatcher({ legs, exclude }: Pick<ArbitrageQuery, "legs" | "exclude">) {
  const matches = rowMatcher(legs);
  if (exclude === null) return ({ row }: Leg): boolean => matches(row);
  const excluded = new Set(exclude);
  return ({ row }: Leg): boolean => !excluded.has(row.record.exchange) && matches(row);
}

class PairSearch {
  readonly found: PairOrder;
  readonly #snapshot: Snapshot;
  readonly #query: ArbitrageQuery;
  readonly #matches: (leg: Leg) => boolean;
  readonly #withRefused: boolean;
  readonly #rank: PairRank;
  readonly #plan: Plan;
  /** Which exchanges each leg may be on; null if unrestricted. */
  readonly #sides: Sides | null;
  /** By exchange index: looking fees up by name for each leg takes a sixth of the whole search. */
  readonly #fees: (Fee | null | undefined)[] = [];

  constructor(snapshot: Snapshot, query: ArbitrageQuery, end: number) {
    this.found = new PairOrder(end);
    this.#snapshot = snapshot;
    this.#query = query;
    this.#matches = candidateMatcher(query);
    this.#withRefused = query.decisions.includes("refuse");
    const { holdHours, notionalUsd, capitalUsd, leverage } = query;
    this.#plan = { holdHours, notionalUsd, capitalUsd, leverage };
    this.#sides = sidesOf(query);
    this.#rank = new PairRank(query, snapshot.asOfMs);
  }

  /** Adds those pairs of one asset that pass every filter, or the best of them. */
  addFrom(group: AssetGroup): void {
    const candidates = this.#candidates(group);
    if (candidates.length < 2) return;
    const { minExchanges, pairs } = this.#query;
    // Two legs are on two exchanges anyway.
    if (minExchanges > 2 && countExchanges(candidates) < minExchanges) return;
    if (pairs === "best") {
      const best = this.#best(group, candidates);
      if (best !== null) this.found.add(best, this.#rank.of(best));
      return;
    }
    for (const [index, left] of candidates.entries()) {
      for (const right of candidates.slice(index + 1)) {
        if (!this.#mayPair(left.leg, right.leg)) continue;
        const pair = this.#pairOf(group, left, right);
        if (this.#passes(pair)) this.found.add(pair, this.#rank.of(pair));
      }
    }
  }

  /**
   * The best pair that passes. 12,000 legs make a hundred thousand pairs, so the two most distant rates are tried
   * first, and a leg that cannot beat the best so far is skipped.
   */
  #best(group: AssetGroup, candidates: readonly Candidate[]): Pair | null {
    let best: Pair | null = null;
    let bestRank = UNKNOWN_RANK;
    const consider = (left: Candidate, right: Candidate): void => {
      if (!this.#mayPair(left.leg, right.leg)) return;
      if (best !== null && this.#rank.limit(left, right) < bestRank) return;
      const pair = this.#pairOf(group, left, right);
      const rank = this.#rank.of(pair);
      const wins =
        best === null || rank > bestRank || (rank === bestRank && compareLegs(pair, best) < 0);
      if (!wins || !this.#passes(pair)) return;
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

  /** Whether two listings of an asset may be paired, given their exchanges. */
  #mayPair(left: Leg, right: Leg): boolean {
    if (left.exchangeIndex === right.exchangeIndex) {
      if (left === right || this.#query.sameExchange === "exclude") return false;
    }
    return this.#isLong(left, right) ? this.#fits(left, right) : this.#fits(right, left);
  }

  /** Whether the left leg is the long one: the lower rate. A tie is ordered as the fixed legs allow. */
  #isLong(left: Leg, right: Leg): boolean {
    const order = compareRates(left, right);
    if (order !== 0) return order < 0;
    const isFirst = compareRows(left, right) < 0;
    const fits = isFirst ? this.#fits(left, right) : this.#fits(right, left);
    return fits ? isFirst : !isFirst;
  }

  #fits(long: Leg, short: Leg): boolean {
    return this.#sides === null || (this.#sides.long(long) && this.#sides.short(short));
  }

  #candidates(group: AssetGroup): readonly Candidate[] {
    const legs = this.#withRefused ? [...group.trusted, ...group.refused] : group.trusted;
    const { asOfMs } = this.#snapshot;
    const { holdHours } = this.#query;
    const candidates: Candidate[] = [];
    for (const leg of legs) {
      if (!this.#matches(leg)) continue;
      candidates.push(this.#rank.candidate(legTerms(leg, this.#feeOf(leg), asOfMs, holdHours)));
    }
    return candidates;
  }

  #feeOf({ exchangeIndex, row: { record } }: Leg): Fee | null {
    let ofExchange = this.#fees[exchangeIndex];
    if (ofExchange === undefined) {
      ofExchange = this.#query.fees.get(record.exchange) ?? null;
      this.#fees[exchangeIndex] = ofExchange;
    }
    return listingFee(ofExchange, record.takerFeeBps);
  }

  /** The pair of two legs, the one with the lower rate first. */
  #pairOf(group: AssetGroup, left: Candidate, right: Candidate): Pair {
    const { holdHours } = this.#query;
    const [long, short] = this.#isLong(left.leg, right.leg) ? [left, right] : [right, left];
    const [longPct, shortPct] = [long.leg.annualizedPct, short.leg.annualizedPct];
    const grossPct = longPct === null || shortPct === null ? null : grossAprPct(longPct, shortPct);
    const feesPct = feesOf(long, short);
    const known = grossPct !== null && feesPct !== null;
    return {
      group,
      snapshot: this.#snapshot,
      long: long.leg,
      short: short.leg,
      longTerms: long,
      shortTerms: short,
      plan: this.#plan,
      grossPct,
      feesPct,
      netPct: known ? netAprPct(grossPct, feesPct, holdHours) : null,
    };
  }

  #passes(pair: Pair): boolean {
    const { minYieldPct, maxPriceGapPct, minAgeSeconds, decisions } = this.#query;
    if (minYieldPct > 0 && (pair.grossPct ?? 0) < minYieldPct) return false;
    if (this.#query.paidOnBothSides && !isPaidOnBothSides(pair)) return false;
    if (!this.#isWorthIt(pair)) return false;
    const gapPct = priceGapPct(pair.long.unitPrice, pair.short.unitPrice);
    if (!this.#withRefused && isRefusedGap(gapPct)) return false;
    if (maxPriceGapPct !== null && (gapPct === null || Math.abs(gapPct) > maxPriceGapPct))
      return false;
    if (minAgeSeconds > 0 && (ageSecondsOf(pair) ?? 0) < minAgeSeconds) return false;
    // Every remaining decision is accepted: skip it, since it needs the age, which is the most expensive part.
    if (decisions.includes("usable") && decisions.includes("watch")) return true;
    return decisions.includes(decisionOf(factsOf(pair)));
  }

  /** Whether a pair reaches the minimums after fees; an unknown net reaches none. */
  #isWorthIt(pair: Pair): boolean {
    const { minNetPct, minNetUsd } = this.#query;
    if (minNetPct !== null && (pair.netPct === null || pair.netPct < minNetPct)) return false;
    if (minNetUsd === null) return true;
    const { netUsd } = cashOf(pair);
    return netUsd !== null && netUsd >= minNetUsd;
  }
}

/** Which legs may be the long and the short one of a pair. */
interface Sides {
  readonly long: (leg: Leg) => boolean;
  readonly short: (leg: Leg) => boolean;
}

function sidesOf({ longExchanges, shortExchanges }: ArbitrageQuery): Sides | null {
  if (longExchanges === null && shortExchanges === null) return null;
  return { long: isOn(longExchanges), short: isOn(shortExchanges) };
}

function isOn(exchanges: ArbitrageQuery["longExchanges"]): (leg: Leg) => boolean {
  if (exchanges === null) return () => true;
  const wanted = new Set(exchanges);
  return ({ row }) => wanted.has(row.record.exchange);
}

function countExchanges(candidates: readonly Candidate[]): number {
  return new Set(candidates.map(({ leg }) => leg.exchangeIndex)).size;
}

/** The lower rate first; equal and unknown rates are a tie. */
function compareRates(left: Leg, right: Leg): number {
  const [leftPct, rightPct] = [left.annualizedPct, right.annualizedPct];
  return leftPct === null || rightPct === null ? 0 : leftPct - rightPct;
}

function isPaidOnBothSides({ long, short }: Pair): boolean {
  return (long.annualizedPct ?? 0) < 0 && (short.annualizedPct ?? 0) > 0;
}
