import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync } from "node:fs";
import { startSimulator } from "../../src/simulator/server.ts";
import { busyLoops } from "../support/busy-loops.ts";
import { startDemo } from "../support/demo-process.ts";
import { askSlowly } from "../support/slow-reader.ts";
import { allShown, LARGE } from "../support/service-api.ts";
import {
  type ServiceProcess,
  startService,
  temporaryDatabasePath,
  until,
} from "../support/service.ts";
import { LONG_MS } from "../support/patience.ts";

/** The time that the unit file allows between SIGTERM and SIGKILL. */
const TIMEOUT_STOP_MS = 25_000;

/** Concurrent requests, each for a different answer that must be compressed. */
const AT_ONCE = 24;

/** More than any other process on the machine leaves for us. */
const BUSY_LOOPS = 4;

/** Longer than a shutdown took that did not wait. */
const READS_AFTER_MS = 3_000;

/** The list with this many times the usual rows, 11 MB, exceeds what the kernel accepts of it even at a stop: 8 MB. */
const LONG_LIST = "/api/funding/current";
const SCALE = 3;
const LONG_BYTES = 8_000_000;

/** Read at this pace it takes twelve seconds: longer than the demo once waited, shorter than the service does. */
const SIPS = 4;
const SIP_BYTES = 1_000_000;

const EXCHANGES = LARGE.join(",");

/** A service that collects enough rows for long answers; they remain in the database. */
async function collectingService(
  stack: AsyncDisposableStack,
  databasePath: string,
): Promise<ServiceProcess> {
  const simulator = startSimulator({ nowMs: () => Date.now(), scale: SCALE });
  stack.defer(() => simulator.stop());
  const service = stack.use(
    await startService({
      DATABASE_PATH: databasePath,
      EXCHANGE_ORIGIN: simulator.origin,
      EXCHANGES,
    }),
  );
  await allShown(service.origin, LARGE);
  return service;
}

/** A service that shows the rows of an earlier one, in a copy of its database: no exchange is reachable. */
async function laterService(
  stack: AsyncDisposableStack,
  collectedPath: string,
): Promise<ServiceProcess> {
  const { path: databasePath } = stack.use(temporaryDatabasePath());
  copyFileSync(collectedPath, databasePath);
  const silent = Bun.serve({ port: 0, fetch: () => new Response(null, { status: 503 }) });
  stack.defer(() => silent.stop(true));
  const service = stack.use(
    await startService({
      DATABASE_PATH: databasePath,
      EXCHANGE_ORIGIN: silent.url.origin,
      EXCHANGES,
    }),
  );
  await until(() => isLong(service.origin));
  return service;
}

async function isLong(origin: string): Promise<boolean> {
  const list = await fetch(origin + LONG_LIST);
  return (await list.arrayBuffer()).byteLength > LONG_BYTES;
}

describe("SIGTERM", () => {
  const database = temporaryDatabasePath();
  const first = new AsyncDisposableStack();
  let collecting: ServiceProcess;
  beforeAll(async () => {
    collecting = await collectingService(first, database.path);
  }, LONG_MS);
  afterAll(async () => {
    await first.disposeAsync();
    database[Symbol.dispose]();
  });

  test(
    "leaves no request unanswered that had reached the machine before it, however busy that is",
    async () => {
      await using stack = new AsyncDisposableStack();
      const service = collecting;
      stack.use(busyLoops(BUSY_LOOPS));
      // A stopped process accepts nothing: everything waits in the kernel when the signal comes.
      process.kill(service.pid, "SIGSTOP");
      const answers = Array.from({ length: AT_ONCE }, (_, n) =>
        stack.adopt(
          askSlowly(service.origin, `/api/funding/current?limit=${n + 100}`),
          ({ close }) => close(),
        ),
      );
      await Promise.all(answers.map(({ sent }) => sent));
      service.kill("SIGTERM");
      process.kill(service.pid, "SIGCONT");
      for (const { read } of answers) read();
      expect(await Promise.all(answers.map(({ flaw }) => flaw))).toEqual(
        Array<null>(AT_ONCE).fill(null),
      );
      expect(await service.exited).toBe(0);
    },
    LONG_MS,
  );

  // These three mostly wait, each for its own service: they wait at the same time.
  test.concurrent(
    "waits for a reader that reads an answer slowly",
    async () => {
      await using stack = new AsyncDisposableStack();
      const service = await laterService(stack, database.path);
      const slow = stack.adopt(askSlowly(service.origin, LONG_LIST), ({ close }) => close());
      await slow.sent;
      await answersAt(service.origin);
      service.kill("SIGTERM");
      await until(() => service.log().includes('"event":"stopping"'));
      await Bun.sleep(READS_AFTER_MS);
      slow.read();
      expect(await slow.flaw).toBeNull();
      expect(await service.exited).toBe(0);
      expect(service.log()).not.toContain('"event":"cut_short"');
    },
    LONG_MS,
  );

  test.concurrent(
    "is not delayed forever by a reader that reads nothing",
    async () => {
      await using stack = new AsyncDisposableStack();
      const service = await laterService(stack, database.path);
      const stuck = stack.adopt(askSlowly(service.origin, LONG_LIST), ({ close }) => close());
      await stuck.sent;
      await answersAt(service.origin);
      const startedMs = performance.now();
      service.kill("SIGTERM");
      expect(await service.exited).toBe(0);
      const tookMs = performance.now() - startedMs;
      console.log(`ending: ${tookMs.toFixed(0)} ms with a reader who takes nothing`);
      expect(tookMs).toBeLessThan(TIMEOUT_STOP_MS);
      expect(service.log()).toContain('"event":"stopped"');
    },
    LONG_MS,
  );

  test.concurrent(
    "ends the service immediately when it comes a second time",
    async () => {
      await using stack = new AsyncDisposableStack();
      const service = await laterService(stack, database.path);
      const stuck = stack.adopt(askSlowly(service.origin, LONG_LIST), ({ close }) => close());
      await stuck.sent;
      await answersAt(service.origin);
      service.kill("SIGTERM");
      await until(() => service.log().includes('"event":"stopping"'));
      service.kill("SIGTERM");
      expect(await service.exited).toBe(1);
      expect(service.log()).toContain('"event":"ended_at_once"');
      expect(service.log()).not.toContain('"event":"stopped"');
    },
    LONG_MS,
  );
});

test(
  "make demo waits for its service as long as that waits for its answers",
  async () => {
    using database = temporaryDatabasePath();
    await using demo = await startDemo({ DATABASE_PATH: database.path, LOG_LEVEL: "info" });
    await until(() => isLong(demo.address));
    const slow = askSlowly(demo.address, LONG_LIST);
    try {
      await slow.sent;
      await answersAt(demo.address);
      demo.kill("SIGINT");
      // A reader that reads nothing would be cut off before the demo had to wait for long.
      for (let sip = 0; sip < SIPS; sip += 1) {
        await Bun.sleep(READS_AFTER_MS);
        slow.read(SIP_BYTES);
      }
      slow.read();
      expect(await slow.flaw).toBeNull();
      expect(await demo.exited).toBe(0);
      expect(demo.output()).not.toContain("is killed");
    } finally {
      slow.close();
    }
  },
  LONG_MS,
);

/** A response on another connection: earlier requests are in progress by then. */
async function answersAt(origin: string): Promise<void> {
  expect((await fetch(`${origin}/livez`)).status).toBe(200);
}
