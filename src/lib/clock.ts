/** The only source of time. Injected, so that tests control it. */
export interface Clock {
  /** Wall-clock time in unix milliseconds, for timestamps. */
  nowMs(): number;
  /** Milliseconds of a clock that never jumps, for periods and time-outs. */
  monotonicMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Calls `run` after `ms`, unless the returned function is called first. For deadlines that are usually met: a sleep
   * with a signal costs several times as much.
   */
  after(ms: number, run: () => void): CancelTimer;
}

/** Calling it again, or after the timer has ended, does nothing. */
export type CancelTimer = () => void;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep(ms, signal) {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener("abort", done, { once: true });
    });
  },
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** When this process started, unix milliseconds. Read it once: it moves with every step of the wall clock. */
export function processStartedAtMs(): number {
  return Date.now() - process.uptime() * 1000;
}
