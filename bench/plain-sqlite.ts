/**
 * The service compared with a naive handler on the same database that queries SQLite and serialises for every request.
 */
import { atLeast, type Figure, median, plain } from "./figure.ts";
import { requestsPerSecond } from "./http-load.ts";
import { startPortProcess } from "./port-process.ts";
import { ALL_SHOWN, startServiceProcess } from "./service.ts";
import { startSimulatorProcess, USUAL_SCALE } from "./simulator.ts";

const CONNECTIONS = 16;
/** One address may read three large answers at once. */
const LARGE_CONNECTIONS = 2;
const ROUNDS = 5;
const ROUND_MS = 1_000;

/** Refreshes every minute would affect some rounds and not others. */
const NO_REFRESH = { REFRESH_SECONDS: "3600", STALE_AFTER_SECONDS: "7200" };
const SETTLE_MS = 15_000;

const CASES = [
  { what: "30 rows", target: "/api/funding/current?limit=30", connections: CONNECTIONS },
  { what: "one asset", target: "/api/funding/symbol/BTC", connections: CONNECTIONS },
  {
    what: "all rows, uncompressed",
    target: "/api/funding/current",
    connections: LARGE_CONNECTIONS,
  },
];

export async function plainSqlite(): Promise<Figure[]> {
  await using simulator = await startSimulatorProcess({ scale: USUAL_SCALE });
  await using service = await startServiceProcess(simulator.origin, NO_REFRESH, ALL_SHOWN);
  await Bun.sleep(SETTLE_MS);
  await using plainHandler = await startPortProcess("plain-handler.ts", [service.databasePath]);
  const plainPort = plainHandler.port;
  const figures: Figure[] = [];
  for (const { what, target, connections } of CASES) {
    const request = `GET ${target} HTTP/1.1\r\nHost: bench\r\n\r\n`;
    const run = (port: number) => requestsPerSecond(port, request, { connections, ms: ROUND_MS });
    const port = Number(new URL(service.origin).port);
    await run(port);
    await run(plainPort);
    const pairs: { ours: number; theirs: number }[] = [];
    for (let round = 0; round < ROUNDS; round += 1)
      pairs.push({ theirs: await run(plainPort), ours: await run(port) });
    figures.push(
      plain(`${what}: plain handler`, median(pairs.map(({ theirs }) => theirs)), "requests/s"),
      plain(`${what}: the service`, median(pairs.map(({ ours }) => ours)), "requests/s"),
      // There is no aim for it; slower than querying the database each time would be absurd.
      atLeast(`${what}: ratio`, median(pairs.map(({ ours, theirs }) => ours / theirs)), "x", 1),
    );
  }
  return figures;
}
