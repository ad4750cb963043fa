import type { Clock } from "../lib/clock.ts";

/** A terminated thread ends immediately unless it is stuck in the kernel, as on a disk that does not respond. */
const END_WITHIN_MS = 30_000;

/**
 * Without a sign from any thread for this long the supervisor itself has failed: it detects a stuck thread and replaces
 * it in less time.
 */
const SIGN_WITHIN_MS = 240_000;

/** Whether the collector's thread is alive or can be replaced; polled by the watchdog of the whole process. */
export class Liveness {
  readonly #clock: Clock;
  /** When threads that still exist were terminated. One may hold the lock, so that its successors only wait. */
  readonly #stuckSinceMs = new Map<object, number>();
  #signMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#signMs = clock.monotonicMs();
  }

  /** A thread has sent something or was started. */
  sign(): void {
    this.#signMs = this.#clock.monotonicMs();
  }

  /** A thread is being terminated. */
  terminating(thread: object): void {
    this.#stuckSinceMs.set(thread, this.#clock.monotonicMs());
  }

  /** A thread has ended. */
  ended(thread: object): void {
    this.#stuckSinceMs.delete(thread);
    this.sign();
  }

  /** False if only a restart of the process can help. */
  get isFresh(): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#signMs > SIGN_WITHIN_MS) return false;
    return this.#stuckSinceMs.values().every((sinceMs) => nowMs - sinceMs <= END_WITHIN_MS);
  }
}
