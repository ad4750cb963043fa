import { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseFile } from "./database-file.ts";

/** How long a connection waits for another writer before it gives up, in milliseconds. */
export const WAIT_MS = {
  /** Nothing is served yet, or a command runs: our longest transaction takes some 50 ms, others' may take longer. */
  start: 5_000,
  /** The collector thread also sends heartbeats and reads replies: it retries later (db/write-queue). */
  collector: 100,
  /** Every request waits for the main thread: it retries later, too. */
  mainThread: 20,
  /** Readers of a WAL wait for no writer, only while one opens or restores the file. */
  reader: 1_000,
} as const;

/**
 * Page cache of one connection; negative means KiB in SQLite. A commit touches each page of the market once, and the
 * file is in the system's page cache anyway: more than this uses memory twice and is not faster.
 */
const CACHE_KIB = -2_000;

/** The WAL is truncated to this after a checkpoint, so that one long reader leaves no large file behind. */
const WAL_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * Opens a database file with the settings this program needs: busy time-out, WAL, foreign keys enforced. Creates the
 * folder and the file if missing, unless `mustExist`. Throws SQLiteError if it cannot be opened.
 */
export function openDb(
  { path, synchronous, givesSpaceBack }: DatabaseFile,
  { mustExist = false }: { readonly mustExist?: boolean } = {},
): Database {
  if (path !== ":memory:" && !mustExist) mkdirSync(dirname(path), { recursive: true });
  const db = new Database(path, { create: !mustExist, readwrite: true, strict: true });
  try {
    waitAtMost(db, "start");
    // Only possible before the first table, and it waits for other writers; the WAL mode writes the file's header.
    if (givesSpaceBack && isEmpty(db)) db.run("PRAGMA auto_vacuum = INCREMENTAL");
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

function isEmpty(db: Database): boolean {
  return db.query<{ page_count: number }, []>("PRAGMA page_count").get()?.page_count === 0;
}

/**
 * Opens an existing database file for reading only. Throws SQLiteError if it cannot be opened; damage may be found only
 * when it is read.
 */
export function openReadOnly({ path }: DatabaseFile): Database {
  const db = new Database(path, { readonly: true, strict: true });
  try {
    waitAtMost(db, "reader");
    db.run("PRAGMA query_only = ON");
    db.run(`PRAGMA cache_size = ${CACHE_KIB}`);
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}

/** Sets how long a connection waits for another writer from now on; openDb sets the time for startup. */
export function waitAtMost(db: Database, who: keyof typeof WAIT_MS): void {
  db.run(`PRAGMA busy_timeout = ${WAIT_MS[who]}`);
}

/**
 * Runs `work` in one IMMEDIATE transaction: it commits completely or not at all. `work` is synchronous;
 * a deferred transaction that reads first would fail with SQLITE_BUSY_SNAPSHOT whatever the time-out.
 */
export function writeTransaction<T>(db: Database, work: () => T): T {
  return db.transaction(work).immediate();
}

/** Checkpoints the WAL into the database file, as far as readers and writers allow. */
export function checkpoint(db: Database): void {
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
}
