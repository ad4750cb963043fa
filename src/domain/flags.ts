import type { Identity } from "./asset-cluster.ts";
import type { DoubtBits } from "./plausibility.ts";
import type { Accrual, AssetClass } from "./quote.ts";

/** Marks on a row. Blocking ones keep it out of every opportunity, advisory ones say: look closer. */
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

/** Flags of one row as bits, in the order of FLAGS: compact, and compared with one instruction. */
export type FlagBits = number;

export const BLOCKING_FLAGS = [
  "stale",
  "expired",
  "interval_unknown",
  "identity_conflict",
  "suspect",
] as const satisfies readonly Flag[];

/** 24 h volume under this many US dollars, or unknown, is `thin`. */
export const THIN_VOLUME_USD = 100_000;

/** A rate this close to a published bound is at it. */
const PINNED_TOLERANCE = 1e-9;

/** A row is stale when older than this many periods of its exchange … */
export const STALE_PERIODS = 3;
/** … but never before this age: one late answer is no news. */
export const STALE_FLOOR_MS = 180_000;

/** A rate lives this many periods beyond its next_funding_time: then nobody charges it any more. */
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

/** What the flags of a row depend on. Rates are fractions, times unix milliseconds. */
export interface FlagInputs {
  readonly accrual: Accrual;
  readonly assetClass: AssetClass | null;
  readonly fundingRate: number;
  readonly fundingIntervalHours: number | null;
  readonly nextFundingAtMs: number | null;
  readonly observedAtMs: number;
  /** The exchange's own timestamp has stood still for too long. */
  readonly frozen: boolean;
  readonly settling: boolean;
  readonly rateCap: number | null;
  readonly rateFloor: number | null;
  readonly baselineRate: number | null;
  readonly volume24hUsd: number | null;
  readonly identity: Identity;
  readonly doubts: DoubtBits;
}

/** The age in ms from which a row is stale, for an exchange that is refreshed every `periodMs`. */
export function staleAfterMs(periodMs: number): number {
  return Math.max(STALE_PERIODS * periodMs, STALE_FLOOR_MS);
}

/** What decides whether, and from when on, a row bears a blocking flag. */
export type TrustInputs = Pick<
  FlagInputs,
  | "accrual"
  | "fundingIntervalHours"
  | "nextFundingAtMs"
  | "observedAtMs"
  | "frozen"
  | "identity"
  | "doubts"
>;

/**
 * The last moment (unix ms) at which a row that is not stored anew bears no blocking flag; -Infinity where it bears one
 * already. Whoever keeps rows need not judge them again at each look.
 */
export function trustedUntilMs(row: TrustInputs, periodMs: number): number {
  if (lastingBlocks(row) !== 0) return Number.NEGATIVE_INFINITY;
  return Math.min(freshUntilMs(row, periodMs), validUntilMs(row, periodMs));
}

/** The last moment (unix ms) at which a row is not stale. */
function freshUntilMs({ frozen, observedAtMs }: TrustInputs, periodMs: number): number {
  return frozen ? Number.NEGATIVE_INFINITY : observedAtMs + staleAfterMs(periodMs);
}

/** The last moment (unix ms) at which a row is not expired. */
function validUntilMs({ nextFundingAtMs }: TrustInputs, periodMs: number): number {
  if (nextFundingAtMs === null) return Number.POSITIVE_INFINITY;
  return nextFundingAtMs + EXPIRY_GRACE_PERIODS * periodMs;
}

/** The blocking flags that time neither brings nor takes. */
function lastingBlocks(row: TrustInputs): FlagBits {
  let bits = 0;
  if (row.fundingIntervalHours === null) bits |= flagBit("interval_unknown");
  if (row.identity === "conflict") bits |= flagBit("identity_conflict");
  if (isTimeless(row) || row.doubts !== 0) bits |= flagBit("suspect");
  return bits;
}

/** What holds for every row of an exchange. */
export interface ExchangeTerms {
  /** How often it is refreshed. */
  readonly periodMs: number;
  /** Flags that all its rows bear, whatever they say. */
  readonly marks: FlagBits;
  /** Whether the interest that it documents is that of coins alone (see domain/resting-rate). */
  readonly interestOfCoins: boolean;
}

/** The flags of one row at `asOfMs`, on an exchange of these terms. */
export function flagsOf(row: FlagInputs, asOfMs: number, terms: ExchangeTerms): FlagBits {
  const { periodMs, marks } = terms;
  let bits = marks | lastingBlocks(row);
  if (asOfMs > freshUntilMs(row, periodMs)) bits |= flagBit("stale");
  if (asOfMs > validUntilMs(row, periodMs)) bits |= flagBit("expired");
  if (isAt(row.fundingRate, row.rateCap)) bits |= flagBit("pinned_cap");
  if (isAt(row.fundingRate, row.rateFloor)) bits |= flagBit("pinned_floor");
  if (hasInterest(row, terms) && isAt(row.fundingRate, row.baselineRate))
    bits |= flagBit("pinned_baseline");
  if (row.volume24hUsd === null || row.volume24hUsd < THIN_VOLUME_USD) bits |= flagBit("thin");
  // A settlement that passed since the row was observed: it still shows the rate that was charged.
  const settled = row.nextFundingAtMs !== null && row.nextFundingAtMs <= asOfMs;
  if (row.settling || settled) bits |= flagBit("settling");
  return bits;
}

/** A rate that is charged at a time which nobody knows: it would never expire. */
function isTimeless({ accrual, nextFundingAtMs }: TrustInputs): boolean {
  switch (accrual) {
    case "periodic":
      return nextFundingAtMs === null;
    case "continuous":
      return false;
  }
}

/** Whether the documented interest is also this contract's: what is no coin, by whoever lists it, has none of a coin. */
function hasInterest({ assetClass }: FlagInputs, { interestOfCoins }: ExchangeTerms): boolean {
  return !interestOfCoins || assetClass === null || assetClass === "crypto";
}

function isAt(rate: number, bound: number | null): boolean {
  return bound !== null && Math.abs(rate - bound) <= PINNED_TOLERANCE;
}
