/** Arithmetic of funding rates. Rates are fractions of notional; positive: longs pay shorts. Percentages are rounded. */
import { roundPct } from "./percent.ts";

export const HOUR_MS = 3_600_000;
export const HOURS_PER_DAY = 24;
const DAYS_PER_YEAR = 365;

/** A next funding time further away than this from its observation is a unit error (s, ms, µs, ns). */
export const NEXT_TIME_LIMIT_MS = 48 * HOUR_MS;

/** Exchange clocks within this of ours stamp their own rows; beyond it the time of receipt counts. */
const EXCHANGE_CLOCK_TOLERANCE_MS = 60_000;

/** No exchange charges more than its notional in one interval; a larger figure is a unit error. */
export const MAX_ABS_RATE = 1;

const MINUTE_MS = 60_000;

/** The intervals in use, in hours; quoting periods of continuous exchanges likewise. */
const FUNDING_INTERVALS: ReadonlySet<number> = new Set([1, 2, 3, 4, 6, 8, 12, 24]);

/** The longest of them. */
export const MAX_INTERVAL_HOURS = 24;

/** Whether a number of hours can be a funding interval; any other is an error of unit. */
export function isFundingInterval(hours: number): boolean {
  return FUNDING_INTERVALS.has(hours);
}

/** The full minute (unix ms) next to a settlement time: exchanges stamp those with milliseconds of jitter. */
export function settlementMinuteMs(atMs: number): number {
  return Math.round(atMs / MINUTE_MS) * MINUTE_MS;
}

/** Whether a settlement time (unix ms) is one of those that an interval has, counted from midnight UTC. */
export function isOnGrid(atMs: number, intervalHours: number): boolean {
  return settlementMinuteMs(atMs) % (intervalHours * HOUR_MS) === 0;
}

/** Simple annual interest in percent: rate x (24 / interval) x 365 x 100. Null interval: null. */
export function annualizedPct(rate: number, intervalHours: number | null): number | null {
  if (intervalHours === null || intervalHours <= 0) return null;
  return roundPct(rate * (HOURS_PER_DAY / intervalHours) * DAYS_PER_YEAR * 100);
}

/** The rate as it is per hour, in percent of notional. */
export function ratePerHourPct(rate: number, intervalHours: number): number {
  return roundPct((rate * 100) / intervalHours);
}

/** The interval that most exchanges have and that traders compare rates by. */
const COMMON_INTERVAL_HOURS = 8;

/** The rate scaled to eight hours, in percent of notional. Null interval: null. */
export function rate8hPct(rate: number, intervalHours: number | null): number | null {
  if (intervalHours === null || intervalHours <= 0) return null;
  return roundPct(rate * (COMMON_INTERVAL_HOURS / intervalHours) * 100);
}

/** How far the mark lies above the index, in percent of the index; null where one of them is unknown. */
export function premiumPct(markPrice: number | null, indexPrice: number | null): number | null {
  if (markPrice === null || indexPrice === null || indexPrice <= 0) return null;
  return roundPct(((markPrice - indexPrice) / indexPrice) * 100);
}

/** The part of the notional that a yearly rate in percent brings in a millisecond. */
export function pctPerMs(annualPct: number): number {
  return pctToFraction(annualPct) / (DAYS_PER_YEAR * HOURS_PER_DAY * HOUR_MS);
}

export function fractionToPct(fraction: number): number {
  return roundPct(fraction * 100);
}

export function pctToFraction(pct: number): number {
  return pct / 100;
}

export function fractionToBps(fraction: number): number {
  return fraction * 10_000;
}

export function bpsToFraction(bps: number): number {
  return bps / 10_000;
}

/** The first multiple of `intervalHours` since the UTC epoch that lies after `atMs`. */
export function nextGridTimeMs(atMs: number, intervalHours: number): number {
  const stepMs = intervalHours * HOUR_MS;
  return (Math.floor(atMs / stepMs) + 1) * stepMs;
}

/** The time a row was true: the exchange's own stamp when it agrees with our clock, else the receipt. */
export function observedAtMs(exchangeTimeMs: number | null, receivedAtMs: number): number {
  if (exchangeTimeMs === null) return receivedAtMs;
  return Math.abs(receivedAtMs - exchangeTimeMs) <= EXCHANGE_CLOCK_TOLERANCE_MS
    ? exchangeTimeMs
    : receivedAtMs;
}
