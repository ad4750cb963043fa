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
import { inflationOf } from "../../domain/settled-yield.ts";
import type { AssetGroup, Leg } from "./asset-groups.ts";
import { type ExpectedCash, expectedCash } from "./expected-cash.ts";
import { type FundingQuery, NO_FILTER } from "./funding-query.ts";
import { legFlow, type LegTerms } from "./leg-terms.ts";
import { type PositionSize, positionSize } from "./position-size.ts";

/** What pairs can be sorted by: best first, unknown last. */
export const PAIR_SORTS = ["net", "cash", "gross", "breakeven", "lasted"] as const;
export type PairSort = (typeof PAIR_SORTS)[number];

/** The size and the holding time. */
export interface Plan extends PositionSize {
  readonly holdHours: number;
}

/** Whether two instruments of one exchange may form a pair. */
export const SAME_EXCHANGE = ["exclude", "allow"] as const;
export type SameExchange = (typeof SAME_EXCHANGE)[number];

/** Which pairs, under which plan, in which order. */
export interface ArbitrageQuery extends Plan {
  /** The filter for each leg; its sort is ignored. */
  readonly legs: FundingQuery;
  /** Exchanges to exclude; null: none. */
  readonly exclude: FundingQuery["exchanges"];
  /** Exchanges for the long leg, out of those that `legs` allows; null: any. */
  readonly longExchanges: FundingQuery["exchanges"];
  readonly shortExchanges: FundingQuery["exchanges"];
  /** Whether both legs may be on one exchange: two of its instruments, never the same one twice. */
  readonly sameExchange: SameExchange;
  /** Taker fees by exchange; a listing's own fee takes precedence over one not set by the user. */
  readonly fees: TakerFees;
  /** Minimum gross yield, percent per year. */
  readonly minYieldPct: number;
  /** Minimum net yield, percent per year; null: any, including an unknown one. */
  readonly minNetPct: number | null;
  /** Minimum expected cash after fees, US dollars; null: any, including an unknown one. */
  readonly minNetUsd: number | null;
  readonly minAgeSeconds: number;
  /** Maximum absolute price gap; null: any, including an unknown one. */
  readonly maxPriceGapPct: number | null;
  readonly decisions: readonly Decision[];
  readonly sort: PairSort;
  /** Assets on fewer exchanges, among passing legs, form no pair; any pair needs two. */
  readonly minExchanges: number;
  /** Only pairs that receive on both sides: the long leg's rate is below 0, the short leg's above. */
  readonly paidOnBothSides: boolean;
  /** The best pair of each asset, or every one. */
  readonly pairs: "best" | "all";
}

/** The defaults, for the HTTP API and every other caller. */
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

/** How many pairs an answer has by default. With schedules each pair is up to 160 KB instead of 1.5. */
export const ARBITRAGE_PAGE_DEFAULTS = { limit: 100, limitWithSchedules: 10 } as const;

/**
 * One pair: long the lower, short the higher annual rate. Yields are percent per year; null: cannot be computed. Values
 * that only displayed pairs need are computed on demand.
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
  /** Four taker fills, in percent of notional. */
  readonly feesPct: number | null;
  readonly netPct: number | null;
}

/** The cash flow of holding a pair as planned. */
export function cashOf(pair: Pair): ExpectedCash {
  return cashOn(pair, pair.plan.notionalUsd);
}

function cashOn({ longTerms, shortTerms, feesPct }: Pair, notionalUsd: number): ExpectedCash {
  const held = { long: longTerms.charged, short: shortTerms.charged, feesPct };
  return expectedCash(held, notionalUsd);
}

/** Net cash in percent of a leg's notional; null if unknown. */
function netCashPct(pair: Pair): number | null {
  // Based on a hundred dollars, not on the plan's size: the smallest notional would be rounded to nothing.
  return cashOn(pair, 100).netUsd;
}

/** Hours until the payments of both legs have covered the fees; null if unknown or over 90 days. */
export function breakevenHoursOf({ long, short, snapshot, feesPct }: Pair): number | null {
  if (feesPct === null) return null;
  const longFlow = legFlow(long, "long", snapshot.asOfMs);
  const shortFlow = legFlow(short, "short", snapshot.asOfMs);
  return longFlow === null || shortFlow === null
    ? null
    : breakevenHours(longFlow, shortFlow, feesPct);
}

/** The same if the gross yield accrued evenly; null if unknown or never. */
export function smoothBreakevenHoursOf({ grossPct, feesPct }: Pair): number | null {
  return grossPct === null || feesPct === null ? null : smoothBreakevenHours(grossPct, feesPct);
}

/** How many times what the last seven days paid this pair the net yield is; null as in domain/settled-yield. */
export function inflationOfPair({ netPct, long, short }: Pair): number | null {
  return inflationOf(netPct, long.row.record.settled7dAprPct, short.row.record.settled7dAprPct);
}

/** Net yield on the capital of both legs, percent per year; null if net is unknown. */
export function netOnCapitalPctOf({ netPct, plan }: Pair): number | null {
  return netPct === null ? null : onCapitalAprPct(netPct, plan.leverage);
}

/** Why the capacity of a pair is unknown: the first figure that is missing. */
export const CAPACITY_REASONS = ["open_interest_unknown", "volume_unknown"] as const;
export type CapacityReason = (typeof CAPACITY_REASONS)[number];

/** How much each leg can hold relative to the existing market, US dollars; null with a reason if unknown. */
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

/** Whether a leg has a payment within the holding time; null if unknown. */
function paysInHold({ longTerms, shortTerms }: Pair): boolean | null {
  const [long, short] = [longTerms.charged, shortTerms.charged];
  if (long === null || short === null) return null;
  return long.settlements !== 0 || short.settlements !== 0;
}

/** The stored opportunity of a pair; null below the yield from which opportunities are tracked. */
export function opportunityOf({ snapshot, long, short, grossPct }: Pair): Opportunity | null {
  if (grossPct === null || grossPct < OPPORTUNITY_GROSS_PCT) return null;
  return snapshot.opportunities.find(long.row.record.instrumentId, short.row.record.instrumentId);
}

/** How long a pair has lasted at its snapshot, in whole seconds; null if unknown. */
export function ageSecondsOf(pair: Pair): number | null {
  const opportunity = opportunityOf(pair);
  if (opportunity === null) return null;
  return Math.max(0, Math.floor((pair.snapshot.asOfMs - opportunity.firstSeenMs) / 1000));
}

/** The facts that the decision about a pair is based on. */
export function factsOf(pair: Pair): PairFacts {
  const { long, short, feesPct } = pair;
  return {
    flags: long.row.flags | short.row.flags,
    identityKnown: long.identityKnown && short.identityKnown,
    priceGapPct: priceGapPct(long.unitPrice, short.unitPrice),
    feesKnown: feesPct !== null,
    ageSeconds: ageSecondsOf(pair),
    areAgesKept: pair.snapshot.past === undefined,
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
