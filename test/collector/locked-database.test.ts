import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { renameSync, rmSync } from "node:fs";
import type { FromWorker } from "../../src/collector/protocol.ts";
import { historyFile } from "../../src/db/history/file.ts";
import { SampleReader } from "../../src/db/history/sample-reader.ts";
import { marketFile } from "../../src/db/market/file.ts";
import { openDb } from "../../src/db/open.ts";
import type { Exchange } from "../../src/exchanges/exchange.ts";
import { start as startWith } from "../support/collecting.ts";
import { type TestDatabase, testDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";
import { batchOf, scriptedExchange } from "../support/scripted-exchange.ts";
import { LONG_MS } from "../support/patience.ts";

const PERIOD_MS = 5_000;

/** Each try really waits its 100 ms, four times per second of the test's clock. */
const HELD_MS = 12_000;

function start(database: TestDatabase, exchanges: readonly Exchange[], clock: ManualClock) {
  return startWith(database, exchanges, clock, () => 0.5, PERIOD_MS);
}

function heartbeats(posted: readonly FromWorker[]): number {
  return posted.filter((message) => message.type === "heartbeat").length;
}

/** Another connection that holds the write lock until the returned function is called. */
function lock({ path }: TestDatabase, fileOf = marketFile): () => void {
  const other = openDb(fileOf(path));
  other.run("BEGIN IMMEDIATE");
  return () => {
    other.run("ROLLBACK");
    other.close();
  };
}

describe("another program's lock for more than two periods", () => {
  test(
    "ends no collector: each keeps its batch, stores it afterwards and refreshes immediately",
    async () => {
      using database = testDatabase();
      const clock = new ManualClock(NOON_MS);
      const ids = ["okx", "bybit"] as const;
      const exchanges = ids.map((id) =>
        scriptedExchange(id, () => batchOf([quoteOf("BTC", { receivedAtMs: clock.nowMs() })])),
      );
      const run = start(database, exchanges, clock);
      await clock.advance(2 * PERIOD_MS);
      const before = exchanges.map(({ refreshes }) => refreshes);
      const release = lock(database);
      const beats = heartbeats(run.posted);
      const stored = database.states.list();
      await clock.advance(HELD_MS);
      // One batch of each is kept; nothing newer is requested, as it could not be stored either.
      expect(exchanges.map(({ refreshes }, n) => refreshes - (before[n] ?? 0))).toEqual([1, 1]);
      expect(heartbeats(run.posted) - beats).toBe(HELD_MS / 1_000);
      expect(database.states.list()).toEqual(stored);
      release();
      await clock.advance(2_000);
      const nowMs = clock.nowMs();
      for (const { lastOkAtMs, failureKind } of database.states.list()) {
        expect(failureKind).toBeNull();
        expect(nowMs - (lastOkAtMs ?? 0)).toBeLessThanOrEqual(2_000);
      }
      expect(nowMs - (database.epochs.read()?.heartbeatAtMs ?? 0)).toBeLessThanOrEqual(2_000);
      expect(run.log.events()).toEqual([
        "collecting",
        "exchange_ok",
        "exchange_ok",
        "database_not_writable",
        "database_writable_again",
      ]);
      run.lifetime.abort();
      await run.ended;
    },
    LONG_MS,
  );

  test(
    "delays no shutdown: pending writes are abandoned",
    async () => {
      using database = testDatabase();
      const clock = new ManualClock(NOON_MS);
      const run = start(
        database,
        [scriptedExchange("okx", () => batchOf([quoteOf("BTC")]))],
        clock,
      );
      await clock.advance(2 * PERIOD_MS);
      const release = lock(database);
      await clock.advance(2 * PERIOD_MS);
      run.lifetime.abort();
      await run.ended;
      release();
    },
    LONG_MS,
  );

  test(
    "is awaited at a start",
    async () => {
      using database = testDatabase();
      const clock = new ManualClock(NOON_MS);
      const release = lock(database);
      const run = start(
        database,
        [scriptedExchange("okx", () => batchOf([quoteOf("BTC")]))],
        clock,
      );
      await clock.advance(2_000);
      expect(run.log.events()).toEqual(["database_not_writable"]);
      release();
      await clock.advance(2 * PERIOD_MS);
      expect(run.log.events()).toContain("exchange_ok");
      run.lifetime.abort();
      await run.ended;
    },
    LONG_MS,
  );
});

test(
  "a locked history has one refresh of an exchange waiting: later ones are lost, and collecting goes on",
  async () => {
    using database = testDatabase();
    const clock = new ManualClock(NOON_MS);
    const times: number[] = [];
    const okx = scriptedExchange("okx", () => {
      times.push(Math.floor(clock.nowMs() / 1_000));
      return batchOf([quoteOf("BTC", { receivedAtMs: clock.nowMs() })]);
    });
    const run = start(database, [okx], clock);
    const refreshedUntil = async (count: number): Promise<void> => {
      while (times.length < count) await clock.advance(500);
    };
    await refreshedUntil(2);
    const release = lock(database, historyFile);
    await refreshedUntil(5);
    release();
    await refreshedUntil(6);
    await clock.advance(2_000);
    run.lifetime.abort();
    await run.ended;
    const dropped = run.log.events().filter((event) => event === "samples_dropped");
    expect(dropped).toHaveLength(2);
    using db = new Database(historyFile(database.path).path, { readonly: true });
    const stored = new SampleReader(db).read({ id: 1, exchange: "okx" }, 0, 4e9);
    expect([...stored.columns.times]).toEqual(times.filter((_, nth) => nth !== 3 && nth !== 4));
  },
  LONG_MS,
);

describe("a history that is locked at a start", () => {
  const started = (database: TestDatabase) => {
    const clock = new ManualClock(NOON_MS);
    const release = lock(database, historyFile);
    const times: number[] = [];
    const okx = scriptedExchange("okx", () => {
      times.push(Math.floor(clock.nowMs() / 1_000));
      return batchOf([quoteOf("BTC", { receivedAtMs: clock.nowMs() })]);
    });
    return { ...start(database, [okx], clock), clock, release, times };
  };

  test(
    "delays nothing of the present; what waits is stored when the lock is gone, the rest is named",
    async () => {
      using database = testDatabase();
      const { clock, release, times, log, lifetime, ended } = started(database);
      await clock.advance(2 * PERIOD_MS);
      expect(times).toHaveLength(3);
      expect(database.states.list()).toMatchObject([{ failureKind: null, symbols: 1 }]);
      expect(log.events()).toEqual([
        "collecting",
        "exchange_ok",
        "database_not_writable",
        "samples_dropped",
        "samples_dropped",
      ]);
      release();
      await clock.advance(PERIOD_MS);
      lifetime.abort();
      await ended;
      expect(log.events().at(-1)).toBe("database_writable_again");
      using db = new Database(historyFile(database.path).path, { readonly: true });
      const stored = new SampleReader(db).read({ id: 1, exchange: "okx" }, 0, 4e9);
      expect([...stored.columns.times]).toEqual(times.filter((_, nth) => nth === 0 || nth === 3));
    },
    LONG_MS,
  );

  test(
    "delays no shutdown",
    async () => {
      using database = testDatabase();
      const { clock, release, lifetime, ended } = started(database);
      await clock.advance(2_000);
      lifetime.abort();
      await ended;
      release();
    },
    LONG_MS,
  );
});

describe("a collector's lock file that is removed", () => {
  test.each([
    ["deleted", (path: string) => rmSync(path)],
    [
      "replaced",
      (path: string) => {
        openDb(marketFile(`${path}-new`)).close();
        renameSync(`${path}-new`, path);
      },
    ],
  ])("and %s ends it within a second: another process may hold the new one", async (_, take) => {
    using database = testDatabase();
    const clock = new ManualClock(NOON_MS);
    const run = start(database, [scriptedExchange("okx", () => batchOf([quoteOf("BTC")]))], clock);
    const failed = run.ended.catch((error: unknown) => error);
    await clock.advance(2 * PERIOD_MS);
    take(`${database.path}.collector-lock`);
    await clock.advance(1_000);
    expect(String(await failed)).toContain("lock file was deleted or replaced");
    run.lifetime.abort();
  });
});
