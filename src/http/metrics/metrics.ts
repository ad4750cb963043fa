import { Counter, Gauge, Histogram, Registry } from "./prom-client.ts";
import type { ExchangeId, FailureKind } from "../../domain/exchange.ts";
import type { ExchangeView } from "../../domain/market.ts";
import type { Clock } from "../../lib/clock.ts";
import type { TimeStep } from "../../lib/time-step.ts";
import { addAnswerGauges, type AnswerLoadStats } from "./answers.ts";
import { addBackgroundMetrics } from "./background.ts";
import { addDatabaseGauges, type DatabaseSize } from "./databases.ts";
import { addProcessMetrics } from "./process.ts";
import { addRateGauges } from "./rates.ts";
import type { BoardView } from "../../services/board/board-view.ts";
import type { HealthReport } from "../../services/board/health.ts";
import { addOpportunityMetrics } from "./opportunities.ts";
import type { OpportunityStats } from "../../domain/opportunity.ts";
import type { StreamStats } from "../stream/hub.ts";
import { addStreamMetrics } from "./streams.ts";

export type CycleResult = "ok" | "degraded" | FailureKind;

/** Counts what the service does, in the Prometheus text format. */
export interface Metrics {
  /** One request. `route` is the route's pattern, never the path, so the number of series stays bounded. */
  request(route: string, method: string, status: number, tookMs: number): void;
  /** One refresh of an exchange by this process: `ok`, `degraded` or the kind of failure. */
  cycle(exchange: ExchangeId, outcome: CycleResult): void;
  /** Exports the load of answers as returned by `read`; called once, by their owner. */
  watchAnswers(read: () => AnswerLoadStats): void;
  /** Measures background work. */
  readonly timeStep: TimeStep;
  readonly contentType: string;
  /** All metrics as text; gauges are read at this moment. */
  scrape(): Promise<string>;
}

/** Cached answers take tens of microseconds, an uncached full list tens of milliseconds, a queued one seconds. */
const LATENCY_BUCKETS_SECONDS = [
  0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5,
];

interface RequestSeries {
  readonly count: { inc(): void };
  readonly latency: { observe(seconds: number): void };
}

/** Metrics with their own registry, so that two services in one process do not mix. */
export function createMetrics(deps: {
  readonly board: BoardView;
  readonly health: () => HealthReport;
  readonly clock: Clock;
  readonly streams: () => StreamStats;
  /** Set in a process that can collect. */
  readonly opportunities?: () => OpportunityStats;
  /** Log lines that could not be written; set in a process that has a log. */
  readonly logLinesDropped?: () => number;
  /** Of a process that has databases. */
  readonly databaseSizes?: () => Promise<readonly DatabaseSize[]>;
  /** Canonical bases whose rates are exported; none by default: each adds a hundred series. */
  readonly bases?: readonly string[];
}): Metrics {
  const registry = new Registry();
  const requests = new Counter({
    name: "http_requests_total",
    help: "Answered requests.",
    labelNames: ["route", "method", "status"],
    registers: [registry],
  });
  const latency = new Histogram({
    name: "http_request_duration_seconds",
    help: "Seconds from the request's arrival to its answer, the sending not included.",
    labelNames: ["route"],
    buckets: LATENCY_BUCKETS_SECONDS,
    registers: [registry],
  });
  const cycles = new Counter({
    name: "funding_cycles_total",
    help: "Refreshes of an exchange by this process, by outcome: ok, degraded, or the kind of failure.",
    labelNames: ["exchange", "outcome"],
    registers: [registry],
  });
  addMarketGauges(registry, deps);
  if (deps.opportunities !== undefined) addOpportunityMetrics(registry, deps.opportunities);
  addStreamMetrics(registry, deps.streams);
  const timeStep = addBackgroundMetrics(registry, deps.clock);
  addProcessMetrics(registry, deps.clock);
  if (deps.databaseSizes !== undefined) addDatabaseGauges(registry, deps.databaseSizes);
  if (deps.bases !== undefined && deps.bases.length > 0)
    addRateGauges(registry, deps.board, deps.bases);
  if (deps.logLinesDropped !== undefined) addLogCounter(registry, deps.logLinesDropped);
  // Resolving labels costs more than counting, so the handles are cached per route, method and status.
  const series = new Map<string, RequestSeries>();
  return {
    timeStep,
    contentType: registry.contentType,
    request(route, method, status, tookMs) {
      const key = `${status}${method}${route}`;
      let known = series.get(key);
      if (known === undefined) {
        known = {
          count: requests.labels(route, method, String(status)),
          latency: latency.labels(route),
        };
        series.set(key, known);
      }
      known.count.inc();
      known.latency.observe(tookMs / 1000);
    },
    watchAnswers: (read) => addAnswerGauges(registry, read),
    cycle: (exchange, outcome) => cycles.labels(exchange, outcome).inc(),
    scrape: () => registry.metrics(),
  };
}

function addMarketGauges(
  registry: Registry,
  {
    board,
    health,
    clock,
  }: {
    readonly board: BoardView;
    readonly health: () => HealthReport;
    readonly clock: Clock;
  },
): void {
  const registers = [registry];
  new Gauge({
    name: "funding_up",
    help: "1 when health is ok, 0.5 when degraded, 0 when down.",
    registers,
    collect() {
      const { status } = health();
      this.set(status === "ok" ? 1 : status === "degraded" ? 0.5 : 0);
    },
  });
  new Gauge({
    name: "funding_collector_alive",
    help: "1 while some process collects.",
    registers,
    collect() {
      this.set(health().collectorAlive ? 1 : 0);
    },
  });
  new Gauge({
    name: "funding_exchanges",
    help: "Exchanges that are enabled, and those of them that are fresh.",
    labelNames: ["which"],
    registers,
    collect() {
      const { enabledExchanges, freshExchanges } = health();
      this.set({ which: "enabled" }, enabledExchanges);
      this.set({ which: "fresh" }, freshExchanges);
    },
  });
  new Gauge({
    name: "funding_exchange_age_seconds",
    help: "Seconds since the last accepted batch of an exchange; absent before the first.",
    labelNames: ["exchange"],
    registers,
    collect() {
      this.reset();
      for (const { exchange, ageSeconds } of health().exchanges) {
        if (ageSeconds !== null) this.set({ exchange }, ageSeconds);
      }
    },
  });
  addSnapshotGauges(registry, board, clock);
  addExchangeGauges(registry, board);
}

function addSnapshotGauges(registry: Registry, board: BoardView, clock: Clock): void {
  const registers = [registry];
  new Gauge({
    name: "funding_snapshot_rows",
    help: "Rows of the current snapshot.",
    registers,
    collect() {
      this.set(board.current()?.rows.length ?? 0);
    },
  });
  new Gauge({
    name: "funding_snapshot_age_seconds",
    help: "Age of the current snapshot in seconds; absent before the first.",
    registers,
    collect() {
      const snapshot = board.current();
      this.reset();
      // A gauge without labels starts at 0, which would be the freshest of all.
      if (snapshot === null) this.remove();
      else this.set(Math.max(0, clock.nowMs() - snapshot.asOfMs) / 1000);
    },
  });
}

function addExchangeGauges(registry: Registry, board: BoardView): void {
  const registers = [registry];
  const views = (): readonly ExchangeView[] => board.current()?.exchanges ?? [];
  new Gauge({
    name: "funding_exchange_rows",
    help: "Rows of an exchange in the current snapshot.",
    labelNames: ["exchange"],
    registers,
    collect() {
      this.reset();
      for (const { exchange, symbols } of views()) this.set({ exchange }, symbols);
    },
  });
  new Gauge({
    name: "funding_exchange_status",
    help: "1 for the status that an exchange has.",
    labelNames: ["exchange", "status"],
    registers,
    collect() {
      this.reset();
      for (const { exchange, status } of views()) this.set({ exchange, status }, 1);
    },
  });
  new Gauge({
    name: "funding_exchange_rejected_rows",
    help: "Rows of the last accepted batch that could not be used, by reason.",
    labelNames: ["exchange", "reason"],
    registers,
    collect() {
      this.reset();
      for (const { exchange, state } of views()) {
        for (const [reason, rows] of Object.entries(state.rejects))
          this.set({ exchange, reason }, rows);
      }
    },
  });
  new Gauge({
    name: "funding_exchange_failures_in_row",
    help: "Refreshes that failed since the last good one, by the kind of the newest failure.",
    labelNames: ["exchange", "kind"],
    registers,
    collect() {
      this.reset();
      for (const { exchange, state } of views()) {
        if (state.failureKind !== null)
          this.set({ exchange, kind: state.failureKind }, state.failuresInRow);
      }
    },
  });
  new Gauge({
    name: "funding_exchange_cycle_seconds",
    help: "How long the last refresh of an exchange took.",
    labelNames: ["exchange"],
    registers,
    collect() {
      this.reset();
      for (const { exchange, state } of views()) {
        if (state.lastCycleMs !== null) this.set({ exchange }, state.lastCycleMs / 1000);
      }
    },
  });
}

function addLogCounter(registry: Registry, dropped: () => number): void {
  new Counter({
    name: "log_lines_dropped_total",
    help: "Log lines dropped because standard error could not be written for too long.",
    registers: [registry],
    collect() {
      this.reset();
      this.inc(dropped());
    },
  });
}
