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
import { lockPath } from "../../src/db/file-lock.ts";
import { migrateDb } from "../../src/db/migrate.ts";
import { checkpoint, openDb } from "../../src/db/open.ts";

/** A migrated database with the pages of its file written. */
export function makeDatabase(path: string): void {
  const db = openDb(path);
  migrateDb(db, path);
  checkpoint(db);
  db.close();
  rmSync(lockPath(path, "migrate"));
}

function change(path: string, sql: string): void {
  const db = new Database(path);
  db.run(sql);
  db.close();
}

/** Why it cannot be used, how it comes about, and what the line must say behind `database PATH: `. */
export const REFUSED: readonly (readonly [string, (path: string) => void, RegExp])[] = [
  [
    "that a newer version has migrated",
    (path) => {
      makeDatabase(path);
      change(path, "INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('x', 9e12)");
    },
    /a newer version of this program has migrated it; start that version, or restore a backup/,
  ],
  [
    "that is no database",
    (path) => writeFileSync(path, "hello ".repeat(1_000)),
    /damaged or no SQLite database; restore a backup.*\(SQLITE_NOTADB\)/,
  ],
  [
    "that was cut off in the middle",
    (path) => {
      makeDatabase(path);
      truncateSync(path, statSync(path).size / 2);
    },
    /damaged or no SQLite database; restore a backup.*\(SQLITE_CORRUPT\)/,
  ],
  [
    "that was cut off within the first page",
    (path) => {
      makeDatabase(path);
      truncateSync(path, 100);
    },
    /damaged or no SQLite database; restore a backup/,
  ],
  [
    "with a page of garbage",
    (path) => {
      makeDatabase(path);
      const bytes = readFileSync(path);
      writeFileSync(path, bytes.fill(0xab, 8_192, 20_000));
    },
    /damaged or no SQLite database; restore a backup.*\(SQLITE_CORRUPT\)/,
  ],
  [
    "in whose place a folder lies",
    (path) => mkdirSync(path),
    /no file lies there; DATABASE_PATH must name a file/,
  ],
  [
    "that is a link to itself",
    (path) => symlinkSync(path, path),
    /it cannot be reached; DATABASE_PATH must name a file/,
  ],
  [
    "of another program",
    (path) => change(path, "CREATE TABLE songs (id INTEGER PRIMARY KEY)"),
    /it is a database of another program; name another file/,
  ],
  [
    "of another program that has a table of one of our names",
    (path) => change(path, "CREATE TABLE instruments (id INTEGER PRIMARY KEY)"),
    /it is a database of another program; name another file/,
  ],
  [
    "that lacks a table",
    (path) => {
      makeDatabase(path);
      change(path, "DROP TABLE quotes");
    },
    /it lacks the table quotes; restore a backup/,
  ],
  [
    "that lacks a column",
    (path) => {
      makeDatabase(path);
      change(path, "ALTER TABLE alert_outbox DROP COLUMN failure");
    },
    /it lacks the column alert_outbox\.failure; restore a backup/,
  ],
];

/** What lies where a lock file should, and the suffix of that file. */
export const BAD_LOCKS: readonly (readonly [string, string, (path: string) => void])[] = [
  ["junk", ".collector-lock", (path) => writeFileSync(path, "junk ".repeat(1_000))],
  ["junk", ".migrate-lock", (path) => writeFileSync(path, "junk")],
  ["a folder", ".collector-lock", (path) => mkdirSync(path)],
  ["a folder", ".migrate-lock", (path) => mkdirSync(path)],
  ["a pipe", ".collector-lock", (path) => void Bun.spawnSync(["mkfifo", path])],
  ["a link to itself", ".migrate-lock", (path) => symlinkSync(path, path)],
];
