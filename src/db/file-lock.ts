import { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Right } from "./database-file.ts";
import { databaseFailure, unusableLock } from "./failure.ts";
import { fileIdentity, realPath } from "./file-identity.ts";

/**
 * The lock file for a right on the database at `path`: next to the resolved file, so that processes that use different
 * names (a link) share one lock.
 */
export function lockPath(path: string, right: Right): string {
  return `${realPath(path)}.${right}-lock`;
}

/** An exclusive right that the kernel releases when its holder dies, however it dies. */
export interface FileLock {
  /** False once its file was deleted or replaced: others can then take a new lock with the same name. */
  isInPlace(): boolean;
  release(): void;
}

/**
 * Every lock held by this thread. Referenced here because an unreachable Database is
 * garbage-collected, which would release its lock.
 */
const HELD = new Set<Database>();

/**
 * Takes the lock of `path` (a small SQLite file, created if missing), or returns null if another process or
 * thread still holds it after `waitMs` milliseconds. BEGIN EXCLUSIVE holds an operating-system file lock.
 * Throws UnusableDatabase if the path is something else.
 */
export function tryFileLock(path: string, waitMs = 0): FileLock | null {
  mkdirSync(dirname(path), { recursive: true });
  let db: Database | null = null;
  try {
    db = new Database(path, { create: true });
    db.run(`PRAGMA busy_timeout = ${waitMs}`);
    db.run("BEGIN EXCLUSIVE");
  } catch (error) {
    db?.close();
    const failure = databaseFailure(error);
    if (failure?.name === "locked") return null;
    if (failure?.exitStatus === 3) throw unusableLock(path, error);
    throw error;
  }
  const held = db;
  HELD.add(held);
  const identity = fileIdentity(path);
  return {
    isInPlace: () => identity !== null && fileIdentity(path) === identity,
    release() {
      if (!HELD.delete(held)) return;
      held.run("ROLLBACK");
      held.close();
    },
  };
}
