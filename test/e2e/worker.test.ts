import { describe, expect, test } from "bun:test";
import type { CollectorSettings, FromWorker } from "../../src/collector/protocol.ts";
import {
  startCollectorThread,
  type StartWorker,
  superviseCollector,
  threadStarter,
  type WorkerHandle,
} from "../../src/collector/supervisor.ts";
import { historyFile } from "../../src/db/history/file.ts";
import { marketFile } from "../../src/db/market/file.ts";
import { migrateDb } from "../../src/db/migrate.ts";
import { openDb } from "../../src/db/open.ts";
import { type Simulator, startSimulator } from "../../src/simulator/server.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { memoryLog } from "../support/memory-log.ts";
import { allShown, LARGE } from "../support/service-api.ts";
import { PART } from "../support/part-of-market.ts";
import { startService, temporaryDatabasePath, until } from "../support/service.ts";
import { END_WITHIN_MS, LONG_MS } from "../support/patience.ts";

const REJECTING = new URL("../support/rejecting-worker-child.ts", import.meta.url);

function simulator(scale = 1): Simulator & Disposable {
  const started = startSimulator({ nowMs: () => Date.now(), scale });
  return { ...started, [Symbol.dispose]: () => started.stop() };
}

/** A supervised collector in this process: real threads, a real database, two simulated exchanges. */
function supervised(options: {
  readonly path: string;
  readonly origin: string;
  readonly starter: (start: number) => StartWorker;
}) {
  for (const file of [marketFile(options.path), historyFile(options.path)]) {
    const db = openDb(file);
    migrateDb(db, file);
    db.close();
  }
  const settings: CollectorSettings = {
    databasePath: options.path,
    exchanges: ["okx", "kraken"],
    periodMs: 1_000,
    exchangeOrigin: options.origin,
    logLevel: "silent",
  };
  const log = memoryLog();
  const messages: FromWorker[] = [];
  const handles: WorkerHandle[] = [];
  const supervisor = superviseCollector({
    settings,
    startWorker: (on) => {
      const handle = options.starter(handles.length)(on);
      handles.push(handle);
      return handle;
    },
    clock: systemClock,
    random: () => 0.5,
    log,
    onMessage: (message) => void messages.push(message),
  });
  return {
    handles,
    log,
    supervisor,
    epochs: () =>
      messages.flatMap((message) => (message.type === "collecting" ? [message.epoch] : [])),
    /** Batches accepted so far. */
    batches: () =>
      messages.filter((message) => message.type === "cycle" && message.outcome.kind === "accepted")
        .length,
    async [Symbol.asyncDispose]() {
      await supervisor.stop();
    },
  };
}

// They mostly wait, each for its own collector: they wait at the same time.
describe.concurrent("a collector thread", () => {
  test(
    "that is terminated is restarted and continues collecting",
    async () => {
      using database = temporaryDatabasePath();
      using exchanges = simulator(PART);
      await using collector = supervised({
        path: database.path,
        origin: exchanges.origin,
        starter: () => startCollectorThread,
      });
      await until(() => collector.batches() >= 2);
      const before = collector.batches();
      const killedMs = performance.now();
      collector.handles[0]?.terminate();
      await until(() => collector.epochs().length === 2);
      console.log(`worker: again ${(performance.now() - killedMs).toFixed(0)} ms after its end`);
      await until(() => collector.batches() >= before + 2);
      expect(collector.supervisor.starts).toBe(2);
      expect(collector.epochs()).toEqual([1, 2]);
      expect(collector.log.events()).toEqual(["collector_ended"]);
    },
    LONG_MS,
  );

  test(
    "that dies of an unhandled rejection is restarted, too",
    async () => {
      using database = temporaryDatabasePath();
      using exchanges = simulator(PART);
      await using collector = supervised({
        path: database.path,
        origin: exchanges.origin,
        starter: (start) => (start < 2 ? threadStarter(REJECTING) : startCollectorThread),
      });
      await until(() => collector.batches() >= 2);
      expect(collector.supervisor.starts).toBe(3);
      expect(collector.log.events()).toEqual(["collector_ended", "collector_ended"]);
    },
    LONG_MS,
  );
});

describe("SIGTERM", () => {
  test(
    "ends the service in time while an exchange leaves a refresh hanging",
    async () => {
      using database = temporaryDatabasePath();
      using exchanges = simulator(PART);
      exchanges.market.setFault("gate", { name: "hang" });
      await using service = await startService({
        DATABASE_PATH: database.path,
        EXCHANGE_ORIGIN: exchanges.origin,
        EXCHANGES: LARGE.join(","),
      });
      const requests = (): readonly string[] => Object.keys(exchanges.market.requests());
      await until(() => requests().some((request) => request.startsWith("gate ")));
      const startedMs = performance.now();
      service.kill("SIGTERM");
      expect(await service.exited).toBe(0);
      const tookMs = performance.now() - startedMs;
      console.log(`worker: service ended ${tookMs.toFixed(0)} ms after SIGTERM, refresh hanging`);
      expect(tookMs).toBeLessThan(END_WITHIN_MS);
      expect(service.log()).toContain('"event":"stopped"');
    },
    LONG_MS,
  );

  test(
    "truncates no response: each one that began with 200 is complete",
    async () => {
      using database = temporaryDatabasePath();
      using exchanges = simulator();
      await using service = await startService({
        DATABASE_PATH: database.path,
        EXCHANGE_ORIGIN: exchanges.origin,
        EXCHANGES: LARGE.join(","),
        TRUSTED_PROXIES: "127.0.0.1",
      });
      // Of some megabytes: no client may read more than three of them at once.
      await allShown(service.origin, LARGE);
      const load = startLoad(`${service.origin}/api/funding/current`);
      await until(() => load.whole() >= 50);
      const beforeSignal = load.whole();
      service.kill("SIGTERM");
      expect(await service.exited).toBe(0);
      const broken = await load.stop();
      console.log(`worker: ${load.whole()} whole answers, ${load.whole() - beforeSignal} after it`);
      expect(broken).toEqual([]);
      expect(load.whole()).toBeGreaterThan(beforeSignal);
    },
    LONG_MS,
  );

  test(
    "finishes the responses in progress",
    async () => {
      using database = temporaryDatabasePath();
      using exchanges = simulator();
      await using service = await startService({
        DATABASE_PATH: database.path,
        EXCHANGE_ORIGIN: exchanges.origin,
        EXCHANGES: LARGE.join(","),
      });
      await allShown(service.origin, LARGE);
      // Each is a different answer that must be compressed first: when one is there, the others are in progress.
      const first = Promise.withResolvers<void>();
      const answers = Array.from({ length: AT_WORK }, async (_, minimum) => {
        const url = `${service.origin}/api/funding/current?min_volume=${minimum + 1}`;
        const response = await fetch(url, { headers: { "accept-encoding": "gzip" } });
        first.resolve();
        return await flawOf(response);
      });
      const settled = Promise.allSettled(answers);
      await first.promise;
      service.kill("SIGTERM");
      expect(
        (await settled).map((one) => (one.status === "fulfilled" ? one.value : "lost")),
      ).toEqual(Array<null>(AT_WORK).fill(null));
      expect(await service.exited).toBe(0);
    },
    LONG_MS,
  );
});

/** Far more than are compressed at the same time. */
const AT_WORK = 24;

/** Concurrent requests; each is followed by the next. */
const LANES = 16;

/** Sends requests without a pause until the server has stopped, or `stop`; each lane with its own client. */
function startLoad(url: string) {
  let whole = 0;
  const over = new AbortController();
  const broken: string[] = [];
  const lane = async (_: unknown, n: number): Promise<void> => {
    const headers = { "accept-encoding": "identity", "x-forwarded-for": `10.0.0.${n + 1}` };
    while (!over.signal.aborted) {
      // No server yet, or no longer: nothing has begun.
      const response = await fetch(url, { headers }).catch(() => null);
      if (response === null) return;
      const flaw = await flawOf(response);
      if (flaw === null) whole += 1;
      else broken.push(flaw);
    }
  };
  const lanes = Array.from({ length: LANES }, lane);
  return {
    whole: () => whole,
    async stop(): Promise<readonly string[]> {
      over.abort();
      await Promise.all(lanes);
      return broken;
    },
  };
}

async function flawOf(response: Response): Promise<string | null> {
  if (response.status !== 200) return `status ${response.status}`;
  try {
    const { count, rows } = JSON.parse(await response.text());
    return rows.length === count ? null : `${rows.length} rows of ${count}`;
  } catch (error) {
    return String(error);
  }
}
