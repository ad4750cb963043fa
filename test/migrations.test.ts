import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { getTableName } from "drizzle-orm";
import { UnusableDatabase } from "../src/db/failure.ts";
import { migrateDb } from "../src/db/migrate.ts";
import hashes from "./migration-hashes.json" with { type: "json" };
import {
  EmptyDatabases,
  FILE_NAMES,
  type FileName,
  forEachFile,
  journalOf,
  MigrationFolder,
  migrationsOf,
  migrationToGenerate,
  shapesIn,
  shapesInCode,
} from "./support/migrations.ts";
import { fill, restrictedTo, type Rows, rowsIn } from "./support/table-rows.ts";

/** Columns that a migration empties as documented. */
const EMPTIED: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "0006_own_words_only": { exchange_state: ["failure", "degraded_by"] },
};

/**
 * Tables that still exist in a file, though the code no longer knows them, and the migration from which on it does not.
 */
const LEFT_BEHIND: Readonly<Record<FileName, { tables: readonly string[]; by: string } | null>> = {
  market: { tables: ["alert_outbox", "alert_states"], by: "0010_alerts_in_accounts" },
  accounts: null,
  history: null,
};

const empty = forEachFile((name) => new EmptyDatabases(name));
afterAll(() => Object.values(empty).forEach((one) => one[Symbol.dispose]()));

const entriesOf = (name: FileName) => journalOf(migrationsOf(name)).entries;

function sha256(name: FileName, tag: string): string {
  const text = readFileSync(join(migrationsOf(name), `${tag}.sql`));
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}

/** A migrated database of that file; from another folder if given. */
function migrated(name: FileName, folder = migrationsOf(name)) {
  const db = empty[name].open();
  migrate(db, name, folder);
  return db;
}

function migrate(db: ReturnType<typeof migrated>, name: FileName, folder = migrationsOf(name)) {
  migrateDb(db, { ...empty[name].file, migrationsFolder: folder });
}

/** The rows of a version as they must be after all migrations that follow its first `count`. */
function expected(name: FileName, rows: Rows, count: number): Rows {
  const emptied = entriesOf(name)
    .slice(count)
    .map(({ tag }) => EMPTIED[tag] ?? {});
  return Object.fromEntries(
    Object.entries(rows).map(([table, stored]) => {
      const columns = emptied.flatMap((tables) => tables[table] ?? []);
      const nulls = Object.fromEntries(columns.map((column) => [column, null]));
      return [table, stored.map((row) => ({ ...row, ...nulls }))];
    }),
  );
}

/** The abandoned tables, as they were before the code dropped them. */
function leftBehind(name: FileName) {
  const left = LEFT_BEHIND[name];
  if (left === null) return {};
  const count = entriesOf(name).findIndex(({ tag }) => tag === left.by);
  using folder = new MigrationFolder(name, count);
  const shapes = shapesIn(migrated(name, folder.path));
  return Object.fromEntries(
    Object.entries(shapes).filter(([table]) => left.tables.includes(table)),
  );
}

// A database that has run one never runs it again: an edit would reach new installations only.
test("committed migrations never change; a new one is added to test/migration-hashes.json", () => {
  const hashesOf = (name: FileName) =>
    Object.fromEntries(entriesOf(name).map(({ tag }) => [tag, sha256(name, tag)]));
  expect(forEachFile(hashesOf)).toEqual(hashes);
});

test("every folder of migrations and every folder of tables belongs to a file tested here", () => {
  const foldersOf = (path: string) =>
    readdirSync(join(import.meta.dir, "..", path), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .toSorted();
  expect(foldersOf("migrations")).toEqual(FILE_NAMES.toSorted());
  expect(foldersOf("src/db")).toEqual(FILE_NAMES.toSorted());
});

describe.each(FILE_NAMES)("the migrations of the file %s", (name) => {
  const entries = entriesOf(name);

  test("are in the journal, each with its snapshot, with increasing numbers and times", () => {
    expect(entries.length).toBeGreaterThan(0);
    const files = readdirSync(migrationsOf(name)).filter((file) => file.endsWith(".sql"));
    expect(files.toSorted()).toEqual(entries.map(({ tag }) => `${tag}.sql`));
    entries.forEach(({ idx, tag, when }, index) => {
      expect(idx).toBe(index);
      expect(tag).toStartWith(String(index).padStart(4, "0"));
      // One older than the newest applied one would count as applied.
      expect(when).toBeGreaterThan(entries[index - 1]?.when ?? 0);
    });
    const snapshots = entries.map(({ idx }) => {
      const path = join(migrationsOf(name), `meta/${String(idx).padStart(4, "0")}_snapshot.json`);
      expect(existsSync(path)).toBe(true);
      return JSON.parse(readFileSync(path, "utf8")) as { id: string; prevId: string };
    });
    snapshots
      .slice(1)
      .forEach(({ prevId }, index) => expect(prevId).toBe(snapshots[index]?.id ?? ""));
  });

  test("create exactly the tables, columns, indexes and references that the code declares", async () => {
    const inCode = await shapesInCode(name);
    expect(shapesIn(migrated(name))).toEqual({ ...inCode, ...leftBehind(name) });
    const checked = empty[name].file.tables.map((table) => getTableName(table));
    expect(checked.toSorted()).toEqual(Object.keys(inCode).toSorted());
  });

  test("leave nothing for drizzle-kit to generate", async () => {
    expect(await migrationToGenerate(name)).toEqual([]);
  });

  // Databases are recognized by them, so one file is never mistaken for another.
  test("have times that occur in no other file", () => {
    const all = FILE_NAMES.flatMap((file) => entriesOf(file).map(({ when }) => when));
    expect(new Set(all).size).toBe(all.length);
  });

  test.each(entries.map(({ tag }, index) => [tag, index + 1] as const))(
    "upgrade from %s: every row is preserved, and the schema is that of a new database",
    (_, count) => {
      using folder = new MigrationFolder(name, count);
      const db = migrated(name, folder.path);
      fill(db);
      const before = rowsIn(db);
      expect(Object.values(before).every((rows) => rows.length === 3)).toBe(true);
      migrate(db, name);
      expect(restrictedTo(before, rowsIn(db))).toEqual(expected(name, before, count));
      expect(shapesIn(db)).toEqual(shapesIn(migrated(name)));
      expect(db.query("PRAGMA foreign_key_check").all()).toEqual([]);
      expect(db.query("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
      expect(db.query("PRAGMA foreign_keys").all()).toEqual([{ foreign_keys: 1 }]);
    },
  );

  test("run once: a second start finds nothing to do", () => {
    const db = migrated(name);
    const applied = (): unknown => db.query("SELECT * FROM __drizzle_migrations").all();
    const before = applied();
    migrate(db, name);
    expect(applied()).toEqual(before);
  });

  test("refuse a database of a newer version without changing it", () => {
    using folder = new MigrationFolder(name, entries.length);
    folder.add("9999_newer", "CREATE TABLE newer (a integer);");
    const db = migrated(name, folder.path);
    const before = shapesIn(db);
    expect(() => migrate(db, name)).toThrow(UnusableDatabase);
    expect(shapesIn(db)).toEqual(before);
  });

  const others = FILE_NAMES.filter((one) => one !== name);
  test.each(others)("refuse the file %s without changing it", (other) => {
    const db = migrated(other);
    const before = shapesIn(db);
    expect(() => migrate(db, name)).toThrow("it is a different file of this program");
    expect(shapesIn(db)).toEqual(before);
  });
});

test("an upgrade that rebuilds a table preserves the rows that refer to it", () => {
  using folder = new MigrationFolder("market", entriesOf("market").length);
  const db = migrated("market");
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
  migrate(db, "market", folder.path);
  const { quotes, interval_changes: changes } = rowsIn(db);
  expect({ quotes, changes }).toEqual({
    quotes: before["quotes"],
    changes: before["interval_changes"],
  });
});

describe("a migration that fails", () => {
  test.each([
    ["in the middle", ["CREATE TABLE half (a integer);", "DROP TABLE quotes;", "no SQL at all"]],
    ["at its end, for rows without their parent", ["DELETE FROM instruments;"]],
  ])(
    "%s leaves the database as it was, with foreign keys on, and the service can use it",
    (_, sql) => {
      using folder = new MigrationFolder("market", entriesOf("market").length);
      folder.add("9998_fine", "CREATE TABLE fine (a integer);");
      folder.add("9999_fails", ...sql);
      const db = migrated("market");
      fill(db);
      const before = { rows: rowsIn(db), shapes: shapesIn(db) };
      expect(() => migrate(db, "market", folder.path)).toThrow();
      expect({ rows: rowsIn(db), shapes: shapesIn(db) }).toEqual(before);
      expect(db.query("PRAGMA foreign_keys").all()).toEqual([{ foreign_keys: 1 }]);
      expect(db.inTransaction).toBe(false);
      migrate(db, "market");
      expect(shapesIn(db)).toEqual(before.shapes);
    },
  );
});
