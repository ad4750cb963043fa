import type { Database } from "bun:sqlite";
import { readMigrationFiles } from "drizzle-orm/migrator";
import type { DatabaseFile } from "./database-file.ts";
import { databaseFailure, UnusableDatabase } from "./failure.ts";
import { lockPath, tryFileLock } from "./file-lock.ts";
import { writeTransaction } from "./open.ts";

/** Two processes that start together take turns; a migration of a large table may take a while. */
const MIGRATION_LOCK_WAIT_MS = 60_000;

/** Another program's transaction is waited for this often, each time for the connection's own wait of seconds. */
const LOCKED_TRIES = 6;

const NEWER =
  "a newer version of this program has migrated it; start that version, or restore a backup from before";

const ANOTHER_FILE = "it is another one of this program's own files; name the right file";

const MIGRATED_BY_ANOTHER =
  "another process is migrating it and does not end; see what that process does";

/** Every database of this program has it, and no other. */
export const MIGRATIONS_TABLE = "__drizzle_migrations";

/** As drizzle's own migrator makes it, so that its tools can read it. */
const CREATE_APPLIED = `CREATE TABLE IF NOT EXISTS "${MIGRATIONS_TABLE}" (
  id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)`;

type Migration = ReturnType<typeof readMigrationFiles>[number];

/**
 * Brings the schema up to date; a schema that is so is only read. Safe to call from several processes at once.
 * Throws UnusableDatabase when its schema is of a newer version or of another file, or another process does not end
 * migrating, and what a migration throws; nothing of any migration is stored then.
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
 * Runs `work` with the file attached that rows are copied from. Migrations only read it: with a log of its own for each
 * file, a transaction that wrote to both could be stored in one of them alone.
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
 * Applies what is missing in one transaction. Foreign keys are off meanwhile, which takes effect outside of it only,
 * and checked before the end: a table rebuild would otherwise delete the rows that refer to it.
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
        throw new Error(`a migration left ${orphans.length} rows without their parent`);
    });
  } finally {
    db.run("PRAGMA foreign_keys = ON");
  }
}

/** The migrations that were not applied yet. Throws UnusableDatabase when one was that this version does not know. */
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

/** Runs `work` again while another program holds the write lock, a bounded number of times. */
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
