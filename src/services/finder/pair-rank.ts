import { roundPct } from "../../domain/percent.ts";
import { grossAprPct, netAprPct, roundTripFeesPct } from "../../domain/arbitrage.ts";
import { earliestBreakevenHours } from "../../domain/breakeven.ts";
import { pctPerMs } from "../../domain/funding.ts";
import { netUsdOf, receivedUsd } from "./expected-cash.ts";
import { legFlow, type LegTerms, legTerms } from "./leg-terms.ts";
import type { Fee } from "../../domain/fees.ts";
import type { Leg } from "./asset-groups.ts";
import { ageSecondsOf, type ArbitrageQuery, breakevenHoursOf, cashOf, type Pair } from "./pair.ts";
import { UNKNOWN_RANK } from "./pair-order.ts";

/** A leg that passed the filters, with the values that its pairs are ranked by. */
export interface Candidate {
  readonly leg: Leg;
  readonly fee: Fee | null;
  /** Its terms, once they were needed: few legs are in a pair that is built. */
  terms: LegTerms | null;
  /** Set only when ranking by cash: what each side would receive, US dollars; null is unknown. */
  readonly cash: { readonly longUsd: number; readonly shortUsd: number } | null;
  /**
   * Set only when ranking by break-even: the maximum by which its payments can be ahead of their mean, on either side.
   */
  readonly maxLead: number;
}

/** More than all roundings between two annual rates and the rank of their pair, relative to the terms. */
const ROUNDINGS = 1e-12;

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
  /** What a basis point of fees on one side takes from the yield. */
  readonly #yearlyPctPerBps: number;

  /** Whether ranking by gross or net yield: these follow from rates and fees alone. */
  readonly #isByYield: boolean;

  constructor(query: ArbitrageQuery, asOfMs: number) {
    this.#query = query;
    this.#isByYield = query.sort === "net" || query.sort === "gross";
    this.#asOfMs = asOfMs;
    this.#yearlyPctPerBps = -netAprPct(0, roundTripFeesPct(1, 0), query.holdHours);
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

  /** A leg with its fee and what its pairs are ranked by. */
  candidate(leg: Leg, fee: Fee | null): Candidate {
    const { sort } = this.#query;
    return {
      leg,
      fee,
      terms: null,
      cash: sort === "cash" ? this.#cashOf(leg, fee) : null,
      maxLead: sort === "breakeven" ? this.#leadOf(leg) : 0,
    };
  }

  /** The terms of a leg under the plan. */
  termsOf(candidate: Candidate): LegTerms {
    const { leg, fee } = candidate;
    candidate.terms ??= legTerms(leg, fee, this.#asOfMs, this.#query.holdHours);
    return candidate.terms;
  }

  #cashOf(leg: Leg, fee: Fee | null): Candidate["cash"] {
    const { holdHours, notionalUsd } = this.#query;
    const { charged } = legTerms(leg, fee, this.#asOfMs, holdHours);
    if (charged === null) return null;
    return {
      longUsd: receivedUsd(charged, "long", notionalUsd),
      shortUsd: receivedUsd(charged, "short", notionalUsd),
    };
  }

  #leadOf(leg: Leg): number {
    const leadOn = (side: "long" | "short") => legFlow(leg, side, this.#asOfMs)?.maxLead ?? 0;
    return Math.max(0, leadOn("long"), leadOn("short"));
  }

  /**
   * An upper bound for pairs whose annual rates are at most `spreadPct` apart (NaN: unknown) and whose fees add up to
   * `bps` or more (infinite: unknown), from a few additions; infinite if not ranking by yield.
   */
  roughLimit(spreadPct: number, bps: number): number {
    if (!this.#isByYield) return Number.POSITIVE_INFINITY;
    if (Number.isNaN(spreadPct)) return UNKNOWN_RANK;
    if (this.#query.sort === "gross") return spreadPct * (1 + ROUNDINGS);
    if (bps === Number.POSITIVE_INFINITY) return UNKNOWN_RANK;
    const feesPct = bps * this.#yearlyPctPerBps;
    return spreadPct - feesPct + (spreadPct + feesPct) * ROUNDINGS;
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
    const lowestPct = of.lowest?.leg.annualizedPct ?? Number.NaN;
    const highestPct = of.highest?.leg.annualizedPct ?? Number.NaN;
    const spreadPct = pct === null ? Number.NaN : Math.max(pct - lowestPct, highestPct - pct);
    if (this.#isByYield) return this.roughLimit(spreadPct, bpsOf(fee) + of.cheapestBps);
    const feesPct = fee === null ? null : roundTripFeesPct(fee.bps, of.cheapestBps);
    if (this.#query.sort === "cash") {
      if (cash === null || feesPct === null) return UNKNOWN_RANK;
      return Math.max(
        this.#netUsd(cash.longUsd, of.maxShortUsd, feesPct),
        this.#netUsd(of.maxLongUsd, cash.shortUsd, feesPct),
      );
    }
    const grossPct = Number.isNaN(spreadPct) ? null : roundPct(spreadPct);
    return this.#upperBound(grossPct, feesPct, maxLead + of.maxLead);
  }

  /** An upper bound for the rank of two legs' pair. */
  limit(left: Candidate, right: Candidate): number {
    const [leftPct, rightPct] = [left.leg.annualizedPct, right.leg.annualizedPct];
    const isKnown = leftPct !== null && rightPct !== null;
    if (this.#isByYield) {
      const spreadPct = isKnown ? Math.abs(leftPct - rightPct) : Number.NaN;
      return this.roughLimit(spreadPct, bpsOf(left.fee) + bpsOf(right.fee));
    }
    const feesPct = feesOf(left, right);
    if (this.#query.sort === "cash") {
      if (left.cash === null || right.cash === null || feesPct === null) return UNKNOWN_RANK;
      return Math.max(
        this.#netUsd(left.cash.longUsd, right.cash.shortUsd, feesPct),
        this.#netUsd(right.cash.longUsd, left.cash.shortUsd, feesPct),
      );
    }
    const grossPct = isKnown ? Math.abs(grossAprPct(leftPct, rightPct)) : null;
    return this.#upperBound(grossPct, feesPct, left.maxLead + right.maxLead);
  }

  /** When ranking by break-even; when ranking by age, which is stored, any rank is possible. */
  #upperBound(grossPct: number | null, feesPct: number | null, maxLead: number): number {
    if (this.#query.sort === "lasted") return Number.POSITIVE_INFINITY;
    if (grossPct === null || feesPct === null) return UNKNOWN_RANK;
    return -earliestBreakevenHours(pctPerMs(grossPct), maxLead, feesPct);
  }

  /** Computed exactly like `cashOf`, to the last bit, so that larger terms never give smaller sums. */
  #netUsd(longUsd: number, shortUsd: number, feesPct: number): number {
    return netUsdOf(longUsd, shortUsd, feesPct, this.#query.notionalUsd);
  }
}

function bpsOf(fee: Fee | null): number {
  return fee === null ? Number.POSITIVE_INFINITY : fee.bps;
}

/** Four taker fills of a pair, percent of notional; null if a fee is unknown. */
export function feesOf(
  { fee: left }: Pick<Candidate, "fee">,
  { fee: right }: Pick<Candidate, "fee">,
): number | null {
  return left === null || right === null ? null : roundTripFeesPct(left.bps, right.bps);
}
