import type { ServiceManager } from "../../gateways/service-manager.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";

/** Often enough that a machine that stalls for some seconds misses no deadline of a minute. */
const PING_EVERY_MS = 10_000;
/** Where the manager waits for less than half a minute, it is told more often. */
const PINGS_PER_DEADLINE = 3;

export interface WatchdogDeps {
  /** Null outside a service manager: then nothing is sent. */
  readonly manager: ServiceManager | null;
  /** How long the manager waits for a ping before it replaces the process; null: it does not watch. */
  readonly deadlineMs: number | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly collector: {
    /** Whether the collector's thread lives, or can be replaced without replacing the process. */
    readonly lives: boolean;
    /** What it does, in one line for `systemctl status`. */
    readonly doing: string;
  };
}

export interface Watchdog {
  /**
   * To be called each second from the main loop, the first time when the service listens: says once that it is
   * ready, what it does when that has changed, and that it lives when a ping is due. No ping while the collector
   * hangs for good: the manager then replaces the process.
   */
  observe(): void;
  /** The service begins to end. */
  stopping(): void;
}

const HANGING = "the collector's thread hangs and cannot be ended: the process must be replaced";

/** Keeps the service manager informed. What cannot be delivered is sent with the next call. */
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
      const hangs = !deps.collector.lives;
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
      manager.send(["STOPPING=1", "STATUS=finishing what is under way"]);
    },
  };
}
