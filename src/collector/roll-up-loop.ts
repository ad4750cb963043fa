import { EpochLost } from "../db/epoch-lost.ts";
import { UnusableDatabase } from "../db/failure.ts";
import type { RollUp } from "../db/history/roll-up/roll-up.ts";
import type { Clock } from "../lib/clock.ts";
import { errorText, type Log } from "../lib/log.ts";

/** Between two slices, each of some milliseconds: refreshes and other writers come first. */
const PAUSE_MS = 20;

/** While another writer holds the file: each attempt blocks the thread until the connection's time-out. */
const LOCKED_MS = 5_000;

/** When nothing is due; also after a failure. */
const IDLE_MS = 60_000;

const WAIT_MS = { more: PAUSE_MS, done: IDLE_MS, locked: LOCKED_MS } as const;

export interface RollUpLoopDeps {
  readonly rollUp: Pick<RollUp, "step">;
  /** Runs a slice; null if another writer holds the file. */
  readonly attempt: <T>(work: () => T) => T | null;
  readonly clock: Clock;
  /** False if the clock may be wrong: an hour that it closed too early could not be sampled any more. */
  readonly isClockReliable: () => boolean;
  readonly log: Log;
}

/**
 * Rolls samples up whenever something is due, until `lifetime` ends. A failure is logged and the work begins again a
 * minute later: nothing is deleted before it was stored and compared. Rejects with EpochLost and UnusableDatabase.
 */
export async function rollUpForever(deps: RollUpLoopDeps, lifetime: AbortSignal): Promise<void> {
  const { rollUp, attempt, clock, isClockReliable, log } = deps;
  while (!lifetime.aborted) {
    let waitMs: number;
    try {
      const result = isClockReliable() ? attempt(() => rollUp.step(clock.nowMs())) : "done";
      waitMs = WAIT_MS[result ?? "locked"];
    } catch (error) {
      if (error instanceof EpochLost || error instanceof UnusableDatabase) throw error;
      log.error("roll_up_failed", { reason: errorText(error) });
      waitMs = IDLE_MS;
    }
    await clock.sleep(waitMs, lifetime);
  }
}
