/** The periods in which samples are stored. All times are unix seconds, UTC. */

export const HOUR_S = 3_600;
export const DAY_S = 86_400;
const SECOND_MS = 1000;

export function hourOf(at: number): number {
  return Math.floor(at / HOUR_S) * HOUR_S;
}

/**
 * The hours of the day at which a block begins: closed hours are joined to blocks. The last ones are shorter, so that
 * few hours are left single when the day has the most of them; the last hour of all is closed when its day is.
 */
const BLOCK_STARTS = [0, 6, 12, 18, 21, 23] as const;

/** Those of the longest block. */
export const MAX_JOINED_HOURS = 6;

/** The start of the block of hours of a time. */
export function blockOf(at: number): number {
  const day = dayOf(at);
  return day + HOUR_S * (BLOCK_STARTS.findLast((hour) => day + hour * HOUR_S <= at) ?? 0);
}

/** The end of the block of hours of a time. */
export function blockEnd(at: number): number {
  const day = dayOf(at);
  const next = BLOCK_STARTS.find((hour) => day + hour * HOUR_S > at);
  return next === undefined ? day + DAY_S : day + next * HOUR_S;
}

export function dayOf(at: number): number {
  return Math.floor(at / DAY_S) * DAY_S;
}

/** The start of the month of a time. */
export function monthOf(at: number): number {
  const date = new Date(at * SECOND_MS);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth()) / SECOND_MS;
}

/** The start of the month after that of a time. */
export function nextMonthOf(at: number): number {
  const date = new Date(at * SECOND_MS);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1) / SECOND_MS;
}

export function secondsOf(atMs: number): number {
  return Math.floor(atMs / SECOND_MS);
}
