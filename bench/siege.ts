/**
 * The service at 14,000 rows in 512 MB while somebody tries to end it: readers who do not read, then distinct queries
 * without end. All the while probes and kept answers are asked for, as others would.
 */
import { connect, type Socket } from "node:net";
import { atMost, type Figure, plain } from "./figure.ts";
import { memoryGroup, peakMb } from "./memory-group.ts";
import { startServiceProcess } from "./service.ts";
import { startSimulatorProcess } from "./simulator.ts";

const LIMIT_MB = 512;
const LEAST_ROWS = 13_500;

const READERS = 400;
const READERS_STAY_MS = 30_000;

const QUERIES = 50_000;
const QUERIES_TAKE_MS = 300_000;
/** More than are made and wait together: what is asked does not depend on how fast it is answered. */
const CONNECTIONS = 200;

/** The attacker as a trusted proxy would name it: those who probe are somebody else. */
const ATTACKER = "198.51.100.7";

const PROBE_EVERY_MS = 50;
const KEPT = "/api/funding/current?limit=30";

export async function siege(share = 1): Promise<Figure[]> {
  using group = memoryGroup(LIMIT_MB);
  await using simulator = await startSimulatorProcess({ scale: 1 });
  const ready = { rows: LEAST_ROWS, withinMs: 180_000 };
  await using service = await startServiceProcess(
    simulator.origin,
    { TRUSTED_PROXIES: "127.0.0.1" },
    ready,
  );
  group?.add(service.pid);
  const figures = [
    plain("bound that the kernel enforces", group === null ? 0 : LIMIT_MB, "MB"),
    plain("peak before", peakMb(service.pid), "MB"),
  ];
  const port = Number(new URL(service.origin).port);
  for (const [name, attack] of [
    ["readers who do not read", () => unread(port, READERS)],
    ["distinct queries", () => distinct(service.origin, QUERIES * share, QUERIES_TAKE_MS * share)],
  ] as const) {
    const probes = probe(service.origin);
    const statuses = await attack();
    const seen = await probes.end();
    figures.push(
      ...[...statuses].map(([status, times]) => plain(`${name}: answered ${status}`, times, "")),
      plain(`${name}: /livez, p99`, seen.live.p99, "ms"),
      plain(`${name}: a kept answer, p50`, seen.kept.p50, "ms"),
      plain(`${name}: a kept answer, p99`, seen.kept.p99, "ms"),
      plain(`${name}: a kept answer, worst`, seen.kept.worst, "ms"),
      atMost(`${name}: probes and kept answers that were not answered`, seen.failed, "", 0),
      atMost(`${name}: peak`, peakMb(service.pid), "MB", LIMIT_MB),
    );
  }
  return figures;
}

/** Connections that each ask for a full list of their own and take nothing; the statuses that they were sent. */
async function unread(port: number, readers: number): Promise<Map<string, number>> {
  const statuses = new Map<string, number>();
  const sockets: Socket[] = [];
  for (let n = 0; n < readers; n += 1) {
    const socket = connect({ host: "127.0.0.1", port });
    socket.on("error", () => {});
    socket.write(
      `GET /api/funding/current?min_volume=0.${n + 1} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: ${ATTACKER}\r\n\r\n`,
    );
    socket.once("data", (head: Buffer) => {
      count(statuses, head.toString("latin1", 9, 12));
      socket.pause();
    });
    sockets.push(socket);
  }
  await Bun.sleep(READERS_STAY_MS);
  count(statuses, "nothing", readers - [...statuses.values()].reduce((sum, one) => sum + one, 0));
  for (const socket of sockets) socket.destroy();
  return statuses;
}

/** Queries of which no two are the same, spread over `ms`. */
async function distinct(origin: string, queries: number, ms: number): Promise<Map<string, number>> {
  const statuses = new Map<string, number>();
  const startedMs = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (next < queries) {
        const n = next;
        next += 1;
        const aheadMs = startedMs + (n / queries) * ms - performance.now();
        if (aheadMs > 0) await Bun.sleep(aheadMs);
        const response = await fetch(`${origin}${queryOf(n)}`, {
          headers: { "X-Forwarded-For": ATTACKER },
        });
        await response.arrayBuffer();
        count(statuses, String(response.status));
      }
    }),
  );
  return statuses;
}

/** The dear ones of each kind, with a figure that nobody asked for before. */
function queryOf(n: number): string {
  switch (n % 5) {
    case 0:
      return `/api/funding/arb?pairs=all&notional=${10_000 + n}`;
    case 1:
      return `/api/funding/current?format=csv&min_volume=${n}`;
    case 2:
      return `/api/funding/sentiment?min_volume=${n}`;
    case 3:
      return `/api/funding/divergence?min_age=0&min_volume=${n}`;
    default:
      return `/api/funding/current?min_open_interest=${n}`;
  }
}

/** Asks as others do, until it is told to end. */
function probe(origin: string) {
  const live: number[] = [];
  const kept: number[] = [];
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
      await Promise.all([ask("/livez", live), ask(KEPT, kept)]);
      await Bun.sleep(PROBE_EVERY_MS);
    }
  })();
  return {
    async end() {
      over.abort();
      await running;
      return { live: spread(live), kept: spread(kept), failed };
    },
  };
}

function spread(times: number[]) {
  const ordered = times.toSorted((left, right) => left - right);
  const at = (share: number): number => ordered[Math.floor((ordered.length - 1) * share)] ?? 0;
  return { p50: at(0.5), p99: at(0.99), worst: at(1) };
}

function count(statuses: Map<string, number>, status: string, by = 1): void {
  if (by > 0) statuses.set(status, (statuses.get(status) ?? 0) + by);
}
