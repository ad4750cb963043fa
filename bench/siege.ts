/**
 * The service at 14,000 rows in 512 MB under attack: readers that do not read, then endless distinct queries. Meanwhile
 * probes and cached answers are requested, as other clients would.
 */
import { join } from "node:path";
import { atMost, type Figure, plain } from "./figure.ts";
import { memoryGroup, peakMb } from "./memory-group.ts";
import { startServiceProcess } from "./service.ts";
import { startSimulatorProcess } from "./simulator.ts";

const LIMIT_MB = 512;
const MIN_ROWS = 13_500;

const READERS = 400;
const READERS_STAY_MS = 30_000;

const QUERIES = 50_000;
const QUERIES_TAKE_MS = 300_000;
const PROBE_EVERY_MS = 50;
const CACHED = "/api/funding/current?limit=30";

export async function siege(share = 1): Promise<Figure[]> {
  using group = memoryGroup(LIMIT_MB);
  await using simulator = await startSimulatorProcess({ scale: 1 });
  const ready = { rows: MIN_ROWS, withinMs: 180_000 };
  await using service = await startServiceProcess(
    simulator.origin,
    { TRUSTED_PROXIES: "127.0.0.1" },
    ready,
    group?.start,
  );
  const figures = [
    plain("memory limit enforced by the kernel", group === null ? 0 : LIMIT_MB, "MB"),
    plain("peak before", peakMb(service.pid), "MB"),
  ];
  for (const [name, kind, count, ms] of [
    ["stalled readers", "readers", READERS, READERS_STAY_MS],
    ["distinct queries", "queries", QUERIES * share, QUERIES_TAKE_MS * share],
  ] as const) {
    const probes = probe(service.origin);
    const statuses = await attacked(service.origin, kind, count, ms);
    const seen = await probes.end();
    figures.push(
      ...Object.entries(statuses).map(([status, times]) =>
        plain(`${name}: answered ${status}`, times, ""),
      ),
      plain(`${name}: /livez, p99`, seen.live.p99, "ms"),
      plain(`${name}: a cached answer, p50`, seen.cached.p50, "ms"),
      plain(`${name}: a cached answer, p99`, seen.cached.p99, "ms"),
      plain(`${name}: a cached answer, worst`, seen.cached.worst, "ms"),
      atMost(`${name}: probes and cached answers without a response`, seen.failed, "", 0),
      atMost(`${name}: peak`, peakMb(service.pid), "MB", LIMIT_MB),
    );
  }
  return figures;
}

/** Runs the attack in a separate process; returns the number of responses by status. */
async function attacked(origin: string, kind: string, count: number, ms: number) {
  const script = join(import.meta.dir, "siege-attack.ts");
  const child = Bun.spawn([process.execPath, script, origin, kind, `${count}`, `${ms}`], {
    stderr: "inherit",
  });
  return (await new Response(child.stdout).json()) as Readonly<Record<string, number>>;
}

/** Sends requests like other clients, until stopped. */
function probe(origin: string) {
  const live: number[] = [];
  const cached: number[] = [];
  let failed = 0;
  const over = new AbortController();
  const ask = async (path: string, times: number[]): Promise<void> => {
    const startedMs = performance.now();
    try {
      const response = await fetch(origin + path);
      await response.arrayBuffer();
      if (response.status !== 200) failed += 1;
    } catch {
      failed += 1;
    }
    times.push(performance.now() - startedMs);
  };
  const running = (async () => {
    while (!over.signal.aborted) {
      await Promise.all([ask("/livez", live), ask(CACHED, cached)]);
      await Bun.sleep(PROBE_EVERY_MS);
    }
  })();
  return {
    async end() {
      over.abort();
      await running;
      return { live: spread(live), cached: spread(cached), failed };
    },
  };
}

function spread(times: number[]) {
  const ordered = times.toSorted((left, right) => left - right);
  const at = (share: number): number => ordered[Math.floor((ordered.length - 1) * share)] ?? 0;
  return { p50: at(0.5), p99: at(0.99), worst: at(1) };
}
