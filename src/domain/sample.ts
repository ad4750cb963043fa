/**
 * Samples: the live rate of an instrument as it stood at one accepted refresh. Each value is rounded once, when it is
 * sampled, to what is stored; from then on it goes there and back exactly.
 */

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

/** An older price says nothing about a moment: those of old samples are an hour apart. */
export const MAX_PRICE_AGE_MS = 65 * 60_000;

const RATES_PER_UNIT = 10 ** -RATE_EXPONENT;
/** A larger rate has no digits left at this scale; no exchange has one. */
const MAX_ROUNDED_RATE = Number.MAX_SAFE_INTEGER / RATES_PER_UNIT;

const SECOND_MS = 1000;
const MINUTES_PER_HOUR = 60;

/** A rate as it is stored. Negative zero becomes zero. */
export function roundedRate(rate: number): number {
  if (Math.abs(rate) > MAX_ROUNDED_RATE) return rate;
  return Math.round(rate * RATES_PER_UNIT) / RATES_PER_UNIT + 0;
}

/** A price or an amount as it is stored. Negative zero becomes zero; what is not a number is unknown. */
export function roundedAmount(amount: number | null): number | null {
  if (amount === null || !Number.isFinite(amount)) return null;
  return Number(amount.toPrecision(SIGNIFICANT_DIGITS)) + 0;
}

/** An interval as it is stored: to the minute. */
export function roundedHours(hours: number | null): number | null {
  if (hours === null || !(hours > 0 && hours < Number.POSITIVE_INFINITY)) return null;
  return Math.round(hours * MINUTES_PER_HOUR) / MINUTES_PER_HOUR;
}

/** The unix seconds of a time in milliseconds, as they are stored. */
export function roundedSeconds(atMs: number | null): number | null {
  return atMs === null || !Number.isFinite(atMs) ? null : Math.round(atMs / SECOND_MS);
}
