import { describe, expect, test } from "bun:test";
import { existsSync, renameSync, rmSync } from "node:fs";
import { marketFile } from "../../src/db/market/file.ts";
import { accountsFile } from "../../src/db/accounts/file.ts";
import { openDb, writeTransaction } from "../../src/db/open.ts";
import { type DatabaseEnd, ServiceDatabase } from "../../src/db/service-database.ts";
import { databaseError } from "../support/faulty-database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";
import { temporaryDatabasePath } from "../support/service.ts";
import { makeDatabase } from "../support/unusable-databases.ts";

const LOOK_EVERY_MS = 60_000;

function setUp(name: "market" | "accounts" = "market") {
  const temporary = temporaryDatabasePath();
  if (name === "accounts") makeDatabase(marketFile(temporary.path));
  const file = { market: marketFile, accounts: accountsFile }[name](temporary.path);
  const { path } = file;
  const clock = new ManualClock();
  const log = memoryLog();
  const ends: DatabaseEnd[] = [];
  const database = new ServiceDatabase({
    file,
    clock,
    log,
    onEnd: (end) => ends.push(end),
    lookEveryMs: LOOK_EVERY_MS,
  });
  return {
    path,
    clock,
    log,
    ends,
    database,
    [Symbol.dispose]() {
      database.close();
      temporary[Symbol.dispose]();
    },
  };
}

describe("the files of a running service", () => {
  test("are checked in each period, and nothing happens while they are unchanged", async () => {
    using one = setUp();
    one.database.db.run("CREATE TABLE grown (a integer)");
    await one.clock.advance(10 * LOOK_EVERY_MS);
    expect([one.ends, one.database.isLost]).toEqual([[], false]);
  });

  test("are measured in bytes, and a missing one has no size", async () => {
    using one = setUp();
    writeTransaction(one.database.db, () => one.database.db.run("CREATE TABLE grown (a integer)"));
    const sizeOf = (path: string) => Bun.file(path).size;
    const { path } = one;
    expect(await one.database.size()).toEqual({
      name: "market",
      dataBytes: sizeOf(path),
      walBytes: sizeOf(`${path}-wal`),
    });
    expect(sizeOf(`${path}-wal`)).toBeGreaterThan(0);
    rmSync(path);
    rmSync(`${path}-wal`);
    expect(await one.database.size()).toEqual({ name: "market", dataBytes: null, walBytes: null });
  });

  test.each(["market", "accounts"] as const)("are those of the %s database", async (name) => {
    using one = setUp(name);
    rmSync(one.path);
    await one.clock.advance(LOOK_EVERY_MS);
    const reason = expect.stringContaining(`database ${one.path}: it was deleted`);
    expect(one.ends).toEqual([{ reason, status: 1 }]);
    expect(one.log.lines.map(({ event, fields }) => [event, fields["file"]])).toEqual([
      ["database_unusable", name],
    ]);
  });

  test.each([
    ["deleted", "", (path: string) => rmSync(path)],
    [
      "replaced by a copy",
      "",
      (path: string) => {
        makeDatabase(marketFile(`${path}.new`));
        renameSync(`${path}.new`, path);
      },
    ],
    ["missing its log", "-wal", (path: string) => rmSync(path)],
    ["missing its index", "-shm", (path: string) => rmSync(path)],
  ])(
    "a database that is %s ends it with status 1 at the next check, once",
    async (_, suffix, take) => {
      using one = setUp();
      take(one.path + suffix);
      await one.clock.advance(LOOK_EVERY_MS - 1);
      expect(one.ends).toEqual([]);
      await one.clock.advance(5 * LOOK_EVERY_MS);
      expect(one.ends).toEqual([
        { reason: expect.stringContaining(`database ${one.path}: it was deleted`), status: 1 },
      ]);
      expect(one.database.isLost).toBe(true);
      expect(one.log.events()).toEqual(["database_unusable"]);
    },
  );

  test("that belong to another database at the end are left alone", () => {
    using one = setUp();
    for (const suffix of ["", "-wal", "-shm"]) rmSync(one.path + suffix);
    const other = openDb(marketFile(one.path));
    other.run("CREATE TABLE theirs (a integer)");
    one.database.close();
    expect(["", "-wal", "-shm"].map((suffix) => existsSync(one.path + suffix))).toEqual([
      true,
      true,
      true,
    ]);
    other.close();
  });
});

describe("a database failure", () => {
  test.each(["SQLITE_CORRUPT_INDEX", "SQLITE_NOTADB"])(
    "of kind %s ends the service with status 3 and the cure",
    (code) => {
      using one = setUp();
      one.database.judge(new Error("a query failed", { cause: databaseError(code) }));
      expect(one.ends).toEqual([
        { reason: expect.stringContaining("restore a backup"), status: 3 },
      ]);
    },
  );

  test.each(["SQLITE_BUSY", "SQLITE_FULL", "SQLITE_IOERR_READ", "SQLITE_READONLY", "SQLITE_ERROR"])(
    "of kind %s ends nothing",
    (code) => {
      using one = setUp();
      one.database.judge(databaseError(code));
      expect(one.ends).toEqual([]);
    },
  );
});

test("the main thread's connection waits a moment for another writer, not seconds", () => {
  using one = setUp();
  const other = openDb(marketFile(one.path));
  other.run("BEGIN IMMEDIATE");
  const startedMs = performance.now();
  for (let n = 0; n < 5; n += 1)
    expect(() => writeTransaction(one.database.db, () => {})).toThrow("locked");
  // Five times 20 ms; a connection that waits as at startup takes 25 s.
  expect(performance.now() - startedMs).toBeLessThan(2_000);
  other.close();
});
