import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ensureBuilt, SERVICE_SCRIPT } from "../support/built.ts";
import { freePort } from "../support/free-port.ts";
import { startLogReader } from "../support/log-reader.ts";
import { END_WITHIN_MS, LONG_MS, PATIENCE_MS } from "../support/patience.ts";
import { temporaryDatabasePath, until } from "../support/service.ts";

const ROOT = join(import.meta.dir, "../..");

/** Nothing listens there: every exchange is unreachable. */
const NO_EXCHANGES = "http://127.0.0.1:9";

/** Each request is a line of at least 150 bytes: together over twice what may wait. */
const REQUESTS = 16_000;
const AT_ONCE = 50;

/** Starts a command with its log redirected. */
const LOGGING_TO = ["bash", "-c", `exec 2>"$LOG_TO"; exec "$@"`, "bash"];

interface Line {
  readonly event: string;
  readonly requestId?: string;
  readonly lines?: number;
}

/** Sends `requests` requests, each of which is a line of the log at level debug. */
async function ask(origin: string, requests: number): Promise<void> {
  let left = requests;
  const asking = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const response = await fetch(`${origin}/livez`, { signal: AbortSignal.timeout(PATIENCE_MS) });
      expect(response.status).toBe(200);
      await response.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, asking));
}

async function droppedLines(origin: string): Promise<number> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  return Number(/^log_lines_dropped_total (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
}

beforeAll(ensureBuilt);

/** A service whose log goes to `path`: its address is found by polling, as the log is not read. */
async function startLoggingTo(path: string, settings: Readonly<Record<string, string>>) {
  const port = freePort();
  const child = Bun.spawn([...LOGGING_TO, process.execPath, SERVICE_SCRIPT], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"] ?? "", LOG_TO: path, PORT: `${port}`, ...settings },
    stdio: ["ignore", "ignore", "ignore"],
  });
  const origin = `http://127.0.0.1:${port}`;
  const answers = async (): Promise<boolean> =>
    (await fetch(`${origin}/livez`).catch(() => null))?.ok ?? false;
  await until(async () => child.exitCode !== null || (await answers()));
  return {
    origin,
    exited: child.exited,
    exitCode: () => child.exitCode,
    kill: (signal: "SIGTERM") => child.kill(signal),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await child.exited;
    },
  };
}

const SETTINGS = { EXCHANGE_ORIGIN: NO_EXCHANGES, EXCHANGES: "okx", LOG_LEVEL: "debug" };

describe("a log that is not read", () => {
  test(
    "delays no response; when read again it continues in order and reports how many lines are missing",
    async () => {
      using database = temporaryDatabasePath();
      await using reader = startLogReader(`${database.path}.log`);
      await using service = await startLoggingTo(reader.pipe, {
        ...SETTINGS,
        DATABASE_PATH: database.path,
      });
      await until(() => reader.text().includes('"event":"listening"'));
      reader.stop();
      await ask(service.origin, REQUESTS);
      const dropped = await droppedLines(service.origin);
      expect(dropped).toBeGreaterThan(0);
      reader.goOn();
      await until(() => reader.text().includes("log_lines_dropped"));
      service.kill("SIGTERM");
      expect(await service.exited).toBe(0);
      await until(() => reader.text().includes('"event":"stopped"'));
      const lines = reader.text().trimEnd().split("\n").map(parsed);
      const notes = lines.filter(({ event }) => event === "log_lines_dropped");
      const missing = notes.reduce((sum, { lines: count = 0 }) => sum + count, 0);
      const requests = lines.filter(({ event }) => event === "request");
      const times = requests.map(({ time }) => time);
      expect(times).toEqual(times.toSorted());
      expect(new Set(requests.map(({ requestId }) => requestId)).size).toBe(requests.length);
      expect(missing).toBeGreaterThanOrEqual(dropped);
      expect(requests.length + missing).toBeGreaterThanOrEqual(REQUESTS);
    },
    LONG_MS,
  );

  test(
    "does not delay the shutdown either",
    async () => {
      using database = temporaryDatabasePath();
      await using reader = startLogReader(`${database.path}.log`);
      await using service = await startLoggingTo(reader.pipe, {
        ...SETTINGS,
        DATABASE_PATH: database.path,
      });
      reader.stop();
      await ask(service.origin, REQUESTS);
      const startedMs = performance.now();
      service.kill("SIGTERM");
      expect(await service.exited).toBe(0);
      expect(performance.now() - startedMs).toBeLessThan(END_WITHIN_MS);
    },
    LONG_MS,
  );
});

// Exists on Linux; other systems have no disk that is always full.
if (existsSync("/dev/full"))
  test(
    "a log on a full disk ends nothing: lines are counted, responses continue, SIGTERM ends with 0",
    async () => {
      using database = temporaryDatabasePath();
      await using service = await startLoggingTo("/dev/full", {
        ...SETTINGS,
        DATABASE_PATH: database.path,
      });
      await ask(service.origin, REQUESTS);
      expect(await droppedLines(service.origin)).toBeGreaterThan(0);
      expect(service.exitCode()).toBeNull();
      service.kill("SIGTERM");
      expect(await service.exited).toBe(0);
    },
    LONG_MS,
  );

test.each(["exception", "rejection"])(
  "an unexpected %s is one line of the log with its stack, after everything before it",
  async (kind) => {
    const child = Bun.spawn(
      [process.execPath, join(ROOT, "test/support/crashing-child.ts"), kind],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    const lines = (await new Response(child.stderr).text()).trimEnd().split("\n").map(parsed);
    expect(await child.exited).toBe(1);
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toMatchObject({
      level: "error",
      event: "crashed",
      reason: "Error: an accident",
      stack: expect.stringContaining("crashing-child.ts"),
    });
  },
);

function parsed(line: string): Line & { readonly time: string } {
  return JSON.parse(line) as Line & { readonly time: string };
}
