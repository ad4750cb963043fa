import type { Clock } from "./clock.ts";

/** A rate limiter: at most `requests` starts in any window of `perMs` milliseconds; callers are served in order. */
export class Pacer {
  readonly #clock: Clock;
  readonly #perMs: number;
  /** Start times of the last `requests` calls, oldest at #next. */
  readonly #starts: number[];
  #next = 0;

  constructor(clock: Clock, limit: { readonly requests: number; readonly perMs: number }) {
    this.#clock = clock;
    this.#perMs = limit.perMs;
    this.#starts = new Array<number>(limit.requests).fill(Number.NEGATIVE_INFINITY);
  }

  /** How many callers could start now without waiting. */
  get free(): number {
    const startedByMs = this.#clock.monotonicMs() - this.#perMs;
    return this.#starts.filter((startMs) => startMs <= startedByMs).length;
  }

  /** Resolves when the caller may send, or at once when `signal` aborts. */
  async turn(signal?: AbortSignal): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    const oldest = this.#starts[this.#next] ?? Number.NEGATIVE_INFINITY;
    const startMs = Math.max(nowMs, oldest + this.#perMs);
    this.#starts[this.#next] = startMs;
    this.#next = (this.#next + 1) % this.#starts.length;
    if (startMs > nowMs) await this.#clock.sleep(startMs - nowMs, signal);
  }
}
