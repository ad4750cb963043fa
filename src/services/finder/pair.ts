import {
  capacityUsd,
  onCapitalAprPct,
  priceGapPct,
  smoothBreakevenHours,
} from "../../domain/arbitrage.ts";
import { breakevenHours } from "../../domain/breakeven.ts";
import type { Decision, PairFacts } from "../../domain/decision.ts";
import type { TakerFees } from "../../domain/fees.ts";
import type { Snapshot } from "../../domain/market.ts";
import { OPPORTUNITY_GROSS_PCT, type Opportunity } from "../../domain/opportunity.ts";
import type { AssetGroup, Leg } from "./asset-groups.ts";
import { type ExpectedCash, expectedCash } from "./expected-cash.ts";
import { type FundingQuery, NO_FILTER } from "./funding-query.ts";
import { legFlow, type LegTerms } from "./leg-terms.ts";
import { type PositionSize, positionSize } from "./position-size.ts";

/** What pairs can be ordered by: the best first, unknown last. */
export const PAIR_SORTS = ["net", "cash", "gross", "breakeven", "lasted"] as const;
export type PairSort = (typeof PAIR_SORTS)[number];

/** How much is held for how long. */
export interface Plan extends PositionSize {
  readonly holdHours: number;
}

/** Whether two instruments of one exchange make a pair. */
export const SAME_EXCHANGE = ["exclude", "allow"] as const;
export type SameExchange = (typeof SAME_EXCHANGE)[number];

/** Which pairs, by what reckoning, in which order. */
export interface ArbitrageQuery extends Plan {
  /** What each leg must pass; its sort is not used. */
  readonly legs: FundingQuery;
  /** Exchanges to leave out; null: none. */
  readonly exclude: FundingQuery["exchanges"];
  /** Where the long leg may be, of those that `legs` lets through; null: on any. */
  readonly longExchanges: FundingQuery["exchanges"];
  readonly shortExchanges: FundingQuery["exchanges"];
  /** Whether both legs may be on one exchange: two of its instruments, never one with itself. */
  readonly sameExchange: SameExchange;
  /** Taker fees by exchange; what a listing states of itself wins over one that is not the user's. */
  readonly fees: TakerFees;
  /** Of gross, percent a year. */
  readonly minYieldPct: number;
  /** Of net, percent a year; null: any, also an unknown one. */
  readonly minNetPct: number | null;
  /** Of the expected cash after fees, US dollars; null: any, also an unknown one. */
  readonly minNetUsd: number | null;
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

/** What is asked for where nothing else is said: by whoever asks over HTTP, and by everything else. */
export const ARBITRAGE_DEFAULTS: Omit<ArbitrageQuery, "fees"> = {
  legs: { ...NO_FILTER, minVolumeUsd: 1_000_000 },
  exclude: null,
  longExchanges: null,
  shortExchanges: null,
  sameExchange: "exclude",
  holdHours: 24,
  ...positionSize({ notionalUsd: 10_000, leverage: 1 }),
  minYieldPct: 0,
  minNetPct: null,
  minNetUsd: null,
  minAgeSeconds: 0,
  maxPriceGapPct: null,
  decisions: ["usable", "watch"],
  sort: "net",
  minExchanges: 2,
  paidOnBothSides: false,
  pairs: "best",
};

/**
 * One pair: long the lower, short the higher annual rate. Yields are percent a year; null cannot be computed. What only
 * the shown ones need is reckoned when it is asked for.
 */
export interface Pair {
  readonly group: AssetGroup;
  readonly snapshot: Snapshot;
  readonly long: Leg;
  readonly short: Leg;
  readonly longTerms: LegTerms;
  readonly shortTerms: LegTerms;
  readonly plan: Plan;
  readonly grossPct: number | null;
  /** Four taker fills in percent of notional. */
  readonly feesPct: number | null;
  readonly netPct: number | null;
}

/** What holding a pair as planned brings. */
export function cashOf(pair: Pair): ExpectedCash {
  return cashOn(pair, pair.plan.notionalUsd);
}

function cashOn({ longTerms, shortTerms, feesPct }: Pair, notionalUsd: number): ExpectedCash {
  const held = { long: longTerms.charged, short: shortTerms.charged, feesPct };
  return expectedCash(held, notionalUsd);
}

/** What is left of it, percent of the notional of a leg; null where that is not known. */
function netCashPct(pair: Pair): number | null {
  // Of a hundred dollars, not of the plan's: with the smallest notional nothing would be left after rounding.
  return cashOn(pair, 100).netUsd;
}

/** Hours until what both legs are paid has paid the fees; null where that is not known, or takes over 90 days. */
export function breakevenHoursOf({ long, short, snapshot, feesPct }: Pair): number | null {
  if (feesPct === null) return null;
  const longFlow = legFlow(long, "long", snapshot.asOfMs);
  const shortFlow = legFlow(short, "short", snapshot.asOfMs);
  return longFlow === null || shortFlow === null
    ? null
    : breakevenHours(longFlow, shortFlow, feesPct);
}

/** The same if the gross yield came evenly; null where it is not known or never does. */
export function smoothBreakevenHoursOf({ grossPct, feesPct }: Pair): number | null {
  return grossPct === null || feesPct === null ? null : smoothBreakevenHours(grossPct, feesPct);
}

/** Net of the capital that both legs bind, percent a year; null where net is not known. */
export function netOnCapitalPctOf({ netPct, plan }: Pair): number | null {
  return netPct === null ? null : onCapitalAprPct(netPct, plan.leverage);
}

/** Why the capacity of a pair is unknown: the first figure that is missing. */
export const CAPACITY_REASONS = ["open_interest_unknown", "volume_unknown"] as const;
export type CapacityReason = (typeof CAPACITY_REASONS)[number];

/** How much each leg may hold beside what is there, US dollars; null, and why, where that is not known. */
export function capacityOf({ long, short }: Pair): {
  readonly usd: number | null;
  readonly reason: CapacityReason | null;
} {
  const records = [long.row.record, short.row.record];
  const openInterests = records.map(({ openInterestUsd }) => openInterestUsd);
  const usd = capacityUsd([...openInterests, ...records.map(({ volume24hUsd }) => volume24hUsd)]);
  if (usd !== null) return { usd, reason: null };
  return { usd, reason: openInterests.includes(null) ? "open_interest_unknown" : "volume_unknown" };
}

/** Whether a leg pays or is paid in the holding time; null where that is not known. */
function paysInHold({ longTerms, shortTerms }: Pair): boolean | null {
  const [long, short] = [longTerms.charged, shortTerms.charged];
  if (long === null || short === null) return null;
  return long.settlements !== 0 || short.settlements !== 0;
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
    isOutlier: long.isOutlier || short.isOutlier,
    paysInHold: paysInHold(pair),
    netPct: pair.netPct,
    netCashPct: netCashPct(pair),
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
