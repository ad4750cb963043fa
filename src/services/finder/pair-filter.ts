import { grossAprPct, priceGapPct } from "../../domain/arbitrage.ts";
import { decisionOf, hasRefusedGap } from "../../domain/decision.ts";
import type { Leg } from "./asset-groups.ts";
import { legMatcher } from "./funding-query.ts";
import {
  ageSecondsOf,
  type ArbitrageQuery,
  cashOf,
  compareRows,
  factsOf,
  type Pair,
} from "./pair.ts";

/** Whether a leg passes the filters of a query. */
export function candidateMatcher({ legs, exclude }: Pick<ArbitrageQuery, "legs" | "exclude">) {
  const matches = legMatcher(legs);
  if (exclude === null) return matches;
  const excluded = new Set(exclude);
  return (leg: Leg): boolean => !excluded.has(leg.row.record.exchange) && matches(leg);
}

/** All filters of a query: on legs, on two legs before their pair is built, and on pairs. */
export class PairFilter {
  readonly matches: (leg: Leg) => boolean;
  /** Whether legs and prices that cannot be trusted may be paired. */
  readonly withRefused: boolean;
  /** Whether some filter applies to pairs, not just to their legs, rates and prices. */
  readonly needsPair: boolean;
  readonly #query: ArbitrageQuery;
  /** Which exchanges each leg may be on; null if unrestricted. */
  readonly #sides: Sides | null;

  constructor(query: ArbitrageQuery) {
    this.#query = query;
    this.matches = candidateMatcher(query);
    this.withRefused = query.decisions.includes("refuse");
    this.#sides = sidesOf(query);
    this.needsPair =
      query.minNetPct !== null ||
      query.minNetUsd !== null ||
      query.maxPriceGapPct !== null ||
      query.minAgeSeconds > 0 ||
      !acceptsAny(query.decisions);
  }

  /** Whether two listings of an asset may be paired, given their exchanges. */
  #mayPair(left: Leg, right: Leg): boolean {
    if (left.exchangeIndex === right.exchangeIndex) {
      if (left === right || this.#query.sameExchange === "exclude") return false;
    }
    if (this.#sides === null) return true;
    return this.isLong(left, right) ? this.#fits(left, right) : this.#fits(right, left);
  }

  /** Whether the left leg is the long one: the lower rate. A tie is ordered as the fixed legs allow. */
  isLong(left: Leg, right: Leg): boolean {
    const order = compareRates(left, right);
    if (order !== 0) return order < 0;
    const isFirst = compareRows(left, right) < 0;
    const fits = isFirst ? this.#fits(left, right) : this.#fits(right, left);
    return fits ? isFirst : !isFirst;
  }

  #fits(long: Leg, short: Leg): boolean {
    return this.#sides === null || (this.#sides.long(long) && this.#sides.short(short));
  }

  /** The filters that need no pair: who may be paired, yield and prices. */
  mayBeFound(left: Leg, right: Leg): boolean {
    if (!this.#mayPair(left, right)) return false;
    const { minYieldPct, paidOnBothSides } = this.#query;
    if (minYieldPct > 0 || paidOnBothSides) {
      const [leftPct, rightPct] = [left.annualizedPct ?? 0, right.annualizedPct ?? 0];
      if (paidOnBothSides && !(Math.min(leftPct, rightPct) < 0 && Math.max(leftPct, rightPct) > 0))
        return false;
      const isKnown = left.annualizedPct !== null && right.annualizedPct !== null;
      if (minYieldPct > 0 && !(isKnown && Math.abs(grossAprPct(leftPct, rightPct)) >= minYieldPct))
        return false;
    }
    return this.withRefused || !hasRefusedGap(left.unitPrice, right.unitPrice);
  }

  /** The other filters. */
  passes(pair: Pair): boolean {
    const { maxPriceGapPct, minAgeSeconds, decisions } = this.#query;
    if (!this.needsPair) return true;
    if (!this.#isWorthIt(pair)) return false;
    if (maxPriceGapPct !== null) {
      const gapPct = priceGapPct(pair.long.unitPrice, pair.short.unitPrice);
      if (gapPct === null || Math.abs(gapPct) > maxPriceGapPct) return false;
    }
    if (minAgeSeconds > 0 && (ageSecondsOf(pair) ?? 0) < minAgeSeconds) return false;
    return acceptsAny(decisions) || decisions.includes(decisionOf(factsOf(pair)));
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

/** The lower rate first; equal and unknown rates are a tie. */
function compareRates(left: Leg, right: Leg): number {
  const [leftPct, rightPct] = [left.annualizedPct, right.annualizedPct];
  return leftPct === null || rightPct === null ? 0 : leftPct - rightPct;
}

/** Whether every decision but `refuse` is accepted: then there is none to make, which would need the stored age. */
function acceptsAny(decisions: ArbitrageQuery["decisions"]): boolean {
  return decisions.includes("usable") && decisions.includes("watch");
}
