import { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Right } from "./database-file.ts";
import { databaseFailure, unusableLock } from "./failure.ts";
import { fileIdentity, realPath } from "./file-identity.ts";

/**
 * The file whose holder has a right on the database at `path`: beside the file itself, so that processes that know
 * it by different names (a link) ask for one lock.
 */
export function lockPath(path: string, right: Right): string {
  return `${realPath(path)}.${right}-lock`;
}

/** An exclusive right that the kernel frees when its holder dies, however it dies. */
export interface FileLock {
  /** False once its file was deleted or replaced: others then take another lock of the same name. */
  isInPlace(): boolean;
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
 * Throws UnusableDatabase when something else lies there.
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
