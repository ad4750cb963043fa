import type { ManualClock } from "./manual-clock.ts";

/** Real milliseconds between two checks whether loopback, or another thread, has answered. */
const LOOK_EVERY_MS = 1;

/** Waits for real answers while virtual time is stopped, or advances by `stepMs` at each check. */
export async function drive<T>(
  promise: Promise<T>,
  clock: ManualClock,
  stepMs: number,
): Promise<T> {
  const progress = { settled: false };
  const done = promise.finally(() => {
    progress.settled = true;
  });
  // It may reject between two checks, and is awaited below.
  done.catch(() => {});
  while (!progress.settled) {
    await Bun.sleep(LOOK_EVERY_MS);
    await clock.advance(stepMs);
  }
  return done;
}
