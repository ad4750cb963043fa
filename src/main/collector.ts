import { type CollectorSettings, followedBy } from "../collector/protocol.ts";
import type { CycleOutcome } from "../collector/exchange-runner.ts";
import {
  startCollectorThread,
  superviseCollector,
  type Supervisor,
} from "../collector/supervisor.ts";
import type { Config } from "../config/config.ts";
import type { ServiceDatabase } from "../db/service-database.ts";
import type { OpportunityStats } from "../domain/opportunity.ts";
import type { CycleResult, Metrics } from "../http/metrics/metrics.ts";
import { systemClock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { LogOutput } from "../lib/log-output.ts";
import type { Board } from "../services/board/board.ts";

export function collectorOf(
  config: Config,
  log: Log,
  parts: {
    readonly board: Board;
    readonly metrics: Metrics;
    /** Updated from the worker's messages. */
    readonly followed: { stats: OpportunityStats };
    readonly market: ServiceDatabase;
    readonly output: LogOutput;
  },
): Supervisor {
  const { board, metrics, followed, market, output } = parts;
  return superviseCollector({
    settings: collectorSettings(config, market.identity),
    startWorker: startCollectorThread,
    clock: systemClock,
    random: Math.random,
    log,
    onMessage: (message) =>
      metrics.timeStep("collector", () => {
        if (message.type === "log") output.write(message.line);
        followed.stats = followedBy(message) ?? followed.stats;
        if (message.type === "heartbeat" && message.collecting) board.noteHeartbeat();
        if (message.type === "database_unusable") market.refuse(message.reason);
        if (message.type !== "cycle") return;
        metrics.cycle(message.exchange, resultOf(message.outcome));
        board.poll();
      }),
  });
}

function collectorSettings(config: Config, databaseIdentity: string | null): CollectorSettings {
  const { backfillDays, paceFactor, settlementsKeptDays, samplesKeptDays } = config;
  return {
    databasePath: config.databasePath,
    databaseIdentity,
    exchanges: config.exchanges,
    periodMs: config.refreshMs,
    exchangeOrigin: config.exchangeOrigin,
    logLevel: config.logLevel,
    history: {
      backfillDays,
      paceFactor,
      retention: { samplesDays: samplesKeptDays, settlementsDays: settlementsKeptDays },
    },
  };
}

function resultOf(outcome: CycleOutcome): CycleResult {
  if (outcome.kind === "failed") return outcome.failureKind;
  return outcome.degradedBy === null ? "ok" : "degraded";
}
