/** A refresh that takes longer than this share of its period is aborted: the next one is due. */
const DEADLINE_SHARE = 0.75;
/** Short periods still leave enough time to distinguish a time-out from a slow request. */
const DEADLINE_FLOOR_MS = 15_000;

/** How long after its start a refresh is aborted, for an exchange refreshed every `periodMs`. */
export function deadlineMs(periodMs: number): number {
  return Math.max(DEADLINE_FLOOR_MS, periodMs * DEADLINE_SHARE);
}
