import type { Config } from "../config/config.ts";
import { MarketReader } from "../db/market/market-reader.ts";
import type { ServiceDatabase } from "../db/service-database.ts";
import type { ServiceDatabases } from "../db/service-databases.ts";
import { systemClock } from "../lib/clock.ts";
import { errorText, type Log } from "../lib/log.ts";
import type { TimeStep } from "../lib/time-step.ts";
import { Board } from "../services/board/board.ts";
import type { HealthReport } from "../services/board/health.ts";
import type { ServedBoard } from "../services/board/served-board.ts";
import { createReadiness, type Readiness } from "../services/board/readiness.ts";
import { AssetGroups } from "../services/finder/asset-groups.ts";

export function boardOf({ staleAfterMs }: Config, { db }: ServiceDatabase): Board {
  const board = new Board({ reader: new MarketReader(db), clock: systemClock, staleAfterMs });
  board.poll();
  return board;
}

/** Without one of its databases the service is down, however fresh its data in memory is. */
export function healthOf(board: Board, databases: ServiceDatabases): HealthReport {
  const report = board.health();
  return databases.isLost ? { ...report, status: "down" } : report;
}

export function readinessOf(config: Config, board: Board, databases: ServiceDatabases): Readiness {
  return createReadiness({
    isSchemaCurrent: () => databases.isSchemaCurrent(),
    hasSnapshot: () => board.current() !== null,
    states: () => board.states(),
    exchanges: config.exchanges,
    clock: systemClock,
  });
}

/** Grouped before a snapshot is served: otherwise its first comparison would wait for it. */
export function groupsOf(board: ServedBoard, timeStep: TimeStep, log: Log): AssetGroups {
  const groups = new AssetGroups();
  board.prepareWith((snapshot) =>
    groups.prepare(snapshot, timeStep).catch((error: unknown) => {
      log.error("background_work_failed", { reason: errorText(error) });
    }),
  );
  board.onPublish((snapshot) => groups.keepOnly(snapshot));
  return groups;
}
