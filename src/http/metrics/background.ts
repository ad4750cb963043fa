import type { Clock } from "../../lib/clock.ts";
import type { BackgroundWork, TimeStep } from "../../lib/time-step.ts";
import { Gauge, Histogram, type Registry } from "./prom-client.ts";

/** The target is 5 ms: a request that arrives during a step waits for its end. */
const STEP_BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1];

/** The longest step is that of this and the previous period: a scrape each minute sees every step. */
const PERIOD_MS = 5 * 60_000;

/** The longest steps by kind of work, in seconds. */
type Longest = Map<BackgroundWork, number>;

/** Exports how long steps of background work take, and returns the function that measures them. */
export function addBackgroundMetrics(registry: Registry, clock: Clock): TimeStep {
  const registers = [registry];
  const labelNames = ["work"] as const;
  const durations = new Histogram({
    name: "background_step_duration_seconds",
    help: "Duration of synchronous steps of background work in the main thread, by work. Requests wait for the end of a step.",
    labelNames,
    buckets: STEP_BUCKETS_SECONDS,
    registers,
  });
  let [previous, current]: [Longest, Longest] = [new Map(), new Map()];
  let sinceMs = clock.monotonicMs();
  const rotate = (nowMs: number): void => {
    if (nowMs - sinceMs < PERIOD_MS) return;
    previous = nowMs - sinceMs < 2 * PERIOD_MS ? current : new Map();
    current = new Map();
    sinceMs = nowMs;
  };
  new Gauge({
    name: "background_step_longest_seconds",
    help: "The longest synchronous step of background work in the last 5 to 10 minutes, by work.",
    labelNames,
    registers,
    collect() {
      rotate(clock.monotonicMs());
      this.reset();
      for (const longest of [previous, current])
        for (const [work, seconds] of longest)
          this.set({ work }, Math.max(seconds, previous.get(work) ?? 0));
    },
  });
  return (work, step) => {
    const beganMs = clock.monotonicMs();
    try {
      return step();
    } finally {
      const endedMs = clock.monotonicMs();
      const seconds = (endedMs - beganMs) / 1000;
      durations.observe({ work }, seconds);
      rotate(endedMs);
      current.set(work, Math.max(seconds, current.get(work) ?? 0));
    }
  };
}
