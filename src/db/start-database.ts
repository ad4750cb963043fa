import { Database } from "bun:sqlite";
import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { requireInstalled } from "../lib/start-failure.ts";
import type { DatabaseFile } from "./database-file.ts";
import { asUnusable, databaseFailure, UnusableDatabase, unusableLock } from "./failure.ts";
import { lockPath } from "./file-lock.ts";
import { migrateDb, MIGRATIONS_TABLE } from "./migrate.ts";
import { openDb, waitAtMost } from "./open.ts";
import { missingFromSchema } from "./missing-from-schema.ts";

/** SQLite from 3.7.0 to 3.51.2 can corrupt a database in WAL mode that two connections write (fixed in 3.51.3). */
const OLDEST_SQLITE = "3.51.3";

/** Files that SQLite keeps next to the database while it is open. */
export const SIDE_FILES = ["-wal", "-shm"] as const;

/**
 * Opens the database at startup: checks the file and brings its schema up to date. `onWarning` gets a sentence about a
 * possible mistake. Throws UnusableDatabase if it cannot be used, and the exceptions of requireInstalled.
 */
export function startDatabase(file: DatabaseFile, onWarning: (text: string) => void): Database {
  const { path } = file;
  requireInstalled(file.migrationsFolder);
  let db: Database | null = null;
  try {
    requireSqlite(path, sqliteVersion());
    const size = checkPlace(file, onWarning);
    if (size > 0) requireOurs(path);
    db = openDb(file);
    if (size <= MAX_CHECKED_BYTES) requireSound(db, path);
    migrateDb(db, file);
    requireTables(db, file);
    return db;
  } catch (error) {
    db?.close();
    throw asUnusable(path, error) ?? error;
  }
}

/** Throws UnusableDatabase if this SQLite version must not open a database in WAL mode. */
export function requireSqlite(path: string, version: string): void {
  if (Bun.semver.order(version, OLDEST_SQLITE) >= 0) return;
  const words = `SQLite ${version} can damage it, ${OLDEST_SQLITE} or newer is needed; run the Bun that package.json names`;
  throw new UnusableDatabase(path, words);
}

function sqliteVersion(): string {
  const db = new Database(":memory:");
  const row = db.query<{ version: string }, []>("SELECT sqlite_version() AS version").get();
  db.close();
  return row?.version ?? "0.0.0";
}

/**
 * A larger file, of years of history, would delay the start by seconds: damage of it is found by what reads it, as each
 * of its blobs has a checksum.
 */
const MAX_CHECKED_BYTES = 32 * 1024 * 1024;

/** Finds damaged pages now and not when they are needed: 10 ms for 14,000 rows. */
function requireSound(db: Database, path: string): void {
  const row = db.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").get();
  if (row?.quick_check === "ok") return;
  const damage = new Error(row?.quick_check ?? "no answer");
  throw asUnusable(path, Object.assign(damage, { code: "SQLITE_CORRUPT" })) ?? damage;
}

/** A database of another program is left untouched: not even its journal mode is changed. */
function requireOurs(path: string): void {
  const db = new Database(path, { readwrite: true });
  try {
    waitAtMost(db, "start");
    const tables = db
      .query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .all();
    if (tables.length === 0 || tables.some(({ name }) => name === MIGRATIONS_TABLE)) return;
  } finally {
    db.close();
  }
  throw new UnusableDatabase(path, "it is a database of another program; choose another file");
}

/** Throws UnusableDatabase if a table or column made by the migrations is gone. */
function requireTables(db: Database, file: DatabaseFile): void {
  const lost = missingFromSchema(db, file);
  if (lost === null) return;
  const words = `it lacks the ${lost}; restore a backup, or move it and the files next to it away to start empty`;
  throw new UnusableDatabase(file.path, words);
}

/** Checks the path and the files next to it; returns the size of the file in bytes, 0 if there is none. */
function checkPlace({ path, rights }: DatabaseFile, onWarning: (text: string) => void): number {
  const folder = dirname(path);
  const words = `its folder ${folder} cannot be created or written; give this user write access, or change DATABASE_PATH`;
  refusing(new UnusableDatabase(path, words), () => {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  });
  const locks = rights.map((right) => lockPath(path, right));
  for (const lock of locks) checkLock(lock);
  const unreachable = new UnusableDatabase(
    path,
    "it cannot be reached; DATABASE_PATH must be a file",
  );
  const size = refusing(unreachable, () => sizeOf(path));
  for (const suffix of SIDE_FILES)
    if (refusing(unreachable, () => sizeOf(path + suffix)) === "no file")
      throw new UnusableDatabase(path + suffix, "it is not a file; move it away");
  if (size === "no file")
    throw new UnusableDatabase(path, "it is not a file; DATABASE_PATH must be a file");
  if (size !== null)
    refusing(
      new UnusableDatabase(path, "it cannot be read and written; give this user access"),
      () => accessSync(path, constants.R_OK | constants.W_OK),
    );
  if (size !== null && size > 0) return size;
  if (locks.every((lock) => sizeOf(lock) === null)) return 0;
  const found = size === null ? "is missing" : "is empty";
  onWarning(
    `database ${path} ${found}, although a service has run on it: it starts empty; stop it and restore a backup if that is a mistake`,
  );
  return 0;
}

/**
 * A lock file is empty or a SQLite file. Read through SQLite: closing a file directly would release all locks that this
 * process holds on it.
 */
function checkLock(path: string): void {
  refusing(unusableLock(path), () => {
    const size = sizeOf(path);
    if (size === null) return;
    // Opening a pipe, for example, would block forever.
    if (size === "no file") throw new Error("it is no file");
    accessSync(path, constants.R_OK | constants.W_OK);
    const file = new Database(path, { readonly: true });
    try {
      file.query("PRAGMA schema_version").get();
    } catch (error) {
      if (databaseFailure(error)?.name !== "locked") throw error;
    } finally {
      file.close();
    }
  });
}

/** Bytes of the file at `path`, null if there is nothing. */
function sizeOf(path: string): number | "no file" | null {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  return found.isFile() ? found.size : "no file";
}

/** Runs a file system check; any exception is replaced by `refusal`, which is written for the operator. */
function refusing<Found>(refusal: UnusableDatabase, check: () => Found): Found {
  try {
    return check();
  } catch (error) {
    refusal.cause = error;
    throw refusal;
  }
}
