import type { Heartbeat } from "../../gateways/heartbeat.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { HealthReport } from "../board/health.ts";

/** The length of a healthy stretch that is reported with one call. */
const HEARTBEAT_EVERY_MS = 60_000;

export interface HeartbeatService {
  /**
   * To be called every few seconds with the health of that moment. After each minute in which no report was
   * `down` the heartbeat is called once; a `down` starts the minute anew. `degraded` counts as healthy: the
   * process lives and serves, and what is missing has its own alert. Never throws.
   */
  observe(report: HealthReport): Promise<void>;
}

/** With no heartbeat configured it does nothing. */
export function createHeartbeatService(deps: {
  readonly heartbeat: Heartbeat | null;
  readonly clock: Clock;
  readonly log: Log;
}): HeartbeatService {
  const { heartbeat, clock, log } = deps;
  if (heartbeat === null) return { observe: () => Promise.resolve() };
  let healthySinceMs: number | null = null;
  let calling = false;
  let failing = false;

  return {
    async observe(report) {
      const nowMs = clock.monotonicMs();
      if (report.status === "down") {
        healthySinceMs = null;
        return;
      }
      healthySinceMs ??= nowMs;
      if (calling || nowMs - healthySinceMs < HEARTBEAT_EVERY_MS) return;
      healthySinceMs = nowMs;
      calling = true;
      const failure = await heartbeat.beat().finally(() => {
        calling = false;
      });
      if (failure !== null && !failing) log.warn("heartbeat_failed", { reason: failure });
      if (failure === null && failing) log.info("heartbeat_recovered");
      failing = failure !== null;
    },
  };
}
