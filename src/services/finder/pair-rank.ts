import { roundPct } from "../../domain/percent.ts";
import { grossAprPct, netAprPct, roundTripFeesPct } from "../../domain/arbitrage.ts";
import { earliestBreakevenHours } from "../../domain/breakeven.ts";
import { pctPerMs } from "../../domain/funding.ts";
import { netUsdOf, receivedUsd } from "./expected-cash.ts";
import { legFlow, type LegTerms } from "./leg-terms.ts";
import { ageSecondsOf, type ArbitrageQuery, breakevenHoursOf, cashOf, type Pair } from "./pair.ts";
import { UNKNOWN_RANK } from "./pair-order.ts";

/** A leg that passed the filters, with the values that its pairs are ranked by. */
export interface Candidate extends LegTerms {
  /** Set only when ranking by cash: what each side would receive, US dollars; null is unknown. */
  readonly cash: { readonly longUsd: number; readonly shortUsd: number } | null;
  /**
   * Set only when ranking by break-even: the maximum by which its payments can be ahead of their mean, on either side.
   */
  readonly maxLead: number;
}

/** Upper bounds over the candidates of one asset: no pair of them can be better than these combined. */
export interface Extremes {
  /** The candidates with the lowest and the highest annual rate; null if none is known. */
  readonly lowest: Candidate | null;
  readonly highest: Candidate | null;
  readonly cheapestBps: number;
  readonly maxLongUsd: number;
  readonly maxShortUsd: number;
  readonly maxLead: number;
}

/** The rank of a pair under a query, and upper bounds for it before the pair is built. Higher is better. */
export class PairRank {
  readonly #query: ArbitrageQuery;
  readonly #asOfMs: number;

  constructor(query: ArbitrageQuery, asOfMs: number) {
    this.#query = query;
    this.#asOfMs = asOfMs;
  }

  of(pair: Pair): number {
    switch (this.#query.sort) {
      case "net":
        return pair.netPct ?? UNKNOWN_RANK;
      case "cash":
        return cashOf(pair).netUsd ?? UNKNOWN_RANK;
      case "gross":
        return pair.grossPct ?? UNKNOWN_RANK;
      case "breakeven":
        return -(breakevenHoursOf(pair) ?? Number.POSITIVE_INFINITY);
      case "lasted":
        return ageSecondsOf(pair) ?? UNKNOWN_RANK;
    }
  }

  candidate(terms: LegTerms): Candidate {
    const { sort, notionalUsd } = this.#query;
    const { leg, charged } = terms;
    const cash =
      sort !== "cash" || charged === null
        ? null
        : {
            longUsd: receivedUsd(charged, "long", notionalUsd),
            shortUsd: receivedUsd(charged, "short", notionalUsd),
          };
    const leads =
      sort !== "breakeven"
        ? []
        : (["long", "short"] as const).map(
            (side) => legFlow(leg, side, this.#asOfMs)?.maxLead ?? 0,
          );
    return { ...terms, cash, maxLead: Math.max(0, ...leads) };
  }

  extremesOf(candidates: readonly Candidate[]): Extremes {
    let lowest: Candidate | null = null;
    let highest: Candidate | null = null;
    const most = {
      cheapestBps: Number.POSITIVE_INFINITY,
      maxLongUsd: Number.NEGATIVE_INFINITY,
      maxShortUsd: Number.NEGATIVE_INFINITY,
      maxLead: 0,
    };
    for (const candidate of candidates) {
      const { annualizedPct: pct } = candidate.leg;
      const { fee, cash, maxLead } = candidate;
      most.cheapestBps = Math.min(most.cheapestBps, fee?.bps ?? most.cheapestBps);
      most.maxLongUsd = Math.max(most.maxLongUsd, cash?.longUsd ?? most.maxLongUsd);
      most.maxShortUsd = Math.max(most.maxShortUsd, cash?.shortUsd ?? most.maxShortUsd);
      most.maxLead = Math.max(most.maxLead, maxLead);
      if (pct === null) continue;
      if (pct < (lowest?.leg.annualizedPct ?? Number.POSITIVE_INFINITY)) lowest = candidate;
      if (pct > (highest?.leg.annualizedPct ?? Number.NEGATIVE_INFINITY)) highest = candidate;
    }
    return { lowest, highest, ...most };
  }

  /** The highest rank that any pair with this candidate could have, given the extremes of its asset. */
  reach({ leg: { annualizedPct: pct }, fee, cash, maxLead }: Candidate, of: Extremes): number {
    const feesPct = fee === null ? null : roundTripFeesPct(fee.bps, of.cheapestBps);
    if (this.#query.sort === "cash") {
      if (cash === null || feesPct === null) return UNKNOWN_RANK;
      return Math.max(
        this.#netUsd(cash.longUsd, of.maxShortUsd, feesPct),
        this.#netUsd(of.maxLongUsd, cash.shortUsd, feesPct),
      );
    }
    const lowestPct = of.lowest?.leg.annualizedPct ?? null;
    const highestPct = of.highest?.leg.annualizedPct ?? null;
    const isKnown = pct !== null && lowestPct !== null && highestPct !== null;
    const grossPct = isKnown ? roundPct(Math.max(pct - lowestPct, highestPct - pct)) : null;
    return this.#upperBound(grossPct, feesPct, maxLead + of.maxLead);
  }

  /** An upper bound for the rank of two legs' pair. */
  limit(left: Candidate, right: Candidate): number {
    const feesPct = feesOf(left, right);
    if (this.#query.sort === "cash") {
      if (left.cash === null || right.cash === null || feesPct === null) return UNKNOWN_RANK;
      return Math.max(
        this.#netUsd(left.cash.longUsd, right.cash.shortUsd, feesPct),
        this.#netUsd(right.cash.longUsd, left.cash.shortUsd, feesPct),
      );
    }
    const [leftPct, rightPct] = [left.leg.annualizedPct, right.leg.annualizedPct];
    const isKnown = leftPct !== null && rightPct !== null;
    const grossPct = isKnown ? Math.abs(grossAprPct(leftPct, rightPct)) : null;
    return this.#upperBound(grossPct, feesPct, left.maxLead + right.maxLead);
  }

  /** A rank from numbers alone; when ranking by age, which is stored, its upper bound. */
  #upperBound(grossPct: number | null, feesPct: number | null, maxLead: number): number {
    const { sort, holdHours } = this.#query;
    if (sort === "lasted") return Number.POSITIVE_INFINITY;
    if (grossPct === null) return UNKNOWN_RANK;
    if (sort === "gross") return grossPct;
    if (feesPct === null) return UNKNOWN_RANK;
    if (sort === "net") return netAprPct(grossPct, feesPct, holdHours);
    return -earliestBreakevenHours(pctPerMs(grossPct), maxLead, feesPct);
  }

  /** Computed exactly like `cashOf`, to the last bit, so that larger terms never give smaller sums. */
  #netUsd(longUsd: number, shortUsd: number, feesPct: number): number {
    return netUsdOf(longUsd, shortUsd, feesPct, this.#query.notionalUsd);
  }
}

/** Four taker fills of a pair, percent of notional; null if a fee is unknown. */
export function feesOf({ fee: left }: LegTerms, { fee: right }: LegTerms): number | null {
  return left === null || right === null ? null : roundTripFeesPct(left.bps, right.bps);
}
