/**
 * Cached answers of the application with all its work per request, compared with a server that only sends the bytes.
 */
import { join } from "node:path";
import { atLeast, type Figure, median, plain, table } from "./figure.ts";
import { requestsPerSecond } from "./http-load.ts";
import type { PlainAnswer } from "./http-servers.ts";

const CONNECTIONS = 16;
const ROUNDS = 5;
const ROUND_MS = 700;
const WARM_UP_MS = 400;

interface Case {
  readonly what: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sends the answer's entity tag, so that the response is a 304. */
  readonly conditional?: true;
  readonly minRatio: number;
}

const CASES: readonly Case[] = [
  { what: "20 KB", target: "/api/funding/current?limit=30", headers: {}, minRatio: 0.6 },
  { what: "200 B", target: "/api/funding/current?base=NOPE", headers: {}, minRatio: 0.45 },
  {
    what: "304",
    target: "/api/funding/current?limit=30",
    headers: {},
    conditional: true,
    minRatio: 0.5,
  },
  {
    what: "12,000 rows in zstd",
    target: "/api/funding/current",
    headers: { "Accept-Encoding": "zstd" },
    minRatio: 0.9,
  },
];

interface Ports {
  readonly app: number;
  readonly plain: number;
}

export async function httpCached(): Promise<Figure[]> {
  const started = Promise.withResolvers<Ports>();
  let ready = (): void => {};
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "http-servers.ts")], {
    stdout: "inherit",
    stderr: "inherit",
    serialization: "advanced",
    ipc: (message: Ports | "ready") => {
      if (message === "ready") ready();
      else started.resolve(message);
    },
    onExit: (_, code) => started.reject(new Error(`the servers ended with ${code}`)),
  });
  try {
    const ports = await started.promise;
    const give = (answer: PlainAnswer): Promise<void> => {
      const given = Promise.withResolvers<void>();
      ready = given.resolve;
      child.send(answer);
      return given.promise;
    };
    const figures: Figure[] = [];
    for (const one of CASES) figures.push(...(await measure(one, ports, give)));
    return figures;
  } finally {
    child.kill();
    await child.exited;
  }
}

async function measure(
  one: Case,
  ports: Ports,
  give: (answer: PlainAnswer) => Promise<void>,
): Promise<Figure[]> {
  const lines = { Host: "bench", ...one.headers, ...(await condition(one, ports.app)) };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  const request = `GET ${one.target} HTTP/1.1\r\n${head.join("")}\r\n`;
  const answer = await fetch(`http://127.0.0.1:${ports.app}${one.target}`, {
    headers: lines,
    decompress: false,
  });
  const bytes = await answer.arrayBuffer();
  await give({ status: answer.status, bytes });
  const run = (port: number, ms: number) =>
    requestsPerSecond(port, request, { connections: CONNECTIONS, ms });
  await run(ports.plain, WARM_UP_MS);
  await run(ports.app, WARM_UP_MS);
  const pairs: { app: number; plain: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    pairs.push({ plain: await run(ports.plain, ROUND_MS), app: await run(ports.app, ROUND_MS) });
  }
  const ratio = median(pairs.map((pair) => pair.app / pair.plain));
  return [
    plain(`${one.what}: size`, bytes.byteLength, "bytes"),
    plain(`${one.what}: bare Bun.serve`, median(pairs.map((pair) => pair.plain)), "requests/s"),
    plain(`${one.what}: application`, median(pairs.map((pair) => pair.app)), "requests/s"),
    atLeast(`${one.what}: ratio`, ratio, "x", one.minRatio),
  ];
}

async function condition(one: Case, port: number): Promise<Record<string, string>> {
  // `identity` is explicit because fetch would otherwise request its own compressions.
  const encoding = { "Accept-Encoding": one.headers["Accept-Encoding"] ?? "identity" };
  if (one.conditional === undefined) return encoding;
  const answer = await fetch(`http://127.0.0.1:${port}${one.target}`, { headers: encoding });
  return { ...encoding, "If-None-Match": answer.headers.get("etag") ?? "" };
}

if (import.meta.main) console.log(table(await httpCached()));
