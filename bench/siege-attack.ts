/**
 * Attacks a service: `bun bench/siege-attack.ts ORIGIN readers COUNT MS` or `… queries COUNT MS`, and prints the number
 * of responses by status, as JSON. A separate process, so that its work does not distort the probes' times.
 */
import { connect, type Socket } from "node:net";

/** The attacker's address as given by a trusted proxy: the probes have another one. */
const ATTACKER = "198.51.100.7";

/** More than can be built and queued: the load does not depend on how fast responses come. */
const CONNECTIONS = 200;

/** Counted for a connection that was cut off. */
const NOTHING = "nothing";

const [origin = "", kind, count = "", ms = ""] = Bun.argv.slice(2);
const attack = kind === "readers" ? unread : distinct;
console.log(JSON.stringify(Object.fromEntries(await attack(Number(count), Number(ms)))));

/** Connections that each request a different full list, read nothing and stay for `stayMs`. */
async function unread(readers: number, stayMs: number): Promise<Map<string, number>> {
  const statuses = new Map<string, number>();
  const sockets: Socket[] = [];
  const { hostname, port } = new URL(origin);
  for (let n = 0; n < readers; n += 1) {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on("error", () => {});
    socket.write(
      `GET /api/funding/current?min_volume=0.${n + 1} HTTP/1.1\r\nHost: ${hostname}\r\nX-Forwarded-For: ${ATTACKER}\r\n\r\n`,
    );
    socket.once("data", (head: Buffer) => {
      add(statuses, head.toString("latin1", 9, 12));
      socket.pause();
    });
    sockets.push(socket);
  }
  await Bun.sleep(stayMs);
  add(statuses, NOTHING, readers - [...statuses.values()].reduce((sum, one) => sum + one, 0));
  for (const socket of sockets) socket.destroy();
  return statuses;
}

/** Distinct queries, spread over `withinMs`. */
async function distinct(queries: number, withinMs: number): Promise<Map<string, number>> {
  const statuses = new Map<string, number>();
  const startedMs = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (next < queries) {
        const n = next;
        next += 1;
        const aheadMs = startedMs + (n / queries) * withinMs - performance.now();
        if (aheadMs > 0) await Bun.sleep(aheadMs);
        add(statuses, await statusOf(queryOf(n)));
      }
    }),
  );
  return statuses;
}

async function statusOf(path: string): Promise<string> {
  try {
    // An attacker does not read the responses: only the service should have work.
    const response = await fetch(origin + path, {
      headers: { "X-Forwarded-For": ATTACKER },
      decompress: false,
    });
    await response.arrayBuffer();
    return String(response.status);
  } catch {
    return NOTHING;
  }
}

/** The expensive ones of each kind, each with a value not used before. */
function queryOf(n: number): string {
  switch (n % 5) {
    case 0:
      return `/api/funding/arb?pairs=all&notional=${10_000 + n}`;
    case 1:
      return `/api/funding/current?format=csv&min_volume=${figure(n)}`;
    case 2:
      return `/api/funding/sentiment?min_volume=${figure(n)}`;
    case 3:
      return `/api/funding/divergence?min_lasted=0&min_volume=${figure(n)}`;
    default:
      return `/api/funding/current?min_open_interest=${figure(n)}`;
  }
}

/** Thresholds are rounded to three digits: 900 of each power of ten remain distinct. */
function figure(n: number): string {
  return `${100 + (Math.floor(n / 5) % 900)}e${Math.floor(n / 4_500) - 6}`;
}

function add(statuses: Map<string, number>, status: string, by = 1): void {
  if (by > 0) statuses.set(status, (statuses.get(status) ?? 0) + by);
}
