import { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";

/** A writer waits this long for another one; our longest transaction takes some 50 ms. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * Page cache of one connection; negative means KiB to SQLite. A commit touches each page of the market once, and
 * the system keeps the file in its own cache: more than this costs memory twice and is not quicker.
 */
const CACHE_KIB = -2_000;

/** The WAL is cut back to this after a checkpoint, so that one long reader leaves no large file behind. */
const WAL_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * Opens the database as every part of this program must: waits when busy, WAL, foreign keys enforced.
 * Makes the folder and the file when they are missing. Throws SQLiteError when it cannot.
 */
export function openDb(path: string): Database {
  if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
  const db = new Database(path, { create: true, strict: true });
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  db.run("PRAGMA journal_mode = WAL");
  db.run("PRAGMA synchronous = NORMAL");
  db.run("PRAGMA foreign_keys = ON");
  db.run(`PRAGMA cache_size = ${CACHE_KIB}`);
  db.run(`PRAGMA journal_size_limit = ${WAL_LIMIT_BYTES}`);
  return db;
}

/**
 * Runs `work` in one IMMEDIATE transaction: it commits whole or not at all. `work` is synchronous;
 * a deferred transaction that reads first would fail with SQLITE_BUSY_SNAPSHOT whatever the time-out.
 */
export function writeTransaction<T>(db: Database, work: () => T): T {
  return db.transaction(work).immediate();
}

/** Moves the WAL into the database file, as far as readers allow. */
export function checkpoint(db: Database): void {
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
}

/** Closes the connection with all of the WAL in the database file, where that is possible; throws why it was not. */
export function closeDb(db: Database): void {
  try {
    checkpoint(db);
  } finally {
    db.close();
  }
}
