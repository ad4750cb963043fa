/** The API's latency while exchanges are refreshed, beside its latency while none is. */
import { atMost, type Figure, plain } from "./figure.ts";
import { startServiceProcess } from "./service.ts";
import { startSimulatorProcess } from "./simulator.ts";

const SCALE = 0.8;
/** All of them: the first refresh must be over in both runs. */
const LEAST_ROWS = 12_000;
const SETTLE_MS = 5_000;

/** Twice as often as usual: some refresh is under way nearly all the time. */
const BUSY = { REFRESH_SECONDS: "30" };
/** After the first refresh hardly any comes while this is measured. */
const IDLE = { REFRESH_SECONDS: "3600", STALE_AFTER_SECONDS: "7200" };

const REQUESTS_PER_SECOND = 200;
const SECONDS = 20;

/** Answers of a few kilobytes that many ask for: kept between snapshots, made anew after each. */
const PATHS = [
  "/api/funding/symbol/BTC",
  "/api/funding/current?limit=50&sort=abs_annualized_pct",
  "/api/exchanges",
  "/api/health",
];

export async function refreshLatency(): Promise<Figure[]> {
  await using simulator = await startSimulatorProcess({ scale: SCALE });
  // A market that stands still is encoded once: the simulator's own work would share our cores.
  await fetch(`${simulator.origin}/control/freeze`, { method: "POST" });
  const measured = async (settings: Readonly<Record<string, string>>): Promise<number[]> => {
    const ready = { rows: LEAST_ROWS, withinMs: 60_000 };
    await using service = await startServiceProcess(simulator.origin, settings, ready);
    await Bun.sleep(SETTLE_MS);
    // Awaited here: the service ends with this scope.
    return await latencies(service.origin);
  };
  const idle = await measured(IDLE);
  const busy = await measured(BUSY);
  const p99 = (values: readonly number[]): number => percentile(values, 0.99);
  return [
    plain("requests a second", REQUESTS_PER_SECOND, "1/s"),
    plain("p99 without a refresh", p99(idle), "ms"),
    plain("p99 while exchanges are refreshed twice as often as usual", p99(busy), "ms"),
    atMost("ratio of the two", p99(busy) / p99(idle), "x", 2),
    plain("worst while exchanges are refreshed", Math.max(...busy), "ms"),
  ];
}

/** Asks at a steady rate whatever the answers take, so that a pause of the service shows in all that it delays. */
async function latencies(origin: string): Promise<number[]> {
  const count = REQUESTS_PER_SECOND * SECONDS;
  const startMs = performance.now();
  const answers: Promise<number>[] = [];
  for (let index = 0; index < count; index += 1) {
    const dueMs = startMs + (index * 1000) / REQUESTS_PER_SECOND;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await Bun.sleep(waitMs);
    answers.push(latency(`${origin}${PATHS[index % PATHS.length]}`, dueMs));
  }
  return Promise.all(answers);
}

async function latency(url: string, dueMs: number): Promise<number> {
  const response = await fetch(url);
  await response.arrayBuffer();
  return performance.now() - dueMs;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}
