/** One refresh of every exchange: payloads on loopback to rows committed. CPU of this process alone. */
import { ExchangeRequests } from "../src/collector/exchange-http.ts";
import { httpShared } from "../src/collector/collector.ts";
import { FreezeWatch } from "../src/collector/freeze-watch.ts";
import { ExchangeRunner } from "../src/collector/run-exchange.ts";
import { ExchangeSource } from "../src/collector/source.ts";
import { EXCHANGES } from "../src/exchanges/registry.ts";
import { systemClock } from "../src/lib/clock.ts";
import { startCollecting, testDatabase } from "../test/support/database.ts";
import { atMost, type Figure, median, plain } from "./figure.ts";
import { startSimulatorProcess } from "./simulator.ts";

const REFRESHES = 12;
const WARM_UP = 2;

/** Refreshes follow each other without the minute between them that the exchanges' limits are made for. */
const NO_PACING = { requests: 1_000, perMs: 1 } as const;

/** The aim is 0.6 s for 12,000 instruments; fewer get their share of it. */
const AIM_MS_PER_ROW = 600 / 12_000;

export async function refresh(): Promise<Figure[]> {
  await using simulator = await startSimulatorProcess();
  using database = testDatabase();
  const exchanges = Object.values(EXCHANGES);
  const ids = exchanges.map((exchange) => exchange.facts.id);
  const epoch = startCollecting(database, ids, Date.now());
  const lifetime = new AbortController();
  const shared = httpShared({ clock: systemClock, random: Math.random }, simulator.origin);
  const store = {
    writer: database.writer,
    states: database.states,
  };
  const runners = exchanges.map((exchange) => {
    const requests = new ExchangeRequests({ ...exchange.facts, pacing: NO_PACING }, shared);
    const source = new ExchangeSource({
      requests,
      clock: systemClock,
      rotationMode: "off",
      periodMs: 60_000,
      sweepMs: 0,
      deadline: true,
      lifetime: lifetime.signal,
    });
    const deps = { clock: systemClock, store, epoch, periodMs: 60_000, lifetime: lifetime.signal };
    return new ExchangeRunner(
      exchange,
      { source, freezeWatch: new FreezeWatch(), failuresInRow: 0 },
      deps,
    );
  });
  const cpuMs: number[] = [];
  const wallMs: number[] = [];
  let rows = 0;
  for (let round = 0; round < REFRESHES; round += 1) {
    const startedCpu = process.cpuUsage();
    const startedMs = performance.now();
    const cycles = await Promise.all(runners.map((runner) => runner.cycle()));
    wallMs.push(performance.now() - startedMs);
    const { user, system } = process.cpuUsage(startedCpu);
    cpuMs.push((user + system) / 1000);
    rows = 0;
    for (const cycle of cycles) {
      if (cycle?.outcome.kind !== "accepted")
        throw new Error(`a refresh failed: ${JSON.stringify(cycle?.outcome)}`);
      rows += cycle.outcome.rows;
    }
  }
  lifetime.abort();
  return [
    plain("rows of one refresh of all exchanges", rows, "rows"),
    atMost(
      "CPU of one refresh, requests to rows committed",
      median(cpuMs.slice(WARM_UP)),
      "ms",
      rows * AIM_MS_PER_ROW,
    ),
    plain(
      "wall time of one refresh, the simulator's share included",
      median(wallMs.slice(WARM_UP)),
      "ms",
    ),
  ];
}
