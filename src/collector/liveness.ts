import type { Clock } from "../lib/clock.ts";

/** A thread that is asked to end stops at once, unless it is stuck in the system, as on a disk that does not answer. */
const END_WITHIN_MS = 30_000;

/**
 * Without a sign from any thread for this long the supervisor itself has failed: silence is judged, and a thread
 * replaced, in less.
 */
const SIGN_WITHIN_MS = 240_000;

/** Whether the collector's thread lives or can be replaced: what the watchdog of the whole process asks. */
export class Liveness {
  readonly #clock: Clock;
  /** Threads that were ended and are still there, since when. One may hold the lock, so that its successors only wait. */
  readonly #stuckSinceMs = new Map<object, number>();
  #signMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#signMs = clock.monotonicMs();
  }

  /** A thread has sent something, or was started. */
  sign(): void {
    this.#signMs = this.#clock.monotonicMs();
  }

  /** A thread is ended from outside. */
  ending(thread: object): void {
    this.#stuckSinceMs.set(thread, this.#clock.monotonicMs());
  }

  /** A thread is gone. */
  gone(thread: object): void {
    this.#stuckSinceMs.delete(thread);
    this.sign();
  }

  /** False when only the end of the process can help. */
  get isFresh(): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#signMs > SIGN_WITHIN_MS) return false;
    return this.#stuckSinceMs.values().every((sinceMs) => nowMs - sinceMs <= END_WITHIN_MS);
  }
}
