import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { marketFile } from "../../src/db/market/file.ts";
import { accountsFile } from "../../src/db/accounts/file.ts";
import { historyFile } from "../../src/db/history/file.ts";
import type { DatabaseFile } from "../../src/db/database-file.ts";
import { UnusableDatabase } from "../../src/db/failure.ts";
import { lockPath, tryFileLock } from "../../src/db/file-lock.ts";
import { openDb } from "../../src/db/open.ts";
import { requireSqlite, startDatabase } from "../../src/db/start-database.ts";
import { temporaryDatabasePath } from "../support/service.ts";
import {
  BAD_LOCKS,
  makeDatabase,
  REFUSED,
  REFUSED_FOR_TABLES,
} from "../support/unusable-databases.ts";

function refusalOf(file: DatabaseFile): UnusableDatabase {
  try {
    startDatabase(file, () => {}).close();
  } catch (error) {
    if (error instanceof UnusableDatabase) return error;
    throw error;
  }
  return expect.unreachable();
}

function warningsOf(path: string): string[] {
  const warnings: string[] = [];
  startDatabase(marketFile(path), (text) => warnings.push(text)).close();
  return warnings;
}

/** A file of the service that does not exist yet; next to the accounts' file the market's exists. */
function fileIn(path: string, name: string): DatabaseFile {
  const market = marketFile(path);
  if (name === "market") return market;
  makeDatabase(market);
  return name === "history" ? historyFile(path) : accountsFile(path);
}

const FILES = ["market", "accounts", "history"] as const;

test.each([
  ...FILES.flatMap((name) => REFUSED.map((refusal) => [name, ...refusal] as const)),
  ...REFUSED_FOR_TABLES,
])("the file %s %s is refused permanently in one line, and not changed", (name, _, make, words) => {
  using temporary = temporaryDatabasePath();
  const file = fileIn(temporary.path, name);
  make(file);
  const before = readdirSync(dirname(file.path));
  const { message, exitStatus } = refusalOf(file);
  expect(message).toStartWith(`database ${file.path}: `);
  expect(message).toMatch(words);
  expect(message).not.toContain("\n");
  expect(exitStatus).toBe(3);
  expect(readdirSync(dirname(file.path))).toEqual(before);
});

describe("a database", () => {
  test("is searched for damage at the start only while it is small", () => {
    using temporary = temporaryDatabasePath();
    const file = fileIn(temporary.path, "history");
    for (const megabytes of [1, 33]) {
      makeDatabase(file);
      const db = openDb(file);
      db.run("INSERT INTO sample_refreshes (exchange, at, blob) VALUES ('okx', ?, zeroblob(?))", [
        megabytes,
        megabytes * 1024 * 1024,
      ]);
      db.run("INSERT INTO pair_frames (at, blob) VALUES (1, zeroblob(100000))");
      db.run("PRAGMA wal_checkpoint(TRUNCATE)");
      const root = db
        .query<{ rootpage: number }, []>(
          "SELECT rootpage FROM sqlite_schema WHERE name = 'pair_frames'",
        )
        .get();
      db.close();
      const bytes = readFileSync(file.path);
      bytes.fill(255, ((root?.rootpage ?? 0) - 1) * 4096, (root?.rootpage ?? 0) * 4096);
      writeFileSync(file.path, bytes);
      if (megabytes === 1) expect(refusalOf(file).message).toContain("damaged");
      else startDatabase(file, () => {}).close();
      rmSync(file.path);
    }
  });

  test("that is another file of this program is refused", () => {
    using temporary = temporaryDatabasePath();
    const accounts = fileIn(temporary.path, "accounts");
    makeDatabase(accounts);
    for (const [file, taken] of [
      [marketFile(accounts.path), accounts],
      [{ ...accounts, path: temporary.path }, marketFile(temporary.path)],
    ] as const) {
      const { message, exitStatus } = refusalOf(file);
      expect(message).toBe(
        `database ${file.path}: it is a different file of this program; choose the right one`,
      );
      expect(exitStatus).toBe(3);
      startDatabase(taken, () => {}).close();
    }
  });

  test.each(BAD_LOCKS)("next to which %s exists as %s is refused", (_, suffix, make) => {
    using temporary = temporaryDatabasePath();
    makeDatabase(marketFile(temporary.path));
    const path = temporary.path + suffix;
    make(path);
    const { message, exitStatus } = refusalOf(marketFile(temporary.path));
    expect([message, exitStatus]).toEqual([
      `database ${path}: the lock file must be an empty file that this user can write to; delete it while no service runs`,
      3,
    ]);
  });

  test.each(["-wal", "-shm"])("next to which a folder exists as %s is refused", (suffix) => {
    using temporary = temporaryDatabasePath();
    makeDatabase(marketFile(temporary.path));
    mkdirSync(temporary.path + suffix);
    const { message, exitStatus } = refusalOf(marketFile(temporary.path));
    expect([message, exitStatus]).toEqual([
      `database ${temporary.path}${suffix}: it is not a file; move it away`,
      3,
    ]);
  });

  test.each([252, 300])(
    "whose name, or that of a file next to it, has %i letters is refused",
    (letters) => {
      using temporary = temporaryDatabasePath();
      const path = join(dirname(temporary.path), "x".repeat(letters));
      const { message, exitStatus } = refusalOf(marketFile(path));
      expect([message, exitStatus]).toEqual([
        expect.stringMatching(
          /^database \S+: (it cannot be reached; DATABASE_PATH must be|the lock file must be an empty file) /,
        ),
        3,
      ]);
    },
  );

  test("whose folder is a file is refused", () => {
    using temporary = temporaryDatabasePath();
    writeFileSync(temporary.path, "");
    const { message, exitStatus } = refusalOf(marketFile(join(temporary.path, "finder.db")));
    expect(message).toContain(`its folder ${temporary.path} cannot be created or written`);
    expect(exitStatus).toBe(3);
  });

  test.each(["market", "history"])(
    "of the %s that is locked and needs no migration is opened immediately",
    (name) => {
      using temporary = temporaryDatabasePath();
      const file = fileIn(temporary.path, name);
      makeDatabase(file);
      const other = openDb(file);
      other.run("BEGIN IMMEDIATE");
      const lock = tryFileLock(lockPath(file.path, "migrate"));
      const startedMs = performance.now();
      startDatabase(file, () => {}).close();
      // It would wait 5 s for one lock and 60 s for the other.
      expect(performance.now() - startedMs).toBeLessThan(4_000);
      lock?.release();
      other.close();
    },
  );
});

describe("a possible mistake is a warning", () => {
  test.each([
    ["empty", (path: string) => writeFileSync(path, "")],
    ["missing", () => {}],
  ])("a database that is %s next to lock files", (words, make) => {
    using temporary = temporaryDatabasePath();
    make(temporary.path);
    expect(warningsOf(temporary.path)).toEqual([]);
    expect(warningsOf(temporary.path)).toEqual([]);
    using other = temporaryDatabasePath();
    make(other.path);
    writeFileSync(lockPath(other.path, "collector"), "");
    expect(warningsOf(other.path)).toEqual([
      `database ${other.path} is ${words}, although a service has run on it: it starts empty; stop it and restore a backup if that is a mistake`,
    ]);
  });
});

test("one database known by two names has one lock", () => {
  using temporary = temporaryDatabasePath();
  makeDatabase(marketFile(temporary.path));
  const link = join(dirname(temporary.path), "link.db");
  symlinkSync(temporary.path, link);
  expect(lockPath(link, "collector")).toBe(lockPath(temporary.path, "collector"));
});

describe("the version of SQLite", () => {
  test.each(["3.51.3", "3.51.10", "3.53.0", "3.54.1", "4.0.0"])("%s is accepted", (version) => {
    requireSqlite("x.db", version);
  });

  test.each(["3.51.2", "3.40.1", "3.7.0", "0.0.0"])(
    "%s is refused: it can corrupt what two connections write",
    (version) => {
      expect(() => requireSqlite("x.db", version)).toThrow(
        `database x.db: SQLite ${version} can damage it, 3.51.3 or newer is needed`,
      );
    },
  );
});
