import { priceGapPct as gapPctOf } from "./arbitrage.ts";
import { type Flag, type FlagBits, flagBit, FLAGS, isBlocked } from "./flags.ts";

/** The verdict on a pair: `usable`, `watch` (look closer first), `refuse` (its numbers cannot be trusted). */
export const DECISIONS = ["usable", "watch", "refuse"] as const;
export type Decision = (typeof DECISIONS)[number];

/** Why a pair is not `usable`; blocking reasons come first. */
export const REASONS = [
  "stale",
  "expired",
  "interval_unknown",
  "identity_conflict",
  "identity_unknown",
  "suspect",
  "pinned_cap",
  "pinned_floor",
  "pinned_baseline",
  "thin",
  "settling",
  "unverified_rate",
  "price_gap",
  "price_unknown",
  "fee_unknown",
  "young",
  "outlier",
  "settlement_unknown",
  "no_settlement_in_hold",
  "not_profitable",
] as const;
export type Reason = (typeof REASONS)[number];

/** Prices per unit further apart than this are a risk … */
export const PRICE_GAP_PCT = 1;
/** … and further than this the legs are not the same asset, e.g. during a split that one exchange applies first. */
export const REFUSED_GAP_PCT = 10;

/** A pair that has lasted less, or for an unknown time, may be gone before the second order is sent. */
export const YOUNG_SECONDS = 600;

/** Net figures this small are rounding errors of the sums they come from. */
export const NOTHING_PCT = 1e-9;

/** The inputs of a decision on a pair. */
export interface PairFacts {
  /** Flags of both legs combined. */
  readonly flags: FlagBits;
  /** Whether prices show that both legs are the same asset. */
  readonly identityKnown: boolean;
  readonly priceGapPct: number | null;
  readonly feesKnown: boolean;
  /** Null if it is unknown how long the pair has lasted. */
  readonly ageSeconds: number | null;
  /** Whether ages are kept at all: an unknown one says something only then. */
  readonly areAgesKept: boolean;
  /** Whether the rate of a leg is far from those of the asset's other listings. */
  readonly isOutlier: boolean;
  /** Whether any payment falls into the holding time; null if unknown. */
  readonly paysInHold: boolean | null;
  /** Net yield in percent per year, spread evenly; null if unknown. */
  readonly netPct: number | null;
  /** Payments within the holding time minus fees, in percent of the notional of a leg. */
  readonly netCashPct: number | null;
}

/** A flag of a leg is a reason of the pair under the same name. */
const FLAG_REASONS = FLAGS.map((flag: Flag & Reason) => ({ bit: flagBit(flag), reason: flag }));

/** Whether the price gap of two legs (percent, either sign) is too large for one asset. */
export function isRefusedGap(priceGapPct: number | null): boolean {
  return priceGapPct !== null && Math.abs(priceGapPct) > REFUSED_GAP_PCT;
}

/** Relative distance from a bound at which rounding a percentage to 15 digits cannot change the side it is on. */
const CLEAR_OF_ROUNDING = 1e-12;

/**
 * `isRefusedGap` of the gap between two prices per unit; false if one is unknown. Every possible pair is tested, so the
 * gap is rounded only where that can make a difference.
 */
export function hasRefusedGap(longPrice: number | null, shortPrice: number | null): boolean {
  if (longPrice === null || shortPrice === null) return false;
  const distance = Math.abs(shortPrice - longPrice);
  const bound = ((longPrice + shortPrice) / 2) * (REFUSED_GAP_PCT / 100);
  if (distance < bound * (1 - CLEAR_OF_ROUNDING)) return false;
  if (bound > 0 && distance > bound * (1 + CLEAR_OF_ROUNDING)) return true;
  return isRefusedGap(gapPctOf(longPrice, shortPrice));
}

/** Whether a pair is refused regardless of its yield and age. */
function isRefused({ flags, identityKnown, priceGapPct }: PairFacts): boolean {
  return isBlocked(flags) || !identityKnown || isRefusedGap(priceGapPct);
}

function isYoung({ ageSeconds, areAgesKept }: PairFacts): boolean {
  return ageSeconds === null ? areAgesKept : ageSeconds < YOUNG_SECONDS;
}

/** Whether the pair does not pay: on average, or by the actual payments within the holding time. */
function isUnprofitable({ paysInHold, netPct, netCashPct }: PairFacts): boolean {
  if (netPct !== null && netPct <= NOTHING_PCT) return true;
  return paysInHold !== false && netCashPct !== null && netCashPct <= NOTHING_PCT;
}

export function decisionOf(facts: PairFacts): Decision {
  if (isRefused(facts)) return "refuse";
  return facts.flags === 0 && adviceOn(facts).length === 0 ? "usable" : "watch";
}

/** Every reason that applies, in the order of REASONS; empty if and only if the decision is `usable`. */
export function reasonsOf(facts: PairFacts): readonly Reason[] {
  const { flags, identityKnown } = facts;
  const found = new Set<Reason>(adviceOn(facts));
  for (const { bit, reason } of FLAG_REASONS) if ((flags & bit) !== 0) found.add(reason);
  if (!identityKnown && !found.has("identity_conflict")) found.add("identity_unknown");
  return REASONS.filter((reason) => found.has(reason));
}

/** The reasons that come from the pair itself, not from its legs' flags and identity. */
function adviceOn(facts: PairFacts): readonly Reason[] {
  const { priceGapPct, feesKnown, isOutlier, paysInHold } = facts;
  const found: Reason[] = [];
  if (priceGapPct === null) found.push("price_unknown");
  else if (Math.abs(priceGapPct) > PRICE_GAP_PCT) found.push("price_gap");
  if (!feesKnown) found.push("fee_unknown");
  if (isYoung(facts)) found.push("young");
  if (isOutlier) found.push("outlier");
  if (feesKnown && facts.netCashPct === null) found.push("settlement_unknown");
  if (paysInHold === false) found.push("no_settlement_in_hold");
  if (isUnprofitable(facts)) found.push("not_profitable");
  return found;
}
