import { Database } from "bun:sqlite";
import {
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import type { DatabaseFile } from "../../src/db/database-file.ts";
import { lockPath } from "../../src/db/file-lock.ts";
import { migrateDb } from "../../src/db/migrate.ts";
import { checkpoint, openDb } from "../../src/db/open.ts";

/** A migrated database with the pages of its file written. */
export function makeDatabase(file: DatabaseFile): void {
  const db = openDb(file);
  migrateDb(db, file);
  checkpoint(db);
  db.close();
  rmSync(lockPath(file.path, "migrate"));
}

function change(path: string, sql: string): void {
  const db = new Database(path);
  db.run(sql);
  db.close();
}

/** Why a file cannot be used, how that comes about, and what the line must contain after `database PATH: `. */
type Refusal = readonly [string, (file: DatabaseFile) => void, RegExp];

export const REFUSED: readonly Refusal[] = [
  [
    "that a newer version has migrated",
    (file) => {
      makeDatabase(file);
      change(file.path, "INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('x', 9e12)");
    },
    /a newer version of this program has migrated it; use that version, or restore an older backup/,
  ],
  [
    "that is not a database",
    ({ path }) => writeFileSync(path, "hello ".repeat(1_000)),
    /damaged or not an SQLite database; restore a backup.*\(SQLITE_NOTADB\)/,
  ],
  [
    "that was cut off in the middle",
    (file) => {
      makeDatabase(file);
      truncateSync(file.path, statSync(file.path).size / 2);
    },
    /damaged or not an SQLite database; restore a backup.*\(SQLITE_CORRUPT\)/,
  ],
  [
    "that was cut off within the first page",
    (file) => {
      makeDatabase(file);
      truncateSync(file.path, 100);
    },
    /damaged or not an SQLite database; restore a backup/,
  ],
  [
    "with a page of garbage",
    (file) => {
      makeDatabase(file);
      const bytes = readFileSync(file.path);
      writeFileSync(file.path, bytes.fill(0xab, 8_192, 20_000));
    },
    /damaged or not an SQLite database; restore a backup.*\(SQLITE_CORRUPT\)/,
  ],
  [
    "in whose place is a folder",
    ({ path }) => mkdirSync(path),
    /it is not a file; DATABASE_PATH must be a file/,
  ],
  [
    "that is a link to itself",
    ({ path }) => symlinkSync(path, path),
    /it cannot be reached; DATABASE_PATH must be a file/,
  ],
  [
    "of another program",
    ({ path }) => change(path, "CREATE TABLE songs (id INTEGER PRIMARY KEY)"),
    /it is a database of another program; choose another file/,
  ],
];

/** The same for what concerns a file's own tables: its name first. */
export const REFUSED_FOR_TABLES: readonly (readonly [DatabaseFile["name"], ...Refusal])[] = [
  lacking("market", "table quotes", "DROP TABLE quotes"),
  lacking("market", "column quotes.frozen", "ALTER TABLE quotes DROP COLUMN frozen"),
  namesake("market", "instruments"),
  lacking("accounts", "table alert_states", "DROP TABLE alert_states"),
  lacking(
    "accounts",
    "column alert_outbox.failure",
    "ALTER TABLE alert_outbox DROP COLUMN failure",
  ),
  namesake("accounts", "alert_states"),
];

function lacking(name: string, lost: string, sql: string): readonly [string, ...Refusal] {
  const make = (file: DatabaseFile): void => {
    makeDatabase(file);
    change(file.path, sql);
  };
  return [
    name,
    `that lacks the ${lost}`,
    make,
    new RegExp(`it lacks the ${lost}; restore a backup`),
  ];
}

function namesake(name: string, table: string): readonly [string, ...Refusal] {
  return [
    name,
    `of another program that has a table ${table}, too`,
    ({ path }) => change(path, `CREATE TABLE ${table} (id INTEGER PRIMARY KEY)`),
    /it is a database of another program; choose another file/,
  ];
}

/** What exists in place of a lock file, and the suffix of that file. */
export const BAD_LOCKS: readonly (readonly [string, string, (path: string) => void])[] = [
  ["junk", ".collector-lock", (path) => writeFileSync(path, "junk ".repeat(1_000))],
  ["junk", ".migrate-lock", (path) => writeFileSync(path, "junk")],
  ["a folder", ".collector-lock", (path) => mkdirSync(path)],
  ["a folder", ".migrate-lock", (path) => mkdirSync(path)],
  ["a pipe", ".collector-lock", (path) => void Bun.spawnSync(["mkfifo", path])],
  ["a link to itself", ".migrate-lock", (path) => symlinkSync(path, path)],
];
