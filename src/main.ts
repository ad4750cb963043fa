/** The service: configuration, database, read model, HTTP server and collector thread, put together. */
import { readFileSync } from "node:fs";
import { USER_AGENT } from "./collector/collector.ts";
import type { CollectorSettings } from "./collector/protocol.ts";
import type { CycleOutcome } from "./collector/run-exchange.ts";
import { startCollectorThread, superviseCollector } from "./collector/supervisor.ts";
import { type Config, describeConfig, loadProcessConfig } from "./config.ts";
import { createAlertRepository } from "./db/alert-repository.ts";
import { EpochRepository } from "./db/epoch-repository.ts";
import { IntervalChangeRepository } from "./db/interval-change-repository.ts";
import { MarketReader } from "./db/market-reader.ts";
import { migrateDb } from "./db/migrate.ts";
import { checkpoint, openDb } from "./db/open.ts";
import { OpportunityRepository } from "./db/opportunity-repository.ts";
import { schemaCheck } from "./db/schema-version.ts";
import { EXCHANGES } from "./exchanges/registry.ts";
import { createHeartbeat } from "./gateways/heartbeat.ts";
import { createOutbound } from "./gateways/outbound.ts";
import { createTelegram } from "./gateways/telegram.ts";
import { EVENT_DATA } from "./http/api/stream/events.ts";
import { type AppDeps, createApp } from "./http/app.ts";
import { feeTable } from "./domain/fees.ts";
import { ConfigError } from "./lib/config-error.ts";
import { systemClock } from "./lib/clock.ts";
import { createLog, errorText, type Log } from "./lib/log.ts";
import { createAlerts } from "./services/alerts.ts";
import { AssetGroups } from "./services/asset-groups.ts";
import { Board } from "./services/board.ts";
import { readFeeFile } from "./services/fee-file.ts";
import type { HealthReport } from "./services/health.ts";
import { createHeartbeatService } from "./services/heartbeat.ts";
import { intervalChanges } from "./services/interval-changes.ts";
import { createMetrics, type CycleResult, type Metrics } from "./services/metrics.ts";
import { createReadiness, type Readiness } from "./services/readiness.ts";
import { OpportunityTracker } from "./services/opportunity-tracker.ts";
import { StreamHub } from "./services/stream-hub.ts";

/** How often each process looks for commits; the collector's message only makes it look sooner. */
const POLL_EVERY_MS = 250;

/** How often health is held against what was last told. */
const WATCH_EVERY_MS = 1_000;

/** Answers under way may take this long after a signal; with the worker's share the end stays under five seconds. */
const DRAIN_MS = 1_500;

/** The API takes no bodies; what arrives all the same is cut off early. */
const MAX_REQUEST_BODY_BYTES = 1024 * 1024;

/** A client that has sent nothing for this long is gone. */
const IDLE_TIMEOUT_SECONDS = 30;

/** Bad settings end the program with this status before anything has started. */
const EXIT_BAD_CONFIG = 2;

function run(config: Config): void {
  const fees = feeTable(config.feesFile === null ? null : readFeeFile(config.feesFile, readText));
  const log = createLog(config.logLevel);
  const db = openDb(config.databasePath);
  migrateDb(db, config.databasePath);
  const reader = new MarketReader(db);
  const board = new Board({ reader, clock: systemClock, staleAfterMs: config.staleAfterMs });
  board.poll();
  const watch = watchOf(config, board, db, log);
  const groups = groupsOf(board);
  const opportunities = trackerOf(board, groups, db, log);
  const health = (): HealthReport => board.health();
  const streams = new StreamHub({ board, clock: systemClock, log, data: EVENT_DATA });
  const metrics = metricsOf(board, streams, opportunities);
  const server = serve(config, {
    board,
    health,
    readiness: readinessOf(config, board, db),
    metrics,
    log,
    intervalChanges: intervalChanges(new IntervalChangeRepository(db)),
    // Asked by requests, hence after the collector was started below: a port that is taken ends the program before.
    askForOrigin: (request) => collector.explain(request),
    groups,
    streams,
    fees,
  });
  const collector = superviseCollector({
    settings: collectorSettings(config),
    startWorker: startCollectorThread,
    clock: systemClock,
    random: Math.random,
    log,
    onMessage: (message) => {
      if (message.type === "collecting") opportunities.begin(message.epoch);
      if (message.type !== "cycle") return;
      metrics.cycle(message.exchange, resultOf(message.outcome));
      board.poll();
    },
  });
  const timers = [
    every(POLL_EVERY_MS, log, () => board.poll()),
    ...watch.tasks.map((task) => every(WATCH_EVERY_MS, log, task)),
  ];
  log.info("listening", { address: server.url.origin, settings: describeConfig(config) });

  const end = async (signal: string): Promise<void> => {
    log.info("stopping", { signal });
    for (const timer of timers) clearInterval(timer);
    // A message being sent is noted as sent, so that it does not come twice.
    const delivered = watch.deliver().catch((error: unknown) => {
      log.error("alerts_not_delivered", { reason: errorText(error) });
    });
    // Streams never end by themselves: their readers are sent elsewhere before the rest is waited for.
    streams.close();
    const drained = Promise.all([server.stop(), delivered, opportunities.close()]);
    await Promise.all([Promise.race([drained, systemClock.sleep(DRAIN_MS)]), collector.stop()]);
    await server.stop(true);
    checkpoint(db);
    db.close();
    log.info("stopped");
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void end(signal));
}

function collectorSettings(config: Config): CollectorSettings {
  return {
    databasePath: config.databasePath,
    exchanges: config.exchanges,
    periodMs: config.refreshMs,
    exchangeOrigin: config.exchangeOrigin,
    logLevel: config.logLevel,
  };
}

function serve(
  config: Config,
  parts: Pick<
    AppDeps,
    | "board"
    | "health"
    | "readiness"
    | "metrics"
    | "log"
    | "intervalChanges"
    | "askForOrigin"
    | "groups"
    | "streams"
    | "fees"
  >,
): ReturnType<typeof Bun.serve> {
  const app = createApp({
    ...parts,
    exchanges: Object.values(EXCHANGES).map((exchange) => exchange.facts),
    clock: systemClock,
    trustedProxies: config.trustedProxies,
    publicUrl: config.publicUrl,
  });
  return Bun.serve({
    hostname: config.host,
    port: config.port,
    development: false,
    maxRequestBodySize: MAX_REQUEST_BODY_BYTES,
    idleTimeout: IDLE_TIMEOUT_SECONDS,
    fetch: (request, server) =>
      app.fetch(request, {
        // Looking the address up costs more than a cached answer: only who asks pays.
        get remoteAddress() {
          return server.requestIP(request)?.address;
        },
        limitIdle: (seconds) => server.timeout(request, seconds),
      }),
  });
}

function resultOf(outcome: CycleOutcome): CycleResult {
  if (outcome.kind === "failed") return outcome.failureKind;
  return outcome.degradedBy === null ? "ok" : "degraded";
}

function readText(path: string): string {
  return readFileSync(path, "utf8");
}

/** Made as soon as a snapshot is published: its first comparison would have to wait for them. */
function groupsOf(board: Board): AssetGroups {
  const groups = new AssetGroups();
  board.onPublish((snapshot) => groups.of(snapshot));
  return groups;
}

/** How long pairs have lasted, followed while this process collects. */
function trackerOf(
  board: Board,
  groups: AssetGroups,
  db: ReturnType<typeof openDb>,
  log: Log,
): OpportunityTracker {
  const store = new OpportunityRepository(db, new EpochRepository(db));
  const tracker = new OpportunityTracker({ groups, store, clock: systemClock, log });
  board.onPublish((snapshot) => void tracker.observe(snapshot));
  return tracker;
}

function readinessOf(config: Config, board: Board, db: ReturnType<typeof openDb>): Readiness {
  return createReadiness({
    isSchemaCurrent: schemaCheck(db),
    hasSnapshot: () => board.current() !== null,
    states: () => board.states(),
    exchanges: config.exchanges,
    clock: systemClock,
  });
}

function metricsOf(board: Board, streams: StreamHub, opportunities: OpportunityTracker): Metrics {
  return createMetrics({
    board,
    health: () => board.health(),
    clock: systemClock,
    streams: () => streams.stats(),
    opportunities: () => opportunities.stats(),
  });
}

/** What tells the operator: alerts and the heartbeat, both silent until they are set up. */
function watchOf(config: Config, board: Board, db: ReturnType<typeof openDb>, log: Log) {
  const clock = systemClock;
  const outbound = createOutbound({ clock, random: Math.random, userAgent: USER_AGENT });
  const alerts = createAlerts({
    repository: createAlertRepository(db),
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
  const observe = (): void => {
    const report = board.health();
    alerts.observe(report, board.states());
    void heartbeat.observe(report);
  };
  return {
    /** Each to be called every few seconds on its own: none waits for another. */
    tasks: [observe, ...alerts.deliveries],
    deliver: (): Promise<void> => alerts.deliver(),
  };
}

/** Repeats `work`; what it throws is logged once per text and does not end the program. */
function every(ms: number, log: Log, work: () => void | Promise<void>): Timer {
  let said = "";
  let busy = false;
  return setInterval(async () => {
    if (busy) return;
    busy = true;
    try {
      await work();
      said = "";
    } catch (error) {
      const reason = errorText(error);
      if (reason !== said) log.error("background_work_failed", { reason });
      said = reason;
    } finally {
      busy = false;
    }
  }, ms);
}

try {
  run(loadProcessConfig());
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exit(EXIT_BAD_CONFIG);
}
