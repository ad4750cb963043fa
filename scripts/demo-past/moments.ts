const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How far back the past reaches. */
export const PAST_DAYS = 14;
/** The last day is sampled every hour … */
const HOURLY_MS = DAY_MS;
/** … and the days before it this often: every hour of them would take several times as long as anyone waits. */
const EARLIER_EVERY_HOURS = 6;

/**
 * Samples are taken this long before the full hour, one step of the simulated market: the rate is the one about to be
 * charged, and no exchange still shows the settlement before.
 */
const BEFORE_HOUR_MS = 5_000;

/** The full hour at which a moment is over, unix ms. */
export function hourAfter(momentMs: number): number {
  return momentMs + BEFORE_HOUR_MS;
}

/** The moments of a past of `days` that are sampled, unix ms, ascending; the first is its beginning. */
export function momentsOf(nowMs: number, days: number): readonly number[] {
  const lastMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  const firstMs = lastMs - days * DAY_MS;
  const moments: number[] = [];
  for (let atMs = firstMs; atMs <= lastMs; atMs += HOUR_MS) {
    const isKept =
      atMs === firstMs ||
      atMs >= lastMs - HOURLY_MS ||
      (atMs / HOUR_MS) % EARLIER_EVERY_HOURS === 0;
    if (isKept) moments.push(atMs - BEFORE_HOUR_MS);
  }
  return moments;
}
