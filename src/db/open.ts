import { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseFile } from "./database-file.ts";

/** How long a connection waits for another writer before it gives up, in milliseconds. */
export const WAIT_MS = {
  /** Nobody is served yet, or a command runs: our longest transaction takes some 50 ms, others' may take longer. */
  start: 5_000,
  /** The collector's thread sends heartbeats and reads replies meanwhile: it tries again later (db/write-queue). */
  collector: 100,
  /** Every request waits with the main thread: it tries again later, too. */
  mainThread: 20,
} as const;

/**
 * Page cache of one connection; negative means KiB to SQLite. A commit touches each page of the market once, and
 * the system keeps the file in its own cache: more than this costs memory twice and is not quicker.
 */
const CACHE_KIB = -2_000;

/** The WAL is cut back to this after a checkpoint, so that one long reader leaves no large file behind. */
const WAL_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * Opens a database file as every part of this program must: waits when busy, WAL, foreign keys enforced. Makes the
 * folder and the file when they are missing, unless `mustExist`. Throws SQLiteError when it cannot.
 */
export function openDb(
  { path, synchronous }: DatabaseFile,
  { mustExist = false }: { readonly mustExist?: boolean } = {},
): Database {
  if (path !== ":memory:" && !mustExist) mkdirSync(dirname(path), { recursive: true });
  const db = new Database(path, { create: !mustExist, readwrite: true, strict: true });
  try {
    waitAtMost(db, "start");
    db.run("PRAGMA journal_mode = WAL");
    db.run(`PRAGMA synchronous = ${synchronous}`);
    db.run("PRAGMA foreign_keys = ON");
    db.run(`PRAGMA cache_size = ${CACHE_KIB}`);
    db.run(`PRAGMA journal_size_limit = ${WAL_LIMIT_BYTES}`);
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}

/** Sets how long a connection waits for another writer from now on; openDb gives it the time of a start. */
export function waitAtMost(db: Database, who: keyof typeof WAIT_MS): void {
  db.run(`PRAGMA busy_timeout = ${WAIT_MS[who]}`);
}

/**
 * Runs `work` in one IMMEDIATE transaction: it commits whole or not at all. `work` is synchronous;
 * a deferred transaction that reads first would fail with SQLITE_BUSY_SNAPSHOT whatever the time-out.
 */
export function writeTransaction<T>(db: Database, work: () => T): T {
  return db.transaction(work).immediate();
}

/** Moves the WAL into the database file, as far as readers and writers allow. */
export function checkpoint(db: Database): void {
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
}
