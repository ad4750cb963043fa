import { type FlagBits, flagBit, isBlocked, type Flag } from "./flags.ts";

/** What may be made of a pair: `usable`, `watch` (look closer first), `refuse` (its numbers cannot be relied on). */
export const DECISIONS = ["usable", "watch", "refuse"] as const;
export type Decision = (typeof DECISIONS)[number];

/** Why a pair is not `usable`; those that block come first. */
export const REASONS = [
  "stale_leg",
  "expired_leg",
  "interval_unknown",
  "identity_conflict",
  "identity_unknown",
  "suspect",
  "pinned",
  "thin",
  "settling",
  "price_gap",
  "price_unknown",
  "fee_unknown",
  "young",
] as const;
export type Reason = (typeof REASONS)[number];

/** Prices per unit further apart than this are a risk of their own. */
const PRICE_GAP_PCT = 1;

/** What has lasted for less, or nobody knows how long, may be gone when the second order is sent. */
const YOUNG_SECONDS = 600;

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
}

const REASON_OF_FLAG = {
  stale: "stale_leg",
  expired: "expired_leg",
  interval_unknown: "interval_unknown",
  identity_conflict: "identity_conflict",
  suspect: "suspect",
  pinned_cap: "pinned",
  pinned_floor: "pinned",
  pinned_baseline: "pinned",
  thin: "thin",
  settling: "settling",
} as const satisfies Record<Flag, Reason>;

const FLAG_REASONS = Object.entries(REASON_OF_FLAG).map(([flag, reason]) => ({
  bit: flagBit(flag as Flag),
  reason,
}));

/** Whether a pair is refused whatever its prices, fees and age are. */
function isRefused({ flags, identityKnown }: PairFacts): boolean {
  return isBlocked(flags) || !identityKnown;
}

export function decisionOf(facts: PairFacts): Decision {
  if (isRefused(facts)) return "refuse";
  const { flags, priceGapPct, feesKnown, ageSeconds } = facts;
  const isClear =
    flags === 0 &&
    feesKnown &&
    priceGapPct !== null &&
    Math.abs(priceGapPct) <= PRICE_GAP_PCT &&
    ageSeconds !== null &&
    ageSeconds >= YOUNG_SECONDS;
  return isClear ? "usable" : "watch";
}

/** Every reason that applies, in the order of REASONS; none exactly when the decision is `usable`. */
export function reasonsOf(facts: PairFacts): readonly Reason[] {
  const { flags, identityKnown, priceGapPct, feesKnown, ageSeconds } = facts;
  const found = new Set<Reason>();
  for (const { bit, reason } of FLAG_REASONS) if ((flags & bit) !== 0) found.add(reason);
  if (!identityKnown && !found.has("identity_conflict")) found.add("identity_unknown");
  if (priceGapPct === null) found.add("price_unknown");
  else if (Math.abs(priceGapPct) > PRICE_GAP_PCT) found.add("price_gap");
  if (!feesKnown) found.add("fee_unknown");
  if (ageSeconds === null || ageSeconds < YOUNG_SECONDS) found.add("young");
  return REASONS.filter((reason) => found.has(reason));
}
