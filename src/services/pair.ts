import { priceGapPct } from "../domain/arbitrage.ts";
import type { Decision, PairFacts } from "../domain/decision.ts";
import type { TakerFees } from "../domain/fees.ts";
import type { Snapshot } from "../domain/market.ts";
import { OPPORTUNITY_GROSS_PCT, type Opportunity } from "../domain/opportunity.ts";
import type { AssetGroup, Leg } from "./asset-groups.ts";
import type { FundingQuery } from "./funding-query.ts";

/** What pairs can be ordered by: the best first, unknown last. */
export const PAIR_SORTS = ["net", "gross", "breakeven", "age"] as const;
export type PairSort = (typeof PAIR_SORTS)[number];

/** Which pairs, by what reckoning, in which order. */
export interface ArbitrageQuery {
  /** What each leg must pass; its sort is not used. */
  readonly legs: FundingQuery;
  /** Exchanges to leave out; null: none. */
  readonly exclude: FundingQuery["exchanges"];
  /** Taker fee by exchange, basis points; null where nobody can vouch for one. */
  readonly fees: TakerFees;
  readonly holdHours: number;
  /** Of gross, percent a year. */
  readonly minYieldPct: number;
  readonly minAgeSeconds: number;
  /** Of the size of the gap; null: any, also an unknown one. */
  readonly maxPriceGapPct: number | null;
  readonly decisions: readonly Decision[];
  readonly sort: PairSort;
  /** Assets on fewer exchanges, of the legs that pass, make no pair; two are what any pair needs. */
  readonly minExchanges: number;
  /** Only pairs that are paid on both sides: the long leg's rate below 0, the short leg's above. */
  readonly paidOnBothSides: boolean;
  /** The best pair of each asset, or every one. */
  readonly pairs: "best" | "all";
}

/** One pair: long the lower, short the higher annual rate. Yields are percent a year; null cannot be computed. */
export interface Pair {
  readonly group: AssetGroup;
  readonly snapshot: Snapshot;
  readonly long: Leg;
  readonly short: Leg;
  readonly grossPct: number | null;
  /** Four taker fills in percent of notional. */
  readonly feesPct: number | null;
  readonly netPct: number | null;
  readonly breakevenHours: number | null;
}

/** The opportunity that a pair is, as it was stored last; null below the yield from which pairs are kept. */
export function opportunityOf({ snapshot, long, short, grossPct }: Pair): Opportunity | null {
  if (grossPct === null || grossPct < OPPORTUNITY_GROSS_PCT) return null;
  return snapshot.opportunities.find(long.row.record.instrumentId, short.row.record.instrumentId);
}

/** Whole seconds for which a pair has lasted at its snapshot; null where that is not known. */
export function ageSecondsOf(pair: Pair): number | null {
  const opportunity = opportunityOf(pair);
  if (opportunity === null) return null;
  return Math.max(0, Math.floor((pair.snapshot.asOfMs - opportunity.firstSeenMs) / 1000));
}

/** What the decision on a pair rests on. */
export function factsOf(pair: Pair): PairFacts {
  const { long, short, feesPct } = pair;
  return {
    flags: long.row.flags | short.row.flags,
    identityKnown: long.identityKnown && short.identityKnown,
    priceGapPct: priceGapPct(long.unitPrice, short.unitPrice),
    feesKnown: feesPct !== null,
    ageSeconds: ageSecondsOf(pair),
  };
}

/** Orders pairs of equal rank: by the long leg's exchange and symbol, then by the short leg's. */
export function compareLegs(left: Pair, right: Pair): number {
  return compareRows(left.long, right.long) || compareRows(left.short, right.short);
}

export function compareRows(
  { row: { record: left } }: Leg,
  { row: { record: right } }: Leg,
): number {
  return (
    compareTexts(left.exchange, right.exchange) ||
    compareTexts(left.exchangeSymbol, right.exchangeSymbol)
  );
}

function compareTexts(left: string, right: string): number {
  return left === right ? 0 : left < right ? -1 : 1;
}
