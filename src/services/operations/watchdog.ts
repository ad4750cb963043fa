import type { ServiceManager } from "../../gateways/service-manager.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";

/** Often enough that a stall of some seconds misses no deadline of a minute. */
const PING_EVERY_MS = 10_000;
/** If the manager's deadline is under half a minute, pings are more frequent. */
const PINGS_PER_DEADLINE = 3;

export interface WatchdogDeps {
  /** Null without a service manager: nothing is sent. */
  readonly manager: ServiceManager | null;
  /** How long the manager waits for a ping before it restarts the process; null: no watchdog. */
  readonly deadlineMs: number | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly collector: {
    /** Whether the collector thread is alive, or can be restarted without restarting the process. */
    readonly isAlive: boolean;
    /** What it is doing, in one line for `systemctl status`. */
    readonly doing: string;
  };
}

export interface Watchdog {
  /**
   * Call it each second, first when the service is listening: reports readiness once, the status when it changes, and a
   * ping when one is due. No ping while the collector hangs for good: the manager then restarts the process.
   */
  observe(): void;
  /** Reports that the service is shutting down. */
  stopping(): void;
}

const HANGING =
  "the collector thread hangs and cannot be terminated: the process must be restarted";

/** Keeps the service manager informed. Undelivered messages are sent with the next call. */
export function createWatchdog(deps: WatchdogDeps): Watchdog {
  const { manager, deadlineMs, clock, log } = deps;
  if (manager === null) return { observe: () => {}, stopping: () => {} };
  const everyMs = Math.min(PING_EVERY_MS, (deadlineMs ?? Infinity) / PINGS_PER_DEADLINE);
  let isReady = false;
  let sentStatus = "";
  let pingedMs = Number.NEGATIVE_INFINITY;
  let wasHanging = false;

  return {
    observe() {
      const hangs = !deps.collector.isAlive;
      if (hangs && !wasHanging) log.error("collector_hangs", { reason: HANGING });
      wasHanging = hangs;
      const status = hangs ? HANGING : deps.collector.doing;
      const nowMs = clock.monotonicMs();
      const pings = deadlineMs !== null && !hangs && nowMs - pingedMs >= everyMs;
      const assignments = [
        ...(isReady ? [] : ["READY=1"]),
        ...(status === sentStatus ? [] : [`STATUS=${status}`]),
        ...(pings ? ["WATCHDOG=1"] : []),
      ];
      if (assignments.length === 0 || !manager.send(assignments)) return;
      isReady = true;
      sentStatus = status;
      if (pings) pingedMs = nowMs;
    },
    stopping() {
      manager.send(["STOPPING=1", "STATUS=shutting down"]);
    },
  };
}
