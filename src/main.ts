/** The service: wires configuration, databases, read model, HTTP server and collector thread together. */
import { type Config, describeConfig, loadProcessConfig } from "./config/config.ts";
import { readFeeFile } from "./config/fee-file.ts";
import { readText } from "./config/settings-file.ts";
import { asUnusable } from "./db/failure.ts";
import { IntervalChangeRepository } from "./db/market/interval-change-repository.ts";
import type { DatabaseEnd } from "./db/service-database.ts";
import { feeTable } from "./domain/fees.ts";
import { NOTHING_FOLLOWED } from "./domain/opportunity.ts";
import { EVENT_DATA } from "./http/stream/events.ts";
import { StreamHub } from "./http/stream/hub.ts";
import { systemClock } from "./lib/clock.ts";
import { createLog } from "./lib/log.ts";
import { LogOutput, writeStandardError } from "./lib/log-output.ts";
import { collectorOf } from "./main/collector.ts";
import { databasesOf } from "./main/databases.ts";
import { historyOf, pastMarketOf } from "./main/history.ts";
import { metricsOf, serve } from "./main/http.ts";
import { watchdogOf, watchOf } from "./main/operations.ts";
import { boardOf, groupsOf, healthOf, readinessOf } from "./main/read-model.ts";
import { timersOf } from "./main/timers.ts";
import type { HealthReport } from "./services/board/health.ts";
import { ServedBoard } from "./services/board/served-board.ts";
import { intervalChanges } from "./services/finder/interval-changes.ts";
import { endOnSignal } from "./services/operations/ending.ts";
import { endOnError, exitAfter } from "./services/operations/failing.ts";

function run(config: Config, output: LogOutput): void {
  const fees = feeTable(config.feesFile === null ? null : readFeeFile(config.feesFile, readText));
  const log = createLog(config.logLevel, output);
  const onEnd = ({ reason, status }: DatabaseEnd): void => void end(reason, status);
  const { market, accounts, databases } = databasesOf(config, log, onEnd);
  const board = boardOf(config, market);
  const served = new ServedBoard(board, systemClock);
  const watch = watchOf(config, board, accounts, log);
  const followed = { stats: NOTHING_FOLLOWED };
  const health = (): HealthReport => healthOf(board, databases);
  const streams = new StreamHub({
    board: served,
    clock: systemClock,
    log,
    data: EVENT_DATA,
    timeStep: (work, step) => metrics.timeStep(work, step),
  });
  const databaseSizes = () => databases.sizes();
  const shown = { board: served, health, databaseSizes, bases: config.metricsBases };
  const metrics = metricsOf(output, streams, followed, shown);
  const groups = groupsOf(served, metrics.timeStep, log);
  const history = historyOf(config, log);
  const ending = new AbortController();
  const server = serve(config, {
    ending: ending.signal,
    board: served,
    health,
    readiness: readinessOf(config, board, databases),
    metrics,
    log,
    intervalChanges: intervalChanges(new IntervalChangeRepository(market.db)),
    history,
    // Called by requests, i.e. after the collector is started below; a port in use ends the program before that.
    askForOrigin: (request) => collector.explain(request),
    pastMarket: pastMarketOf(history, board),
    groups,
    streams,
    fees,
  });
  const collector = collectorOf(config, log, { board, metrics, followed, market, output });
  const watchdog = watchdogOf(config, collector, log);
  const timers = timersOf({ board, metrics, market, accounts, watchdog, tasks: watch.tasks, log });
  watchdog.observe();
  log.info("listening", { address: server.url.origin, settings: describeConfig(config) });

  const end = endOnSignal(
    {
      begin: () => {
        ending.abort();
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
      close: () => {
        history.close();
        databases.close();
      },
    },
    { clock: systemClock, log, exit: exitAfter(output) },
  );
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
