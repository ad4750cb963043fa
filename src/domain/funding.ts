/** Arithmetic of funding rates. Rates are fractions of notional; positive: longs pay shorts. Percentages are rounded. */
import { roundPct } from "./percent.ts";

export const HOUR_MS = 3_600_000;
export const HOURS_PER_DAY = 24;
const DAYS_PER_YEAR = 365;

/** A next funding time further than this from its observation is a unit error (s, ms, µs, ns). */
export const NEXT_TIME_LIMIT_MS = 48 * HOUR_MS;

/** If an exchange's clock is within this of ours, its own timestamps are used, otherwise the time of receipt. */
export const EXCHANGE_CLOCK_TOLERANCE_MS = 60_000;

/** No exchange charges more than its notional in one interval; a larger figure is a unit error. */
export const MAX_ABS_RATE = 1;

const MINUTE_MS = 60_000;

/** The intervals in use, in hours; also the quoting periods of continuous funding. */
export const FUNDING_INTERVALS: ReadonlySet<number> = new Set([1, 2, 3, 4, 6, 8, 12, 24]);

/** The longest interval. */
export const MAX_INTERVAL_HOURS = 24;

/** Whether a number of hours can be a funding interval; any other is a unit error. */
export function isFundingInterval(hours: number): boolean {
  return FUNDING_INTERVALS.has(hours);
}

/** A settlement time rounded to the minute (unix ms): exchanges' timestamps have milliseconds of jitter. */
export function settlementMinuteMs(atMs: number): number {
  return Math.round(atMs / MINUTE_MS) * MINUTE_MS;
}

/** Whether a settlement time (unix ms) is on the grid of an interval, which starts at midnight UTC. */
export function isOnGrid(atMs: number, intervalHours: number): boolean {
  return settlementMinuteMs(atMs) % (intervalHours * HOUR_MS) === 0;
}

/** Simple annual interest in percent: rate x (24 / interval) x 365 x 100. Null interval: null. */
export function annualizedPct(rate: number, intervalHours: number | null): number | null {
  if (intervalHours === null || intervalHours <= 0) return null;
  return roundPct(rate * (HOURS_PER_DAY / intervalHours) * DAYS_PER_YEAR * 100);
}

/** The rate per hour, in percent of notional. */
export function ratePerHourPct(rate: number, intervalHours: number): number {
  return roundPct((rate * 100) / intervalHours);
}

/** The most common interval, by which traders compare rates. */
const COMMON_INTERVAL_HOURS = 8;

/** The rate scaled to eight hours, in percent of notional. Null interval: null. */
export function rate8hPct(rate: number, intervalHours: number | null): number | null {
  if (intervalHours === null || intervalHours <= 0) return null;
  return roundPct(rate * (COMMON_INTERVAL_HOURS / intervalHours) * 100);
}

/** How far the mark price is above the index price, in percent of the index; null if one is unknown. */
export function premiumPct(markPrice: number | null, indexPrice: number | null): number | null {
  if (markPrice === null || indexPrice === null || indexPrice <= 0) return null;
  return roundPct(((markPrice - indexPrice) / indexPrice) * 100);
}

/** The fraction of the notional that a rate in percent per year yields per millisecond. */
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

/** The first multiple of `intervalHours` since the UTC epoch after `atMs`. */
export function nextGridTimeMs(atMs: number, intervalHours: number): number {
  const stepMs = intervalHours * HOUR_MS;
  return (Math.floor(atMs / stepMs) + 1) * stepMs;
}

/** When a row was observed: the exchange's own timestamp if it agrees with our clock, else the time of receipt. */
export function observedAtMs(exchangeTimeMs: number | null, receivedAtMs: number): number {
  if (exchangeTimeMs === null) return receivedAtMs;
  return Math.abs(receivedAtMs - exchangeTimeMs) <= EXCHANGE_CLOCK_TOLERANCE_MS
    ? exchangeTimeMs
    : receivedAtMs;
}
