/** The only source of time. Injected, so that tests control it. */
export interface Clock {
  /** Wall-clock time in unix milliseconds, for timestamps. */
  nowMs(): number;
  /** Milliseconds of a clock that never jumps, for periods and time-outs. */
  monotonicMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

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
};

/** When this process started, unix milliseconds. To be asked once: it moves with every step of the wall clock. */
export function processStartedAtMs(): number {
  return Date.now() - process.uptime() * 1000;
}
