import type { Identity } from "./asset-cluster.ts";
import type { ImplausibleBits } from "./plausibility.ts";
import type { Accrual, AssetClass } from "./quote.ts";

/** Flags of a row. Blocking ones exclude it from every opportunity, advisory ones mean: look closer. */
export const FLAGS = [
  "stale",
  "expired",
  "interval_unknown",
  "identity_conflict",
  "suspect",
  "pinned_cap",
  "pinned_floor",
  "pinned_baseline",
  "thin",
  "settling",
  "unverified_rate",
] as const;

export type Flag = (typeof FLAGS)[number];

/** Flags of one row as bits in the order of FLAGS: compact, and compared with one instruction. */
export type FlagBits = number;

export const BLOCKING_FLAGS = [
  "stale",
  "expired",
  "interval_unknown",
  "identity_conflict",
  "suspect",
] as const satisfies readonly Flag[];

/**
 * The flags that belong to a row as it was read. Whether it is settling changes with every settlement; whether it has
 * expired, and whether it is stale by its age, follows from the time.
 */
export const LASTING_FLAGS = FLAGS.filter((flag) => flag !== "settling" && flag !== "expired");

/** A row with less 24 h volume in US dollars, or an unknown one, is `thin`. */
export const THIN_VOLUME_USD = 100_000;

/** A rate this close to a published bound is at the bound. */
export const PINNED_TOLERANCE = 1e-9;

/** A row is stale when older than this many periods of its exchange … */
export const STALE_PERIODS = 3;
/** … but never before this age: a single late answer is not worth a flag. */
export const STALE_FLOOR_MS = 180_000;
/** A row is stale, too, when its exchange's timestamp has not moved for this long. */
export const FROZEN_AFTER_MS = 5 * 60_000;

/** A rate expires this many periods after its next_funding_time: by then it is no longer charged. */
export const EXPIRY_GRACE_PERIODS = 3;

export function flagBit(flag: Flag): FlagBits {
  return 1 << FLAGS.indexOf(flag);
}

function hasFlag(bits: FlagBits, flag: Flag): boolean {
  return (bits & flagBit(flag)) !== 0;
}

const BLOCKING_BITS = BLOCKING_FLAGS.reduce((bits, flag) => bits | flagBit(flag), 0);

export function isBlocked(bits: FlagBits): boolean {
  return (bits & BLOCKING_BITS) !== 0;
}

const NAMES_BY_BITS = new Map<FlagBits, readonly Flag[]>();

/** The names of the set bits, in the order of FLAGS. The same bits give the same array. */
export function flagNames(bits: FlagBits): readonly Flag[] {
  const known = NAMES_BY_BITS.get(bits);
  if (known !== undefined) return known;
  const names = FLAGS.filter((flag) => hasFlag(bits, flag));
  NAMES_BY_BITS.set(bits, names);
  return names;
}

/** The inputs of a row's flags. Rates are fractions, times unix milliseconds. */
export interface FlagInputs {
  readonly accrual: Accrual;
  readonly assetClass: AssetClass | null;
  readonly fundingRate: number;
  readonly fundingIntervalHours: number | null;
  readonly nextFundingAtMs: number | null;
  readonly observedAtMs: number;
  /** The exchange's own timestamp has not moved for too long. */
  readonly frozen: boolean;
  readonly settling: boolean;
  readonly rateCap: number | null;
  readonly rateFloor: number | null;
  readonly baselineRate: number | null;
  readonly volume24hUsd: number | null;
  readonly identity: Identity;
  readonly implausible: ImplausibleBits;
}

/** The age in ms at which a row becomes stale, for an exchange that is refreshed every `periodMs`. */
export function staleAfterMs(periodMs: number): number {
  return Math.max(STALE_PERIODS * periodMs, STALE_FLOOR_MS);
}

/** The inputs that decide whether and when a row gets a blocking flag. */
export type TrustInputs = Pick<
  FlagInputs,
  | "accrual"
  | "fundingIntervalHours"
  | "nextFundingAtMs"
  | "observedAtMs"
  | "frozen"
  | "identity"
  | "implausible"
>;

/**
 * The last moment (unix ms) at which a row has no blocking flag unless it is refreshed; -Infinity if it already has one.
 * Lets callers keep rows without re-evaluating their flags each time.
 */
export function trustedUntilMs(row: TrustInputs, periodMs: number): number {
  if (lastingBlocks(row) !== 0) return Number.NEGATIVE_INFINITY;
  return Math.min(freshUntilMs(row, periodMs), validUntilMs(row, periodMs));
}

/** The last moment (unix ms) at which a row is not stale. */
export function freshUntilMs(
  { frozen, observedAtMs }: Pick<TrustInputs, "frozen" | "observedAtMs">,
  periodMs: number,
): number {
  return frozen ? Number.NEGATIVE_INFINITY : observedAtMs + staleAfterMs(periodMs);
}

/** The last moment (unix ms) at which a row is not expired. */
export function validUntilMs(
  { nextFundingAtMs }: Pick<TrustInputs, "nextFundingAtMs">,
  periodMs: number,
): number {
  if (nextFundingAtMs === null) return Number.POSITIVE_INFINITY;
  return nextFundingAtMs + EXPIRY_GRACE_PERIODS * periodMs;
}

/** The blocking flags that do not depend on time. */
function lastingBlocks(row: TrustInputs): FlagBits {
  let bits = 0;
  if (row.fundingIntervalHours === null) bits |= flagBit("interval_unknown");
  if (row.identity === "conflict") bits |= flagBit("identity_conflict");
  if (isTimeless(row) || row.implausible !== 0) bits |= flagBit("suspect");
  return bits;
}

/** Properties shared by all rows of an exchange. */
export interface ExchangeTerms {
  /** Refresh period. */
  readonly periodMs: number;
  /** Flags of all its rows, regardless of their values. */
  readonly marks: FlagBits;
  /** Whether its documented interest rate applies to coins only (see domain/resting-rate). */
  readonly interestOfCoins: boolean;
}

/** The flags of one row at `asOfMs`, on an exchange with these terms. */
export function flagsOf(row: FlagInputs, asOfMs: number, terms: ExchangeTerms): FlagBits {
  const { periodMs, marks } = terms;
  let bits = marks | lastingBlocks(row);
  if (isAt(row.fundingRate, row.rateCap)) bits |= flagBit("pinned_cap");
  if (isAt(row.fundingRate, row.rateFloor)) bits |= flagBit("pinned_floor");
  if (hasInterest(row, terms) && isAt(row.fundingRate, row.baselineRate))
    bits |= flagBit("pinned_baseline");
  if (row.volume24hUsd === null || row.volume24hUsd < THIN_VOLUME_USD) bits |= flagBit("thin");
  if (row.settling) bits |= flagBit("settling");
  return agedFlags(bits, row, asOfMs, periodMs);
}

/**
 * The flags at `asOfMs` of a row that had the flags `bits` before, on an exchange refreshed every `periodMs`: until the
 * next refresh, time alone only adds to them.
 */
export function agedFlags(
  bits: FlagBits,
  row: Pick<FlagInputs, "frozen" | "observedAtMs" | "nextFundingAtMs">,
  asOfMs: number,
  periodMs: number,
): FlagBits {
  let aged = bits;
  if (asOfMs > freshUntilMs(row, periodMs)) aged |= flagBit("stale");
  if (asOfMs > validUntilMs(row, periodMs)) aged |= flagBit("expired");
  // A settlement has passed since the row was observed: it still shows the charged rate.
  if (row.nextFundingAtMs !== null && row.nextFundingAtMs <= asOfMs) aged |= flagBit("settling");
  return aged;
}

/** Whether a rate has no known charging time: it would never expire. */
function isTimeless({ accrual, nextFundingAtMs }: TrustInputs): boolean {
  switch (accrual) {
    case "periodic":
      return nextFundingAtMs === null;
    case "continuous":
      return false;
  }
}

/** Whether the documented interest rate applies: one for coins only does not if the asset's class is another one. */
function hasInterest({ assetClass }: FlagInputs, { interestOfCoins }: ExchangeTerms): boolean {
  return !interestOfCoins || assetClass === null || assetClass === "crypto";
}

function isAt(rate: number, bound: number | null): boolean {
  return bound !== null && Math.abs(rate - bound) <= PINNED_TOLERANCE;
}
