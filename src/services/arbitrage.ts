import {
  breakevenHours,
  grossAprPct,
  netAprPct,
  priceGapPct,
  roundTripFeesPct,
} from "../domain/arbitrage.ts";
import { decisionOf } from "../domain/decision.ts";
import type { Snapshot } from "../domain/market.ts";
import type { Pauses } from "../lib/pauses.ts";
import { type AssetGroup, type AssetGroups, type Leg, legMatcher } from "./asset-groups.ts";
import {
  ageSecondsOf,
  type ArbitrageQuery,
  compareLegs,
  compareRows,
  factsOf,
  type Pair,
} from "./pair.ts";
import { PairOrder, UNKNOWN_RANK } from "./pair-order.ts";

/** Pairs as they are found, in order as far as they were asked for. */
export interface FoundPairs {
  /** How many there are in all. */
  readonly length: number;
  /** From place `from` up to, not including, place `to`, which is at most what was asked for. */
  slice(from: number, to: number): readonly Pair[];
}

/**
 * The pairs of a snapshot that a query asks for, the best first, ties in the order of the legs; ordered up to, not
 * including, place `end`. There may be 200,000: between parts of the work the event loop comes round.
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
  const matches = legMatcher(legs);
  if (exclude === null) return matches;
  const excluded = new Set(exclude);
  return (leg: Leg): boolean => !excluded.has(leg.row.record.exchange) && matches(leg);
}

/** A leg that passed the filters, with its exchange's fee. */
interface Candidate {
  readonly leg: Leg;
  readonly feeBps: number | null;
}

class PairSearch {
  readonly found: PairOrder;
  readonly #snapshot: Snapshot;
  readonly #query: ArbitrageQuery;
  readonly #matches: (leg: Leg) => boolean;
  readonly #withRefused: boolean;
  /** By the place of the exchange: to look one up by its name for each leg is a sixth of the whole search. */
  readonly #fees: (number | null | undefined)[] = [];

  constructor(snapshot: Snapshot, query: ArbitrageQuery, end: number) {
    this.found = new PairOrder(end);
    this.#snapshot = snapshot;
    this.#query = query;
    this.#matches = candidateMatcher(query);
    this.#withRefused = query.decisions.includes("refuse");
  }

  /** Adds the pairs of one asset that pass every filter, or the best of them. */
  addFrom(group: AssetGroup): void {
    const candidates = this.#candidates(group);
    if (candidates.length < 2) return;
    const { minExchanges, pairs } = this.#query;
    // Two legs are on two exchanges anyway.
    if (minExchanges > 2 && countExchanges(candidates) < minExchanges) return;
    if (pairs === "best") {
      const best = this.#best(group, candidates);
      if (best !== null) this.found.add(best, this.#rank(best));
      return;
    }
    for (const [index, left] of candidates.entries()) {
      for (const right of candidates.slice(index + 1)) {
        if (left.leg.exchangePlace === right.leg.exchangePlace) continue;
        const pair = this.#pairOf(group, left, right);
        if (this.#passes(pair)) this.found.add(pair, this.#rank(pair));
      }
    }
  }

  /**
   * The best pair that passes. There are a hundred thousand pairs of 12,000 legs: the two rates that are farthest
   * apart are tried first, and a leg that cannot reach the best so far is not paired any more.
   */
  #best(group: AssetGroup, candidates: readonly Candidate[]): Pair | null {
    let best: Pair | null = null;
    let bestRank = UNKNOWN_RANK;
    const consider = (left: Candidate, right: Candidate): void => {
      if (left.leg.exchangePlace === right.leg.exchangePlace) return;
      if (best !== null && this.#limit(left, right) < bestRank) return;
      const pair = this.#pairOf(group, left, right);
      const rank = this.#rank(pair);
      const wins =
        best === null || rank > bestRank || (rank === bestRank && compareLegs(pair, best) < 0);
      if (!wins || !this.#passes(pair)) return;
      best = pair;
      bestRank = rank;
    };
    const { lowest, highest, cheapestBps } = extremesOf(candidates);
    if (lowest !== null && highest !== null) consider(lowest, highest);
    const reaches = candidates.map((candidate) =>
      this.#reach(candidate, lowest, highest, cheapestBps),
    );
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

  /** Higher is better. */
  #rank(pair: Pair): number {
    switch (this.#query.sort) {
      case "net":
        return pair.netPct ?? UNKNOWN_RANK;
      case "gross":
        return pair.grossPct ?? UNKNOWN_RANK;
      case "breakeven":
        return pair.breakevenHours === null ? UNKNOWN_RANK : -pair.breakevenHours;
      case "age":
        return ageSecondsOf(pair) ?? UNKNOWN_RANK;
    }
  }

  #candidates(group: AssetGroup): readonly Candidate[] {
    const legs = this.#withRefused ? [...group.trusted, ...group.refused] : group.trusted;
    const candidates: Candidate[] = [];
    for (const leg of legs) {
      if (this.#matches(leg)) candidates.push({ leg, feeBps: this.#feeOf(leg) });
    }
    return candidates;
  }

  #feeOf({ exchangePlace, row }: Leg): number | null {
    const known = this.#fees[exchangePlace];
    if (known !== undefined) return known;
    const feeBps = this.#query.fees.get(row.record.exchange) ?? null;
    this.#fees[exchangePlace] = feeBps;
    return feeBps;
  }

  /** The highest rank that any pair of a candidate could have: against the farther rate, at the lowest fee. */
  #reach(
    { leg: { annualizedPct: pct }, feeBps }: Candidate,
    lowest: Candidate | null,
    highest: Candidate | null,
    cheapestBps: number,
  ): number {
    const lowestPct = lowest?.leg.annualizedPct ?? null;
    const highestPct = highest?.leg.annualizedPct ?? null;
    return this.#rankOf(
      pct === null || lowestPct === null || highestPct === null
        ? null
        : Math.max(pct - lowestPct, highestPct - pct),
      feeBps === null ? null : roundTripFeesPct(feeBps, cheapestBps),
    );
  }

  /** The rank of two legs' pair, or more. */
  #limit(left: Candidate, right: Candidate): number {
    const [leftPct, rightPct] = [left.leg.annualizedPct, right.leg.annualizedPct];
    return this.#rankOf(
      leftPct === null || rightPct === null ? null : Math.abs(grossAprPct(leftPct, rightPct)),
      feesOf(left, right),
    );
  }

  /** A rank by numbers alone; for an order by age, which is stored, the most that it could be. */
  #rankOf(grossPct: number | null, feesPct: number | null): number {
    const { sort, holdHours } = this.#query;
    if (sort === "age") return Number.POSITIVE_INFINITY;
    if (grossPct === null) return UNKNOWN_RANK;
    if (sort === "gross") return grossPct;
    if (feesPct === null) return UNKNOWN_RANK;
    if (sort === "net") return netAprPct(grossPct, feesPct, holdHours);
    return -(breakevenHours(grossPct, feesPct) ?? Number.POSITIVE_INFINITY);
  }

  /** The pair of two legs, the lower rate first. */
  #pairOf(group: AssetGroup, left: Candidate, right: Candidate): Pair {
    const { holdHours } = this.#query;
    const [long, short] = isLower(left.leg, right.leg) ? [left, right] : [right, left];
    const [longPct, shortPct] = [long.leg.annualizedPct, short.leg.annualizedPct];
    const grossPct = longPct === null || shortPct === null ? null : grossAprPct(longPct, shortPct);
    const feesPct = feesOf(long, short);
    const known = grossPct !== null && feesPct !== null;
    return {
      group,
      snapshot: this.#snapshot,
      long: long.leg,
      short: short.leg,
      grossPct,
      feesPct,
      netPct: known ? netAprPct(grossPct, feesPct, holdHours) : null,
      breakevenHours: known ? breakevenHours(grossPct, feesPct) : null,
    };
  }

  #passes(pair: Pair): boolean {
    const { minYieldPct, maxPriceGapPct, minAgeSeconds, decisions } = this.#query;
    if (minYieldPct > 0 && (pair.grossPct ?? 0) < minYieldPct) return false;
    if (this.#query.paidOnBothSides && !isPaidOnBothSides(pair)) return false;
    if (maxPriceGapPct !== null) {
      const gap = priceGapPct(pair.long.unitPrice, pair.short.unitPrice);
      if (gap === null || Math.abs(gap) > maxPriceGapPct) return false;
    }
    if (minAgeSeconds > 0 && (ageSecondsOf(pair) ?? 0) < minAgeSeconds) return false;
    // Both legs can be relied on, or all decisions are asked for: what it is needs the age, which costs the most.
    if (decisions.includes("usable") && decisions.includes("watch")) return true;
    return decisions.includes(decisionOf(factsOf(pair)));
  }
}

/** The candidates with the lowest and the highest rate that is known, and the lowest fee. */
function extremesOf(candidates: readonly Candidate[]) {
  let lowest: Candidate | null = null;
  let highest: Candidate | null = null;
  let cheapestBps = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const { annualizedPct: pct } = candidate.leg;
    cheapestBps = Math.min(cheapestBps, candidate.feeBps ?? cheapestBps);
    if (pct === null) continue;
    if (pct < (lowest?.leg.annualizedPct ?? Number.POSITIVE_INFINITY)) lowest = candidate;
    if (pct > (highest?.leg.annualizedPct ?? Number.NEGATIVE_INFINITY)) highest = candidate;
  }
  return { lowest, highest, cheapestBps };
}

function countExchanges(candidates: readonly Candidate[]): number {
  return new Set(candidates.map(({ leg }) => leg.exchangePlace)).size;
}

function feesOf({ feeBps: left }: Candidate, { feeBps: right }: Candidate): number | null {
  return left === null || right === null ? null : roundTripFeesPct(left, right);
}

/** Whether the left leg is the one to be long on; equal and unknown rates are in the order of the legs. */
function isLower(left: Leg, right: Leg): boolean {
  const [leftPct, rightPct] = [left.annualizedPct, right.annualizedPct];
  if (leftPct === null || rightPct === null || leftPct === rightPct)
    return compareRows(left, right) < 0;
  return leftPct < rightPct;
}

function isPaidOnBothSides({ long, short }: Pair): boolean {
  return (long.annualizedPct ?? 0) < 0 && (short.annualizedPct ?? 0) > 0;
}
