/** The service: wires configuration, databases, read model, HTTP server and collector thread together. */
import { USER_AGENT } from "./collector/collector.ts";
import { type CollectorSettings, followedBy } from "./collector/protocol.ts";
import type { CycleOutcome } from "./collector/exchange-runner.ts";
import {
  startCollectorThread,
  superviseCollector,
  type Supervisor,
} from "./collector/supervisor.ts";
import { type Config, describeConfig, loadProcessConfig } from "./config/config.ts";
import { AlertRepository } from "./db/accounts/alert-repository.ts";
import { accountsFile } from "./db/accounts/file.ts";
import { IntervalChangeRepository } from "./db/market/interval-change-repository.ts";
import { marketFile } from "./db/market/file.ts";
import { MarketReader } from "./db/market/market-reader.ts";
import { asUnusable } from "./db/failure.ts";
import { type DatabaseEnd, ServiceDatabase } from "./db/service-database.ts";
import { ServiceDatabases } from "./db/service-databases.ts";
import { EXCHANGES } from "./exchanges/registry.ts";
import { createHeartbeat } from "./gateways/heartbeat.ts";
import { createOutbound } from "./gateways/outbound.ts";
import { openServiceManager } from "./gateways/service-manager.ts";
import { createTelegram } from "./gateways/telegram.ts";
import { EVENT_DATA } from "./http/stream/events.ts";
import { type AppDeps, createApp } from "./http/app.ts";
import { type HttpServer, startServer } from "./http/server.ts";
import { feeTable } from "./domain/fees.ts";
import { NOTHING_FOLLOWED, type OpportunityStats } from "./domain/opportunity.ts";
import { systemClock } from "./lib/clock.ts";
import { createLog, errorText, type Log } from "./lib/log.ts";
import { LogOutput, writeStandardError } from "./lib/log-output.ts";
import { every } from "./lib/repeat.ts";
import type { TimeStep } from "./lib/time-step.ts";
import { readText } from "./config/settings-file.ts";
import { createAlerts } from "./services/operations/alerts.ts";
import { AssetGroups } from "./services/finder/asset-groups.ts";
import { Board } from "./services/board/board.ts";
import { endOnSignal } from "./services/operations/ending.ts";
import { endOnError, exitAfter } from "./services/operations/failing.ts";
import { readFeeFile } from "./config/fee-file.ts";
import type { HealthReport } from "./services/board/health.ts";
import { createHeartbeatService } from "./services/operations/heartbeat.ts";
import { intervalChanges } from "./services/finder/interval-changes.ts";
import { createMetrics, type CycleResult, type Metrics } from "./http/metrics/metrics.ts";
import { createReadiness, type Readiness } from "./services/board/readiness.ts";
import { StreamHub } from "./http/stream/hub.ts";
import { createWatchdog, type Watchdog } from "./services/operations/watchdog.ts";

/** How often each process polls for commits; the collector's message only triggers a poll earlier. */
const POLL_EVERY_MS = 250;

/** How often health is compared with the last reported state. */
const WATCH_EVERY_MS = 1_000;

function run(config: Config, output: LogOutput): void {
  const fees = feeTable(config.feesFile === null ? null : readFeeFile(config.feesFile, readText));
  const log = createLog(config.logLevel, output);
  const onEnd = ({ reason, status }: DatabaseEnd): void => void end(reason, status);
  const { market, accounts, databases } = databasesOf(config, log, onEnd);
  const board = boardOf(config, market);
  const watch = watchOf(config, board, accounts, log);
  const followed = { stats: NOTHING_FOLLOWED };
  const health = (): HealthReport => healthOf(board, databases);
  const streams = new StreamHub({
    board,
    clock: systemClock,
    log,
    data: EVENT_DATA,
    timeStep: (work, step) => metrics.timeStep(work, step),
  });
  const databaseSizes = () => databases.sizes();
  const shown = { board, health, databaseSizes, bases: config.metricsBases };
  const metrics = metricsOf(output, streams, followed, shown);
  const { timeStep } = metrics;
  const groups = groupsOf(board, timeStep, log);
  const server = serve(config, {
    board,
    health,
    readiness: readinessOf(config, board, databases),
    metrics,
    log,
    intervalChanges: intervalChanges(new IntervalChangeRepository(market.db)),
    // Called by requests, i.e. after the collector is started below; a port in use ends the program before that.
    askForOrigin: (request) => collector.explain(request),
    groups,
    streams,
    fees,
  });
  const collector = collectorOf(config, log, { board, metrics, followed, market, output });
  const watchdog = watchdogOf(config, collector, log);
  const judgedBy = (file: ServiceDatabase) => ({ log, onError: (e: unknown) => file.judge(e) });
  const everySecond = [
    ...watch.tasks.map((task) => () => timeStep("alerts", task)),
    () => timeStep("watchdog", watchdog.observe),
  ];
  const timers = [
    every(POLL_EVERY_MS, () => timeStep("board", () => board.poll()), judgedBy(market)),
    ...everySecond.map((work) => every(WATCH_EVERY_MS, work, judgedBy(accounts))),
  ];
  watchdog.observe();
  log.info("listening", { address: server.url.origin, settings: describeConfig(config) });

  const end = endOnSignal(
    {
      begin: () => {
        watchdog.stopping();
        for (const timer of timers) clearInterval(timer);
        databases.stopWaiting();
        // Streams never end by themselves: close them before waiting for other requests.
        streams.close();
      },
      server,
      // Let a message being sent be recorded as sent, so that it is not sent twice.
      finish: {
        alerts: watch.deliver,
        collector: () => collector.stop(),
      },
      close: () => databases.close(),
    },
    { clock: systemClock, log, exit: exitAfter(output) },
  );
}

function collectorOf(
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

function metricsOf(
  output: LogOutput,
  streams: StreamHub,
  followed: { readonly stats: OpportunityStats },
  shown: Pick<Parameters<typeof createMetrics>[0], "board" | "health" | "databaseSizes" | "bases">,
): Metrics {
  return createMetrics({
    ...shown,
    clock: systemClock,
    streams: () => streams.stats(),
    opportunities: () => followed.stats,
    logLinesDropped: () => output.dropped,
  });
}

function boardOf({ staleAfterMs }: Config, { db }: ServiceDatabase): Board {
  const board = new Board({ reader: new MarketReader(db), clock: systemClock, staleAfterMs });
  board.poll();
  return board;
}

/** Opens the market first: migrations of the accounts file read it. */
function databasesOf({ databasePath }: Config, log: Log, onEnd: (end: DatabaseEnd) => void) {
  const deps = { clock: systemClock, log, onEnd };
  const market = new ServiceDatabase({ file: marketFile(databasePath), ...deps });
  const accounts = new ServiceDatabase({ file: accountsFile(databasePath), ...deps });
  return { market, accounts, databases: new ServiceDatabases([market, accounts]) };
}

/** Without one of its databases the service is down, however fresh its data in memory is. */
function healthOf(board: Board, databases: ServiceDatabases): HealthReport {
  const report = board.health();
  return databases.isLost ? { ...report, status: "down" } : report;
}

function collectorSettings(config: Config, databaseIdentity: string | null): CollectorSettings {
  return {
    databasePath: config.databasePath,
    databaseIdentity,
    exchanges: config.exchanges,
    periodMs: config.refreshMs,
    exchangeOrigin: config.exchangeOrigin,
    logLevel: config.logLevel,
  };
}

function serve(
  config: Config,
  parts: Omit<AppDeps, "exchanges" | "clock" | "trustedProxies" | "publicUrl">,
): HttpServer {
  const app = createApp({
    ...parts,
    exchanges: Object.values(EXCHANGES).map((exchange) => exchange.facts),
    clock: systemClock,
    trustedProxies: config.trustedProxies,
    publicUrl: config.publicUrl,
  });
  return startServer(app, config, parts.log);
}

function resultOf(outcome: CycleOutcome): CycleResult {
  if (outcome.kind === "failed") return outcome.failureKind;
  return outcome.degradedBy === null ? "ok" : "degraded";
}

/** Grouped as soon as a snapshot is published: otherwise the first comparison would wait for it. */
function groupsOf(board: Board, timeStep: TimeStep, log: Log): AssetGroups {
  const groups = new AssetGroups();
  board.onPublish((snapshot) => {
    groups.prepare(snapshot, timeStep).catch((error: unknown) => {
      log.error("background_work_failed", { reason: errorText(error) });
    });
  });
  return groups;
}

function readinessOf(config: Config, board: Board, databases: ServiceDatabases): Readiness {
  return createReadiness({
    isSchemaCurrent: () => databases.isSchemaCurrent(),
    hasSnapshot: () => board.current() !== null,
    states: () => board.states(),
    exchanges: config.exchanges,
    clock: systemClock,
  });
}

/** Notifications to the operator: alerts and the heartbeat, both inactive unless configured. */
function watchOf(config: Config, board: Board, { db, writes }: ServiceDatabase, log: Log) {
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
    /** Each is called every few seconds independently of the others. */
    tasks: [observe, ...alerts.deliveries],
    deliver: (): Promise<void> => alerts.deliver(),
  };
}

/** Reports to the service manager, if there is one. */
function watchdogOf({ serviceManager }: Config, collector: Supervisor, log: Log): Watchdog {
  return createWatchdog({
    manager: serviceManager && openServiceManager(serviceManager.socketName, log),
    deadlineMs: serviceManager?.watchdogMs ?? null,
    clock: systemClock,
    log,
    collector,
  });
}

/** Starts the service; a failing database is reported in one line with its remedy, never as a stack trace. */
function start(config: Config, output: LogOutput): void {
  try {
    run(config, output);
  } catch (error) {
    throw asUnusable(config.databasePath, error) ?? error;
  }
}

const output = new LogOutput({ clock: systemClock, write: writeStandardError });
const fail = endOnError(output, exitAfter(output));
try {
  start(loadProcessConfig(), output);
} catch (error) {
  fail(error);
}
