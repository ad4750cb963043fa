/** How often a supervisor looks at its worker. */
export const WATCH_EVERY_MS = 1_000;

/**
 * A look that comes later than this was held up by a machine without time for us, or by work of this thread: a
 * worker's messages may be waiting just as long.
 */
const LATE_MS = 500;

/** A worker speaks each second; a batch of 12,000 rows holds it for under one. The first bound, and the longest. */
const SILENT_BOUNDS = { firstMs: 15_000, capMs: 120_000 } as const;

/** A start reads and compiles the whole program, which takes a second on a machine with nothing else to do. */
const FIRST_WORD_WITHIN_MS = 120_000;

/** A worker that has lived for this long shows that the bound fits the machine. */
const FORGIVEN_AFTER_MS = 3_600_000;

/** What is silence of a worker; each verdict doubles it, so that a starved machine is not starved further by restarts. */
export class SilenceBound {
  #ms: number = SILENT_BOUNDS.firstMs;

  get ms(): number {
    return this.#ms;
  }

  /** A worker was ended as silent after `livedMs`. */
  judged(livedMs: number): void {
    const from = livedMs >= FORGIVEN_AFTER_MS ? SILENT_BOUNDS.firstMs : this.#ms;
    this.#ms = Math.min(from * 2, SILENT_BOUNDS.capMs);
  }
}

/** Counts the silence of one worker, in looks that came on time. */
export class Silence {
  readonly #bound: SilenceBound;
  #silentMs = 0;
  #hasSpoken = false;

  constructor(bound: SilenceBound) {
    this.#bound = bound;
  }

  /** The worker has sent something. */
  broken(): void {
    this.#hasSpoken = true;
    this.#silentMs = 0;
  }

  /** A look, `tookMs` after the last one. Returns whether the worker counts as hanging. */
  look(tookMs: number): boolean {
    if (tookMs - WATCH_EVERY_MS <= LATE_MS) this.#silentMs += WATCH_EVERY_MS;
    return this.#silentMs > (this.#hasSpoken ? this.#bound.ms : FIRST_WORD_WITHIN_MS);
  }
}
