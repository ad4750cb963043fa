import type { Supervisor } from "../collector/supervisor.ts";
import type { Config } from "../config/config.ts";
import { AlertRepository } from "../db/accounts/alert-repository.ts";
import type { ServiceDatabase } from "../db/service-database.ts";
import { createHeartbeat } from "../gateways/heartbeat.ts";
import { createOutbound } from "../gateways/outbound.ts";
import { openServiceManager } from "../gateways/service-manager.ts";
import { createTelegram } from "../gateways/telegram.ts";
import { systemClock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { USER_AGENT } from "../lib/program-version.ts";
import type { Board } from "../services/board/board.ts";
import { createAlerts } from "../services/operations/alerts.ts";
import { createHeartbeatService } from "../services/operations/heartbeat.ts";
import { createWatchdog, type Watchdog } from "../services/operations/watchdog.ts";

/** Notifications to the operator: alerts and the heartbeat, both inactive unless configured. */
export function watchOf(config: Config, board: Board, { db, writes }: ServiceDatabase, log: Log) {
  const clock = systemClock;
  const outbound = createOutbound({ clock, random: Math.random, userAgent: USER_AGENT });
  const alerts = createAlerts({
    repository: new AlertRepository(db, writes),
    messengers:
      config.telegram === null ? [] : [createTelegram({ ...config.telegram, post: outbound.post })],
    clock,
    random: Math.random,
    log,
  });
  const heartbeat = createHeartbeatService({
    heartbeat:
      config.heartbeatUrl && createHeartbeat({ url: config.heartbeatUrl, get: outbound.get }),
    clock,
    log,
  });
  const observe = async (): Promise<void> => {
    const report = board.health();
    await alerts.observe(report, board.states());
    void heartbeat.observe(report);
  };
  return {
    /** Each is called every second, independently of the others. */
    tasks: [observe, ...alerts.deliveries],
    deliver: (): Promise<void> => alerts.deliver(),
  };
}

/** Reports to the service manager, if there is one. */
export function watchdogOf({ serviceManager }: Config, collector: Supervisor, log: Log): Watchdog {
  return createWatchdog({
    manager: serviceManager && openServiceManager(serviceManager.socketName, log),
    deadlineMs: serviceManager?.watchdogMs ?? null,
    clock: systemClock,
    log,
    collector,
  });
}
