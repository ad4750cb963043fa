import type { CancelTimer, Clock } from "../../src/lib/clock.ts";

/** Where a test's wall time starts by default. */
const START_MS = Date.UTC(2026, 10, 2, 12, 0, 0);

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** A clock that is stopped until the test advances it. Wall and monotonic time advance together. */
export class ManualClock implements Clock {
  #wallMs: number;
  #monotonicMs = 0;
  #sleepers: Sleeper[] = [];

  constructor(startMs: number = START_MS) {
    this.#wallMs = startMs;
  }

  nowMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper: Sleeper = { dueMs: this.#monotonicMs + Math.max(0, ms), wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", wake, { once: true });
    });
  }

  after(ms: number, run: () => void): CancelTimer {
    const cancel = (): void => {
      this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
    };
    const wake = (): void => {
      cancel();
      run();
    };
    const sleeper: Sleeper = { dueMs: this.#monotonicMs + Math.max(0, ms), wake };
    this.#sleepers.push(sleeper);
    return cancel;
  }

  /** How many sleeps and timers have not ended. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /**
   * Advances time by `ms`, ending due sleeps in the order of their ends (equal ends in the order of their starts).
   * Between two of them everything that only waits for promises runs, so a sleep started by a woken sleeper ends in the
   * same call when it is due.
   */
  async advance(ms: number): Promise<void> {
    await settle();
    const targetMs = this.#monotonicMs + ms;
    for (let next = this.#earliest(targetMs); next !== null; next = this.#earliest(targetMs)) {
      this.#moveTo(next.dueMs);
      next.wake();
      await settle();
    }
    this.#moveTo(targetMs);
  }

  /** Sets only the wall time, as an operator or NTP does; sleeps are not affected. */
  setWall(ms: number): void {
    this.#wallMs = ms;
  }

  #moveTo(monotonicMs: number): void {
    this.#wallMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }

  #earliest(untilMs: number): Sleeper | null {
    let earliest: Sleeper | null = null;
    for (const sleeper of this.#sleepers) {
      if (sleeper.dueMs <= untilMs && (earliest === null || sleeper.dueMs < earliest.dueMs))
        earliest = sleeper;
    }
    return earliest;
  }
}

/** Lets all pending promise callbacks run: an immediate comes after them. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
