/** How often a supervisor checks its worker. */
export const WATCH_EVERY_MS = 1_000;

/**
 * A check later than this was delayed by an overloaded machine or by work of this thread: the worker's messages may
 * have been waiting just as long.
 */
const LATE_MS = 500;

/**
 * A worker sends something each second; a batch of 12,000 rows blocks it for less. The first time-out, and the maximum.
 */
const SILENT_BOUNDS = { firstMs: 15_000, capMs: 120_000 } as const;

/** A start reads and compiles the whole program, which takes a second on an idle machine. */
const FIRST_MESSAGE_WITHIN_MS = 120_000;

/** A worker that has lived this long shows that the time-out fits the machine. */
const RESET_AFTER_MS = 3_600_000;

/** The time-out for a silent worker; it doubles each time, so that restarts do not overload a slow machine further. */
export class SilenceBound {
  #ms: number = SILENT_BOUNDS.firstMs;

  get ms(): number {
    return this.#ms;
  }

  /** A worker was terminated as silent after `livedMs`. */
  extend(livedMs: number): void {
    const from = livedMs >= RESET_AFTER_MS ? SILENT_BOUNDS.firstMs : this.#ms;
    this.#ms = Math.min(from * 2, SILENT_BOUNDS.capMs);
  }
}

/** Measures how long one worker has been silent, in checks that were on time. */
export class Silence {
  readonly #bound: SilenceBound;
  #silentMs = 0;
  #hasSent = false;

  constructor(bound: SilenceBound) {
    this.#bound = bound;
  }

  /** The worker has sent something. */
  reset(): void {
    this.#hasSent = true;
    this.#silentMs = 0;
  }

  /** A check, `tookMs` after the last one. Returns whether the worker counts as hung. */
  check(tookMs: number): boolean {
    if (tookMs - WATCH_EVERY_MS <= LATE_MS) this.#silentMs += WATCH_EVERY_MS;
    return this.#silentMs > (this.#hasSent ? this.#bound.ms : FIRST_MESSAGE_WITHIN_MS);
  }
}
