import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UnusableDatabase } from "../src/db/failure.ts";
import { migrateDb } from "../src/db/migrate.ts";
import hashes from "./migration-hashes.json" with { type: "json" };
import {
  emptyDatabase,
  fill,
  journalOf,
  MigrationFolder,
  MIGRATIONS,
  restrictedTo,
  type Rows,
  rowsIn,
  shapesIn,
  shapesInCode,
} from "./support/migrations.ts";

const { entries } = journalOf();
const VERSIONS = entries.map(({ tag }, index) => [tag, index + 1] as const);

/** Columns that a migration empties because it says so. */
const EMPTIED: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "0006_own_words_only": { exchange_state: ["failure", "degraded_by"] },
};

/** The rows of a version as they must be after all migrations that come behind its first `count`. */
function expected(rows: Rows, count: number): Rows {
  const emptied = entries.slice(count).map(({ tag }) => EMPTIED[tag] ?? {});
  return Object.fromEntries(
    Object.entries(rows).map(([table, stored]) => {
      const columns = emptied.flatMap((tables) => tables[table] ?? []);
      const nulls = Object.fromEntries(columns.map((column) => [column, null]));
      return [table, stored.map((row) => ({ ...row, ...nulls }))];
    }),
  );
}

function sha256(tag: string): string {
  const text = readFileSync(join(MIGRATIONS, `${tag}.sql`));
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}

function migrated(folder?: string) {
  const db = emptyDatabase();
  migrateDb(db, ":memory:", folder);
  return db;
}

describe("the committed migrations", () => {
  // A database that has run one never runs it again: an edit would reach new installations only.
  test("are what they were when they were committed; a new one is added to test/migration-hashes.json", () => {
    const now = Object.fromEntries(entries.map(({ tag }) => [tag, sha256(tag)]));
    expect(now).toEqual(hashes);
  });

  test("are in the journal, each with its snapshot, their numbers and times rising", () => {
    expect(entries.length).toBeGreaterThan(0);
    const files = readdirSync(MIGRATIONS).filter((name) => name.endsWith(".sql"));
    expect(files.toSorted()).toEqual(entries.map(({ tag }) => `${tag}.sql`));
    entries.forEach(({ idx, tag, when }, index) => {
      expect(idx).toBe(index);
      expect(tag).toStartWith(String(index).padStart(4, "0"));
      // One that is older than the newest applied one would be taken for applied.
      expect(when).toBeGreaterThan(entries[index - 1]?.when ?? 0);
    });
    const snapshots = entries.map(({ idx }) => {
      const path = join(MIGRATIONS, `meta/${String(idx).padStart(4, "0")}_snapshot.json`);
      expect(existsSync(path)).toBe(true);
      return JSON.parse(readFileSync(path, "utf8")) as { id: string; prevId: string };
    });
    snapshots
      .slice(1)
      .forEach(({ prevId }, index) => expect(prevId).toBe(snapshots[index]?.id ?? ""));
  });

  test("make exactly the tables, columns, indexes and references that the code declares", async () => {
    expect(shapesIn(migrated())).toEqual(await shapesInCode());
  });
});

describe("an upgrade", () => {
  test.each(VERSIONS)(
    "from %s keeps every row and ends with the schema of a new database",
    (_, count) => {
      using folder = new MigrationFolder(count);
      const db = migrated(folder.path);
      fill(db);
      const before = rowsIn(db);
      expect(Object.values(before).every((rows) => rows.length === 3)).toBe(true);
      migrateDb(db, ":memory:");
      expect(restrictedTo(before, rowsIn(db))).toEqual(expected(before, count));
      expect(shapesIn(db)).toEqual(shapesIn(migrated()));
      expect(db.query("PRAGMA foreign_key_check").all()).toEqual([]);
      expect(db.query("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
      expect(db.query("PRAGMA foreign_keys").all()).toEqual([{ foreign_keys: 1 }]);
    },
  );

  test("that rebuilds a table keeps the rows that refer to it", () => {
    using folder = new MigrationFolder(entries.length);
    const db = migrated();
    fill(db);
    const before = rowsIn(db);
    folder.add(
      "9999_rebuild",
      "CREATE TABLE rebuilt AS SELECT * FROM instruments;",
      "DROP TABLE instruments;",
      "CREATE TABLE instruments (id integer PRIMARY KEY NOT NULL, uid text NOT NULL);",
      "INSERT INTO instruments SELECT id, uid FROM rebuilt;",
      "DROP TABLE rebuilt;",
    );
    migrateDb(db, ":memory:", folder.path);
    const { quotes, interval_changes: changes } = rowsIn(db);
    expect({ quotes, changes }).toEqual({
      quotes: before["quotes"],
      changes: before["interval_changes"],
    });
  });

  test("goes through once: a second look finds nothing to do", () => {
    const db = migrated();
    const applied = (): unknown => db.query("SELECT * FROM __drizzle_migrations").all();
    const before = applied();
    migrateDb(db, ":memory:");
    expect(applied()).toEqual(before);
  });
});

describe("a migration that fails", () => {
  test.each([
    ["in the middle", ["CREATE TABLE half (a integer);", "DROP TABLE quotes;", "no SQL at all"]],
    ["at its end, for rows without their parent", ["DELETE FROM instruments;"]],
  ])(
    "%s leaves the database as it was, with foreign keys on, and the service can use it",
    (_, sql) => {
      using folder = new MigrationFolder(entries.length);
      folder.add("9998_fine", "CREATE TABLE fine (a integer);");
      folder.add("9999_fails", ...sql);
      const db = migrated();
      fill(db);
      const before = { rows: rowsIn(db), shapes: shapesIn(db) };
      expect(() => migrateDb(db, ":memory:", folder.path)).toThrow();
      expect({ rows: rowsIn(db), shapes: shapesIn(db) }).toEqual(before);
      expect(db.query("PRAGMA foreign_keys").all()).toEqual([{ foreign_keys: 1 }]);
      expect(db.inTransaction).toBe(false);
      migrateDb(db, ":memory:");
      expect(shapesIn(db)).toEqual(before.shapes);
    },
  );
});

test("a database of a newer version is refused, and nothing of it is changed", () => {
  using folder = new MigrationFolder(entries.length);
  folder.add("9999_newer", "CREATE TABLE newer (a integer);");
  const db = migrated(folder.path);
  const before = shapesIn(db);
  expect(() => migrateDb(db, ":memory:")).toThrow(UnusableDatabase);
  expect(shapesIn(db)).toEqual(before);
});
