/** The API's latency while exchanges are refreshed, compared with its latency while none is. */
import { backgroundFigures, backgroundSteps } from "./background-steps.ts";
import { atMost, type Figure, plain } from "./figure.ts";
import { ALL_SHOWN, startServiceProcess } from "./service.ts";
import { startSimulatorProcess, USUAL_SCALE } from "./simulator.ts";
import { percentile, steadyLoad } from "./steady-load.ts";

const SETTLE_MS = 5_000;

/** Twice as often as usual: some refresh is in progress nearly all the time. */
const BUSY = { REFRESH_SECONDS: "30" };
/** After the first refresh hardly any occurs during the measurement. */
const IDLE = { REFRESH_SECONDS: "3600", STALE_AFTER_SECONDS: "7200" };

const REQUESTS_PER_SECOND = 400;
/** Long enough that the machine's own pauses have about the same weight in both runs. */
const SECONDS = 60;

/** Popular answers of a few kilobytes: cached within a snapshot, rebuilt after each. */
const TARGETS = [
  "/api/funding/symbol/BTC",
  "/api/funding/current?limit=50&sort=abs_annualized_pct",
  "/api/exchanges",
  "/api/health",
];

export async function refreshLatency(): Promise<Figure[]> {
  await using simulator = await startSimulatorProcess({ scale: USUAL_SCALE });
  // A frozen market is encoded once: otherwise the simulator's own work would share our cores.
  await fetch(`${simulator.origin}/control/freeze`, { method: "POST" });
  const measured = async (settings: Readonly<Record<string, string>>) => {
    await using service = await startServiceProcess(simulator.origin, settings, ALL_SHOWN);
    await Bun.sleep(SETTLE_MS);
    const load = { perSecond: REQUESTS_PER_SECOND, seconds: SECONDS };
    const before = await backgroundSteps(service.origin);
    const took = await steadyLoad(Number(new URL(service.origin).port), TARGETS, load);
    return { took, steps: backgroundFigures(before, await backgroundSteps(service.origin)) };
  };
  const idle = await measured(IDLE);
  const busy = await measured(BUSY);
  const p99 = (values: readonly number[]): number => percentile(values, 0.99);
  return [
    plain("requests per second", REQUESTS_PER_SECOND, "1/s"),
    plain("p99 without a refresh", p99(idle.took), "ms"),
    plain("p99 while exchanges are refreshed twice as often as usual", p99(busy.took), "ms"),
    atMost("ratio of the two", p99(busy.took) / p99(idle.took), "x", 2),
    plain("worst while exchanges are refreshed", Math.max(...busy.took), "ms"),
    ...busy.steps,
  ];
}
