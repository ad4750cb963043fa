import type { Database } from "bun:sqlite";
import { join } from "node:path";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { migrate } from "drizzle-orm/bun-sqlite/migrator";
import { tryFileLock } from "./file-lock.ts";

export const MIGRATIONS_FOLDER = join(import.meta.dir, "../../migrations");

/** Two processes that start together take turns; a migration of a large table may take a while. */
const MIGRATION_LOCK_WAIT_MS = 60_000;

/**
 * Brings the schema up to date. Safe to call from several processes at once.
 * Foreign keys are off meanwhile and checked after: a table rebuild inside the migrator's transaction
 * would otherwise delete the rows that refer to it. Throws when a migration fails or leaves orphans.
 */
export function migrateDb(db: Database, path: string): void {
  const lock =
    path === ":memory:" ? null : tryFileLock(`${path}.migrate-lock`, MIGRATION_LOCK_WAIT_MS);
  if (lock === null && path !== ":memory:") {
    throw new Error("another process is migrating this database and does not end");
  }
  try {
    db.run("PRAGMA foreign_keys = OFF");
    migrate(drizzle(db), { migrationsFolder: MIGRATIONS_FOLDER });
    const orphans = db.query("PRAGMA foreign_key_check").all();
    if (orphans.length > 0)
      throw new Error(`a migration left ${orphans.length} rows without their parent`);
  } finally {
    db.run("PRAGMA foreign_keys = ON");
    lock?.release();
  }
}
