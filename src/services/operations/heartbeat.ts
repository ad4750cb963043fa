import type { Heartbeat } from "../../gateways/heartbeat.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { HealthReport } from "../board/health.ts";

/** The healthy period that one call reports. */
const HEARTBEAT_EVERY_MS = 60_000;

export interface HeartbeatService {
  /**
   * Call it every few seconds with the current health. After each minute without a `down` report it calls the heartbeat
   * once; a `down` restarts the minute. `degraded` counts as healthy: the process serves requests, and missing data has
   * its own alerts. Never throws.
   */
  observe(report: HealthReport): Promise<void>;
}

/** Does nothing if no heartbeat is configured. */
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
