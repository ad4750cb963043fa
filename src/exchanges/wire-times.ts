import {
  HOUR_MS,
  HOURS_PER_DAY,
  isFundingInterval,
  isOnGrid,
  NEXT_TIME_LIMIT_MS,
} from "../domain/funding.ts";
import type { IntervalSource, Quote } from "../domain/quote.ts";
import { type Numeric, positiveOf, RowReject } from "./wire.ts";

/**
 * A funding interval in hours. Null if unknown, or not 1, 2, 3, 4, 6, 8, 12 or 24: "8" hours read as minutes would give
 * a yearly rate 60 times too high.
 */
export function intervalHoursOf(value: Numeric, unitsPerHour = 1): number | null {
  const parsed = positiveOf(value);
  if (parsed === null) return null;
  const hours = parsed / unitsPerHour;
  return isFundingInterval(hours) ? hours : null;
}

/** How much later than one interval a next time may be before it contradicts the interval. */
const NEXT_TIME_GRACE_MS = 10 * 60_000;

/**
 * A next time more than 48 h in the past belongs to a contract that is no longer settled. No contract remains in a list
 * for longer than a year plus a margin; the smallest unit error (s for ms) is decades in the past.
 */
const DEAD_CONTRACT_LIMIT_MS = 400 * HOURS_PER_DAY * HOUR_MS;

/** The interval of a row and its source. */
export interface RowInterval {
  readonly hours: number | null;
  readonly source: IntervalSource;
  /** It comes from another reply than the next time and may be older. */
  readonly cached?: boolean;
}

export type FundingTimes = Pick<
  Quote,
  "fundingIntervalHours" | "intervalSource" | "nextFundingAtMs"
>;

/**
 * Interval and published next funding time (unix ms; null if unknown) of a row observed at `atMs`, as far as they are
 * consistent. A past next time is kept: it says until when the rate was valid. An unusual interval is null. An interval
 * from a cached list or a documented default is null if the next time is not on its grid from midnight UTC: the row
 * itself shows that it is outdated. A next time later than an interval plus a grace period contradicts the interval:
 * unless that may be outdated both are null, as either may be wrong. Null for a dead contract, whose next time is over
 * 48 h in the past. Throws RowReject if it is in another unit.
 */
export function fundingTimesOf(
  nextMs: number | null,
  atMs: number,
  interval: RowInterval,
  field: string,
): FundingTimes | null {
  const { source, cached = false } = interval;
  const hours =
    interval.hours !== null && isFundingInterval(interval.hours) ? interval.hours : null;
  const aheadMs = nextMs === null ? 0 : nextMs - atMs;
  if (aheadMs > NEXT_TIME_LIMIT_MS || aheadMs < -DEAD_CONTRACT_LIMIT_MS) {
    throw new RowReject("bad_next_time", `${field} is more than 48 h from the observation`);
  }
  if (aheadMs < -NEXT_TIME_LIMIT_MS) return null;
  const unknown = { fundingIntervalHours: null, intervalSource: null };
  if (hours === null || nextMs === null) {
    const known = { fundingIntervalHours: hours, intervalSource: hours === null ? null : source };
    return { ...known, nextFundingAtMs: nextMs };
  }
  const isAssumed = cached || source === "documented_default";
  if (isAssumed && !isOnGrid(nextMs, hours)) return { ...unknown, nextFundingAtMs: nextMs };
  if (aheadMs > hours * HOUR_MS + NEXT_TIME_GRACE_MS)
    return { ...unknown, nextFundingAtMs: isAssumed ? nextMs : null };
  return { fundingIntervalHours: hours, intervalSource: source, nextFundingAtMs: nextMs };
}
