import { type Flag, type FlagBits, flagBit, FLAGS, isBlocked } from "./flags.ts";

/** What may be made of a pair: `usable`, `watch` (look closer first), `refuse` (its numbers cannot be relied on). */
export const DECISIONS = ["usable", "watch", "refuse"] as const;
export type Decision = (typeof DECISIONS)[number];

/** Why a pair is not `usable`; those that block come first. */
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

/** Prices per unit further apart than this are a risk of their own … */
export const PRICE_GAP_PCT = 1;
/** … and further than this the two are not one thing: a split that has reached one exchange first looks like that. */
export const REFUSED_GAP_PCT = 10;

/** What has lasted for less, or nobody knows how long, may be gone when the second order is sent. */
export const YOUNG_SECONDS = 600;

/** What is left may be nothing but for the last digits of the sums that it comes from. */
const NOTHING_PCT = 1e-9;

/** What a decision on a pair depends on. */
export interface PairFacts {
  /** Flags of both legs together. */
  readonly flags: FlagBits;
  /** Whether prices show that both legs are the same asset. */
  readonly identityKnown: boolean;
  readonly priceGapPct: number | null;
  readonly feesKnown: boolean;
  /** Null while it is not known how long the pair has lasted. */
  readonly ageSeconds: number | null;
  /** Whether the rate of a leg is far from those of the asset's other listings. */
  readonly isOutlier: boolean;
  /** Whether either leg pays or is paid while the pair is held; null where that is not known. */
  readonly paysInHold: boolean | null;
  /** What is left after fees, percent a year, spread evenly; null where it is not known. */
  readonly netPct: number | null;
  /** What is left after fees of what is paid while the pair is held, percent of the notional of a leg. */
  readonly netCashPct: number | null;
}

/** What a flag of a leg says is a reason of the pair, under the same name. */
const FLAG_REASONS = FLAGS.map((flag: Flag & Reason) => ({ bit: flagBit(flag), reason: flag }));

/** Whether the prices of two legs (percent apart, either way) are too far apart for one asset, whatever its name is. */
export function isRefusedGap(priceGapPct: number | null): boolean {
  return priceGapPct !== null && Math.abs(priceGapPct) > REFUSED_GAP_PCT;
}

/** Whether a pair is refused whatever it yields and how long it has lasted. */
function isRefused({ flags, identityKnown, priceGapPct }: PairFacts): boolean {
  return isBlocked(flags) || !identityKnown || isRefusedGap(priceGapPct);
}

/** Whether holding the pair brings nothing, evenly spread or by what is in fact paid in the holding time. */
function isUnprofitable({ paysInHold, netPct, netCashPct }: PairFacts): boolean {
  if (netPct !== null && netPct <= NOTHING_PCT) return true;
  return paysInHold !== false && netCashPct !== null && netCashPct <= NOTHING_PCT;
}

export function decisionOf(facts: PairFacts): Decision {
  if (isRefused(facts)) return "refuse";
  return facts.flags === 0 && adviceOn(facts).length === 0 ? "usable" : "watch";
}

/** Every reason that applies, in the order of REASONS; none exactly when the decision is `usable`. */
export function reasonsOf(facts: PairFacts): readonly Reason[] {
  const { flags, identityKnown } = facts;
  const found = new Set<Reason>(adviceOn(facts));
  for (const { bit, reason } of FLAG_REASONS) if ((flags & bit) !== 0) found.add(reason);
  if (!identityKnown && !found.has("identity_conflict")) found.add("identity_unknown");
  return REASONS.filter((reason) => found.has(reason));
}

/** The reasons that come from the pair as such, not from the flags and the identity of its legs. */
function adviceOn(facts: PairFacts): readonly Reason[] {
  const { priceGapPct, feesKnown, ageSeconds, isOutlier, paysInHold } = facts;
  const found: Reason[] = [];
  if (priceGapPct === null) found.push("price_unknown");
  else if (Math.abs(priceGapPct) > PRICE_GAP_PCT) found.push("price_gap");
  if (!feesKnown) found.push("fee_unknown");
  if (ageSeconds === null || ageSeconds < YOUNG_SECONDS) found.push("young");
  if (isOutlier) found.push("outlier");
  if (feesKnown && facts.netCashPct === null) found.push("settlement_unknown");
  if (paysInHold === false) found.push("no_settlement_in_hold");
  if (isUnprofitable(facts)) found.push("not_profitable");
  return found;
}
