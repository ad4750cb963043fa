import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync, renameSync, rmSync } from "node:fs";
import { accountsFile } from "../../src/db/accounts/file.ts";
import { startSimulator } from "../../src/simulator/server.ts";
import { LONG_MS, PATIENCE_MS } from "../support/patience.ts";
import { allShown, healthAt } from "../support/service-api.ts";
import {
  type ServiceProcess,
  startService,
  temporaryDatabasePath,
  until,
} from "../support/service.ts";
import { PART } from "../support/part-of-market.ts";

const EXCHANGES = ["okx", "kraken"] as const;

function scene() {
  const stack = new DisposableStack();
  const database = stack.use(temporaryDatabasePath());
  const simulator = stack.adopt(startSimulator({ nowMs: () => Date.now(), scale: PART }), (one) =>
    one.stop(),
  );
  const settings = {
    DATABASE_PATH: database.path,
    EXCHANGE_ORIGIN: simulator.origin,
    EXCHANGES: EXCHANGES.join(","),
    REFRESH_SECONDS: "2",
  };
  return { path: database.path, settings, [Symbol.dispose]: () => stack.dispose() };
}

function says(service: ServiceProcess, event: string): boolean {
  return service.log().includes(`"event":"${event}"`);
}

function timesSaid(service: ServiceProcess, event: string): number {
  return service.log().split(`"event":"${event}"`).length - 1;
}

function count(path: string, sql: string): number {
  const db = new Database(path, { readonly: true });
  try {
    return db.query<{ n: number }, []>(sql).get()?.n ?? Number.NaN;
  } finally {
    db.close();
  }
}

/** Every file of a database, without its locks. */
function removeDatabase(path: string): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix);
}

async function endsBecause(service: ServiceProcess): Promise<void> {
  expect(await service.exited).toBe(1);
  expect(service.log()).toContain("it was deleted or replaced while in use");
}

// They mostly wait, each for its own services: they wait at the same time.
describe.concurrent("a database that is removed", () => {
  test(
    "ends the collecting and the waiting service, each with status 1; the next start creates a new one",
    async () => {
      using one = scene();
      await using collecting = await startService(one.settings);
      await until(() => says(collecting, "collecting"));
      await using waiting = await startService(one.settings);
      await until(() => says(waiting, "standby"));
      await allShown(collecting.origin, EXCHANGES);
      removeDatabase(one.path);
      await Promise.all([endsBecause(collecting), endsBecause(waiting)]);
      expect(existsSync(one.path)).toBe(false);

      await using next = await startService(one.settings);
      expect(next.log()).toContain("is missing, although a service has run on it");
      await allShown(next.origin, EXCHANGES);
      expect(count(one.path, "SELECT epoch AS n FROM collector_epoch")).toBe(1);
    },
    LONG_MS,
  );

  test(
    "and replaced by another one is left unchanged: the old service writes nothing into it, and takes its log along",
    async () => {
      using one = scene();
      const backup = `${one.path}.backup`;
      {
        await using first = await startService(one.settings);
        await allShown(first.origin, EXCHANGES);
        const db = new Database(one.path);
        // The service writes a batch every other second.
        db.run(`PRAGMA busy_timeout = ${PATIENCE_MS}`);
        db.run(`VACUUM INTO '${backup}'`);
        db.run("UPDATE collector_epoch SET epoch = 500");
        db.close();
        // Changes newer than the backup are in the log: combined with the backup it would be corrupt.
        renameSync(backup, one.path);
        await endsBecause(first);
      }
      expect(existsSync(`${one.path}-wal`)).toBe(false);
      expect(count(one.path, "SELECT epoch AS n FROM collector_epoch")).toBe(1);
      await using next = await startService(one.settings);
      await until(() => says(next, "collecting"));
      await allShown(next.origin, EXCHANGES);
      expect(count(one.path, "SELECT epoch AS n FROM collector_epoch")).toBe(2);
      expect(count(one.path, "SELECT count(*) AS n FROM pragma_integrity_check")).toBe(1);
    },
    LONG_MS,
  );
});

test.concurrent(
  "an accounts file that is removed ends the service with status 1; the next start creates a new one",
  async () => {
    using one = scene();
    const { path } = accountsFile(one.path);
    {
      await using service = await startService(one.settings);
      await allShown(service.origin, EXCHANGES);
      removeDatabase(path);
      await endsBecause(service);
      expect(service.log()).toContain(`database ${path}: it was deleted or replaced while in use`);
    }
    expect([existsSync(path), existsSync(`${path}-wal`)]).toEqual([false, false]);
    await using next = await startService(one.settings);
    expect(next.log()).toContain(`database ${path} is missing, although a service has run on it`);
    expect(existsSync(path)).toBe(true);
    expect((await fetch(`${next.origin}/livez`)).status).toBe(200);
  },
  LONG_MS,
);

test.concurrent(
  "a lock file that is removed does not lead to two collectors: of two services one collects in the end",
  async () => {
    using one = scene();
    await using first = await startService(one.settings);
    await until(() => says(first, "collecting"));
    await using second = await startService(one.settings);
    await until(() => says(second, "standby"));
    rmSync(`${one.path}.collector-lock`);
    await until(() => says(first, "collector_failed"));
    // Nearly always the second: it checks each half second, while the first must restart a worker, which then waits.
    await until(() => says(second, "collecting") || timesSaid(first, "collecting") > 1);
    if (says(second, "collecting")) await until(() => says(first, "standby"));
    expect(
      [says(second, "collecting"), timesSaid(first, "collecting") > 1].filter(Boolean),
    ).toEqual([true]);
    const epoch = count(one.path, "SELECT epoch AS n FROM collector_epoch");
    await allShown(second.origin, EXCHANGES);
    await allShown(first.origin, EXCHANGES);
    expect(count(one.path, "SELECT epoch AS n FROM collector_epoch")).toBe(epoch);
    expect((await healthAt(first.origin)).status).toBe("ok");
  },
  LONG_MS,
);
