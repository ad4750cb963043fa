/** One refresh of every exchange, from payloads on loopback to committed rows. CPU of this process only. */
import { httpShared } from "../src/collector/collector.ts";
import { ExchangeRequests } from "../src/collector/exchange-http.ts";
import { Explainer, REPLACED_KEPT_MS } from "../src/collector/explainer.ts";
import { PayloadBudget } from "../src/collector/recorded-refresh.ts";
import { StaleFeedDetector } from "../src/collector/stale-feed-detector.ts";
import { type Cycle, ExchangeRunner } from "../src/collector/exchange-runner.ts";
import { ExchangeSource } from "../src/collector/source.ts";
import { LastQuotes } from "../src/db/market/last-quotes.ts";
import { DISABLED_BY_DEFAULT } from "../src/domain/exchange.ts";
import type { Exchange } from "../src/exchanges/exchange.ts";
import { EXCHANGES } from "../src/exchanges/registry.ts";
import { systemClock } from "../src/lib/clock.ts";
import { startCollecting, testDatabase } from "../test/support/database.ts";
import { atMost, type Figure, median, plain } from "./figure.ts";
import { startSimulatorProcess, USUAL_SCALE } from "./simulator.ts";

const REFRESHES = 12;
const WARM_UP = 2;
const PERIOD_MS = 60_000;
const BYTES_PER_MB = 1_000_000;

/** Refreshes follow each other without the minute in between that the exchanges' limits are meant for. */
const NO_PACING = { requests: 1_000, perMs: 1 } as const;

const AIM_MS_PER_ROW = 600 / 12_000;
const AIM_WALL_MS = 5_000;

const ENABLED = Object.values(EXCHANGES).filter(
  ({ facts }) => !DISABLED_BY_DEFAULT.includes(facts.id),
);

/** Those with one request per instrument are spread over their period by design. */
const BULK = ENABLED.filter(({ facts }) => facts.requestsPerInstrument === undefined);

export async function refresh(): Promise<Figure[]> {
  await using simulator = await startSimulatorProcess({ scale: USUAL_SCALE });
  const { cpuMs, rows, storedBytes } = await cpuOfRefreshes(simulator.origin);
  const wallMs = await wallAtTheirPace(simulator.origin);
  return [
    plain("rows of one refresh of all exchanges", rows, "rows"),
    atMost(
      "CPU of one refresh, requests to rows committed",
      median(cpuMs.slice(WARM_UP)),
      "ms",
      rows * AIM_MS_PER_ROW,
    ),
    plain("payloads stored for explanations, compressed", storedBytes / BYTES_PER_MB, "MB"),
    atMost(
      "wall time of one refresh at the exchanges' pace, except those with a request per instrument",
      wallMs,
      "ms",
      AIM_WALL_MS,
    ),
  ];
}

/** Consecutive refreshes of all exchanges, as fast as the simulator responds. */
async function cpuOfRefreshes(origin: string) {
  using lab = refreshLab(ENABLED, origin, false);
  const cpuMs: number[] = [];
  let rows = 0;
  for (let round = 0; round < REFRESHES; round += 1) {
    const started = process.cpuUsage();
    rows = rowsOf(await lab.refresh());
    const { user, system } = process.cpuUsage(started);
    cpuMs.push((user + system) / 1000);
  }
  return { cpuMs, rows, storedBytes: await lab.storedBytes() };
}

/** The second refresh, a period after the first, within the limits of each exchange. */
async function wallAtTheirPace(origin: string): Promise<number> {
  using lab = refreshLab(BULK, origin, true);
  rowsOf(await lab.refresh());
  await Bun.sleep(PERIOD_MS);
  const startedMs = performance.now();
  rowsOf(await lab.refresh());
  return performance.now() - startedMs;
}

function refreshLab(exchanges: readonly Exchange[], origin: string, paced: boolean) {
  const database = testDatabase();
  const ids = exchanges.map((exchange) => exchange.facts.id);
  const epoch = startCollecting(database, ids, Date.now());
  const lifetime = new AbortController();
  const shared = httpShared({ clock: systemClock, random: Math.random }, origin);
  const budget = new PayloadBudget();
  const explainer = new Explainer({ clock: systemClock, lifetime: lifetime.signal, budget });
  const { writer, states, db } = database;
  const store = { writer, states, lastQuotes: new LastQuotes(db) };
  const runners = exchanges.map((exchange) => {
    const facts = paced ? exchange.facts : { ...exchange.facts, pacing: NO_PACING };
    const source = new ExchangeSource({
      requests: new ExchangeRequests(facts, shared),
      clock: systemClock,
      rotationMode: "off",
      periodMs: PERIOD_MS,
      sweepMs: 0,
      deadline: true,
      lifetime: lifetime.signal,
    });
    const parts = { source, staleFeeds: new StaleFeedDetector(), failuresInRow: 0, pause: null };
    return new ExchangeRunner(exchange, parts, {
      clock: systemClock,
      store,
      epoch,
      periodMs: PERIOD_MS,
      lifetime: lifetime.signal,
      explainer,
    });
  });
  return {
    refresh: () => Promise.all(runners.map((runner) => runner.cycle())),
    /** Of one batch per exchange: after replaced batches were dropped. */
    async storedBytes() {
      await Bun.sleep(REPLACED_KEPT_MS);
      return budget.keptBytes;
    },
    [Symbol.dispose]() {
      lifetime.abort();
      database[Symbol.dispose]();
    },
  };
}

function rowsOf(cycles: readonly (Cycle | null)[]): number {
  return cycles.reduce((rows, cycle) => {
    if (cycle?.outcome.kind === "accepted") return rows + cycle.outcome.rows;
    throw new Error(`a refresh failed: ${JSON.stringify(cycle?.outcome)}`);
  }, 0);
}
