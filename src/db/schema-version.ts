import type { Database } from "bun:sqlite";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { MIGRATIONS_FOLDER } from "./migrate.ts";

/** Tells whether the newest migration of a migrated database is the newest one of this program. */
export function schemaCheck(db: Database): () => boolean {
  const migrations = readMigrationFiles({ migrationsFolder: MIGRATIONS_FOLDER });
  const newestMs = Math.max(...migrations.map(({ folderMillis }) => folderMillis));
  const newest = db.query<{ at: number | null }, []>(
    "SELECT max(created_at) AS at FROM __drizzle_migrations",
  );
  return () => newest.get()?.at === newestMs;
}
