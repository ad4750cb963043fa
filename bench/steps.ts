/**
 * The longest step of background work on the thread that responds: the worst delay of a request while the service
 * builds snapshots, events and cached answers. Measured from outside, separately from what the machine does otherwise.
 */
import { readFileSync } from "node:fs";
import { backgroundFigures, backgroundSteps } from "./background-steps.ts";
import { atMost, type Figure, plain } from "./figure.ts";
import { ALL_SHOWN, startServiceProcess } from "./service.ts";
import { startSimulatorProcess, USUAL_SCALE } from "./simulator.ts";
import { percentile } from "./steady-load.ts";

/** The first sweeps and the first review of all assets are over. */
const SETTLE_MS = 30_000;
/** Whole refresh periods. */
const WATCHED_MS = { full: 60_000, quick: 20_000 } as const;
/**
 * Short compared with the aim; long enough that the thread sleeps in between, which is when the kernel counts its time.
 */
const PROBE_EVERY_MS = 1;

/** Within the minute for which a cached answer is rebuilt after each snapshot. */
const READ_EVERY_MS = 10_000;
const READ = [
  { path: "/api/funding/current", encoding: "gzip" },
  { path: "/api/funding/current", encoding: "zstd" },
  { path: "/api/funding/arb", encoding: "gzip" },
  { path: "/api/funding/heatmap", encoding: "gzip" },
  { path: "/api/funding/sentiment", encoding: "gzip" },
] as const;

const AIM_MS = 5;

export async function steps({ isQuick }: { readonly isQuick: boolean }): Promise<Figure[]> {
  await using simulator = await startSimulatorProcess({ scale: USUAL_SCALE });
  await using service = await startServiceProcess(simulator.origin, {}, ALL_SHOWN);
  await Bun.sleep(SETTLE_MS);
  const forMs = WATCHED_MS[isQuick ? "quick" : "full"];
  const before = await backgroundSteps(service.origin);
  const idle = await stepsOf(service, forMs);
  const whileRead = await stepsOf(service, forMs, true);
  return [
    plain("probes", idle.length + whileRead.length, ""),
    plain("idle: p99 of the steps", percentile(idle, 0.99), "ms"),
    atMost("idle: longest step", percentile(idle, 1), "ms", AIM_MS),
    plain("large answers cached: p99 of the steps", percentile(whileRead, 0.99), "ms"),
    atMost("large answers cached: longest step", percentile(whileRead, 1), "ms", AIM_MS),
    // As measured by the service itself in the same time.
    ...backgroundFigures(before, await backgroundSteps(service.origin)),
  ];
}

/**
 * A step for each probe, ms: the thread's work from one probe to the next, but no longer than the probe waited. Waiting
 * for a core is not work of the thread; its work after the response delays nothing.
 */
export async function stepsOf(
  { origin, pid }: { readonly origin: string; readonly pid: number },
  forMs: number,
  isRead = false,
): Promise<number[]> {
  const found: number[] = [];
  const startedMs = performance.now();
  let readMs = Number.NEGATIVE_INFINITY;
  for (let now = startedMs; now < startedMs + forMs; now = performance.now()) {
    // Between two probes: requests are not background work.
    if (isRead && now - readMs >= READ_EVERY_MS) {
      for (const { path, encoding } of READ) await read(origin + path, encoding);
      await Bun.sleep(PROBE_EVERY_MS);
      readMs = now;
    }
    const workedBefore = mainThreadMs(pid);
    const sentMs = performance.now();
    await read(`${origin}/livez`, "identity");
    const waitedMs = performance.now() - sentMs;
    await Bun.sleep(PROBE_EVERY_MS);
    found.push(Math.min(waitedMs, mainThreadMs(pid) - workedBefore));
  }
  return found;
}

async function read(url: string, encoding: string): Promise<void> {
  const headers = { "Accept-Encoding": encoding };
  const response = await fetch(url, { headers, decompress: false });
  await response.bytes();
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
}

/** The CPU time of a process's first thread since its start, ms, to the nanosecond. */
function mainThreadMs(pid: number): number {
  const [worked] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ");
  return Number(worked) / 1e6;
}
