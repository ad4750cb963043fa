/** A refresh that takes longer than this share of its period is given up: the next one is due. */
const DEADLINE_SHARE = 0.75;
/** Short periods still leave time for one request to time out and be told apart from a slow one. */
const DEADLINE_FLOOR_MS = 15_000;

/** How long after its start a refresh is given up, for an exchange that is refreshed every `periodMs`. */
export function deadlineMs(periodMs: number): number {
  return Math.max(DEADLINE_FLOOR_MS, periodMs * DEADLINE_SHARE);
}
