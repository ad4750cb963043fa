/**
 * Samples: the live rate of an instrument as it stood at one accepted refresh. Each value is rounded once, when it is
 * sampled, to what is stored; from then on it goes there and back exactly.
 */
import { HOUR_MS } from "./funding.ts";

/** Units as in Quote; null means unknown. What an instrument without a sample had is not known either. */
export interface Sample {
  readonly rate: number;
  readonly intervalHours: number | null;
  readonly nextFundingAtMs: number | null;
  readonly markPrice: number | null;
  readonly indexPrice: number | null;
  readonly openInterestUsd: number | null;
  readonly volume24hUsd: number | null;
}

/** Rates are stored as multiples of 1e-10 … */
export const RATE_EXPONENT = -10;
/** … prices and amounts to this many significant digits. */
export const SIGNIFICANT_DIGITS = 8;

/** Prices and amounts are stored once in each of these, counted from the hour: the first sample in it has them. */
export const MARKET_EVERY_S = 900;

const RATES_PER_UNIT = 10 ** -RATE_EXPONENT;
/** A larger rate has no digits left at this scale; no exchange has one. */
const MAX_ROUNDED_RATE = Number.MAX_SAFE_INTEGER / RATES_PER_UNIT;

const SECOND_MS = 1000;
const MINUTES_PER_HOUR = 60;
const MINUTE_MS = HOUR_MS / MINUTES_PER_HOUR;

/** A rate as it is stored. Negative zero becomes zero. */
export function roundedRate(rate: number): number {
  if (Math.abs(rate) > MAX_ROUNDED_RATE) return rate;
  return Math.round(rate * RATES_PER_UNIT) / RATES_PER_UNIT + 0;
}

/** A price or an amount as it is stored. Negative zero becomes zero. */
export function roundedAmount(amount: number): number {
  return Number(amount.toPrecision(SIGNIFICANT_DIGITS)) + 0;
}

/** An interval as it is stored: to the minute. */
function roundedHours(hours: number): number {
  return Math.round((hours * HOUR_MS) / MINUTE_MS) / MINUTES_PER_HOUR;
}

/** A time as it is stored: to the second. */
export function roundedMs(atMs: number): number {
  return Math.round(atMs / SECOND_MS) * SECOND_MS;
}

function ifKnown(value: number | null, round: (value: number) => number): number | null {
  return value === null || !Number.isFinite(value) ? null : round(value);
}

/** A sample as it is stored; null if its rate is not a number. Idempotent. */
export function roundedSample(sample: Sample): Sample | null {
  if (!Number.isFinite(sample.rate)) return null;
  return {
    rate: roundedRate(sample.rate),
    intervalHours: ifKnown(sample.intervalHours, roundedHours),
    nextFundingAtMs: ifKnown(sample.nextFundingAtMs, roundedMs),
    markPrice: ifKnown(sample.markPrice, roundedAmount),
    indexPrice: ifKnown(sample.indexPrice, roundedAmount),
    openInterestUsd: ifKnown(sample.openInterestUsd, roundedAmount),
    volume24hUsd: ifKnown(sample.volume24hUsd, roundedAmount),
  };
}
