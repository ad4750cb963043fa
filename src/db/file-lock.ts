import { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";

/** An exclusive right that the kernel frees when its holder dies, however it dies. */
export interface FileLock {
  release(): void;
}

/**
 * Every lock held by this thread. Kept here because a Database that becomes unreachable is
 * garbage-collected, and its lock would go with it.
 */
const HELD = new Set<Database>();

/**
 * Takes the lock of `path` (a small SQLite file, made when missing), or returns null when another process
 * or thread holds it for `waitMs` milliseconds. BEGIN EXCLUSIVE holds an operating-system file lock.
 */
export function tryFileLock(path: string, waitMs = 0): FileLock | null {
  mkdirSync(dirname(path), { recursive: true });
  const db = new Database(path, { create: true });
  try {
    db.run(`PRAGMA busy_timeout = ${waitMs}`);
    db.run("BEGIN EXCLUSIVE");
  } catch (error) {
    db.close();
    if (isBusy(error)) return null;
    throw error;
  }
  HELD.add(db);
  return {
    release() {
      if (!HELD.delete(db)) return;
      db.run("ROLLBACK");
      db.close();
    },
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_BUSY");
}
