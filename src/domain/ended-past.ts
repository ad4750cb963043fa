/** How long the past of an instrument that is not listed any more is still read. Times are unix ms. */
import { HOUR_MS } from "./funding.ts";

/** With pauses of 1, 2, 4, 8 and 16 hours: exchanges that still answer for a delisted contract do so for days. */
export const MAX_ENDED_TRIES = 6;

/** An instrument that ended longer ago than this was not read in time. */
export const ENDED_READ_WITHIN_MS = 30 * 24 * HOUR_MS;

/** The last tries to read a past. */
export interface PastTries {
  readonly failuresInRow: number;
  readonly attemptedAtMs: number | null;
}

/** Whether nothing more of it is read: the exchange did not answer, or it ended too long ago. */
export function isGivenUp(endedAtMs: number, tries: PastTries, nowMs: number): boolean {
  const { failuresInRow, attemptedAtMs } = tries;
  // What failed while it was listed does not count alone: it is tried at least once after its end.
  const isTried = attemptedAtMs !== null && attemptedAtMs > endedAtMs;
  return nowMs - endedAtMs > ENDED_READ_WITHIN_MS || (isTried && failuresInRow >= MAX_ENDED_TRIES);
}
