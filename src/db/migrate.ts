import type { Database } from "bun:sqlite";
import { readMigrationFiles } from "drizzle-orm/migrator";
import type { DatabaseFile } from "./database-file.ts";
import { databaseFailure, UnusableDatabase } from "./failure.ts";
import { lockPath, tryFileLock } from "./file-lock.ts";
import { writeTransaction } from "./open.ts";

/** Processes that start together take turns; a migration of a large table may take a while. */
const MIGRATION_LOCK_WAIT_MS = 60_000;

/** How often to wait for another program's transaction, each time for the connection's busy time-out of seconds. */
const LOCKED_TRIES = 6;

const NEWER =
  "a newer version of this program has migrated it; use that version, or restore an older backup";

const ANOTHER_FILE = "it is a different file of this program; choose the right one";

const MIGRATED_BY_ANOTHER =
  "another process is migrating it and does not finish; check that process";

/** Present in every database of this program, and in no other. */
export const MIGRATIONS_TABLE = "__drizzle_migrations";

/** The same table as drizzle's own migrator creates, so that its tools can read it. */
const CREATE_APPLIED = `CREATE TABLE IF NOT EXISTS "${MIGRATIONS_TABLE}" (
  id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)`;

type Migration = ReturnType<typeof readMigrationFiles>[number];

/**
 * Brings the schema up to date; an up-to-date schema is only read. Safe to call from several processes at once.
 * Throws UnusableDatabase if the schema belongs to a newer version or to another file, or if another process does not
 * finish migrating, and any exception of a migration; nothing is stored then.
 */
export function migrateDb(db: Database, file: DatabaseFile): void {
  const { path, migrationsFolder } = file;
  const migrations = readMigrationFiles({ migrationsFolder });
  if (missing(db, path, migrations).length === 0) return;
  const lock =
    path === ":memory:" ? null : tryFileLock(lockPath(path, "migrate"), MIGRATION_LOCK_WAIT_MS);
  if (lock === null && path !== ":memory:")
    throw new UnusableDatabase(path, MIGRATED_BY_ANOTHER, 1);
  try {
    besideSource(db, file, () => patiently(() => apply(db, path, migrations)));
  } finally {
    lock?.release();
  }
}

/**
 * Runs `work` with the file attached that rows are copied from. Migrations only read it: each file has its own WAL, so a
 * transaction that wrote to both could be committed in only one of them.
 */
function besideSource(db: Database, { copiesFrom }: DatabaseFile, work: () => void): void {
  if (copiesFrom === null) return work();
  db.run(`ATTACH DATABASE ? AS ${copiesFrom.as}`, [copiesFrom.path]);
  try {
    work();
  } finally {
    db.run(`DETACH DATABASE ${copiesFrom.as}`);
  }
}

/**
 * Applies missing migrations in one transaction. Foreign keys are switched off before it (inside has no effect) and
 * checked before the commit: a table rebuild would otherwise delete the rows that refer to it.
 */
function apply(db: Database, path: string, migrations: readonly Migration[]): void {
  db.run("PRAGMA foreign_keys = OFF");
  try {
    writeTransaction(db, () => {
      db.run(CREATE_APPLIED);
      const note = db.query(`INSERT INTO ${MIGRATIONS_TABLE} (hash, created_at) VALUES (?, ?)`);
      for (const { sql, hash, folderMillis } of missing(db, path, migrations)) {
        for (const statement of sql) db.run(statement);
        note.run(hash, folderMillis);
      }
      const orphans = db.query("PRAGMA foreign_key_check").all();
      if (orphans.length > 0)
        throw new Error(`a migration left ${orphans.length} rows without a parent`);
    });
  } finally {
    db.run("PRAGMA foreign_keys = ON");
  }
}

/** The migrations not applied yet. Throws UnusableDatabase if one was applied that this version does not know. */
function missing(db: Database, path: string, migrations: readonly Migration[]): Migration[] {
  const table = db
    .query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?")
    .get(MIGRATIONS_TABLE);
  if (table === null) return [...migrations];
  const applied = new Set(
    db
      .query<{ at: number }, []>(`SELECT created_at AS at FROM ${MIGRATIONS_TABLE}`)
      .all()
      .map(({ at }) => Number(at)),
  );
  const [first] = migrations;
  if (applied.size > 0 && first !== undefined && !applied.has(first.folderMillis))
    throw new UnusableDatabase(path, ANOTHER_FILE);
  const unknown = applied.difference(new Set(migrations.map((one) => one.folderMillis)));
  if (unknown.size > 0) throw new UnusableDatabase(path, NEWER);
  return migrations.filter((one) => !applied.has(one.folderMillis));
}

/** Retries `work` while another program holds the write lock, a bounded number of times. */
function patiently(work: () => void): void {
  for (let tries = 1; ; tries += 1) {
    try {
      work();
      return;
    } catch (error) {
      if (databaseFailure(error)?.name !== "locked" || tries >= LOCKED_TRIES) throw error;
    }
  }
}
