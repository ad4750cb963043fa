/** The periods in which samples are stored. All times are unix seconds, UTC. */

export const HOUR_S = 3_600;
export const DAY_S = 86_400;
const SECOND_MS = 1000;

export function hourOf(at: number): number {
  return Math.floor(at / HOUR_S) * HOUR_S;
}

/** Closed hours are joined to blocks of so many, counted from midnight. */
export const JOINED_HOURS = 6;

/** The start of the block of hours of a time. */
export function blockOf(at: number): number {
  const block = JOINED_HOURS * HOUR_S;
  return Math.floor(at / block) * block;
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
