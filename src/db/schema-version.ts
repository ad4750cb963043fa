import type { Database } from "bun:sqlite";
import { readMigrationFiles } from "drizzle-orm/migrator";
import type { DatabaseFile } from "./database-file.ts";

/** Tells whether the newest migration of a migrated database is the newest one of this program. */
export function schemaCheck(db: Database, { migrationsFolder }: DatabaseFile): () => boolean {
  const migrations = readMigrationFiles({ migrationsFolder });
  const newestMs = Math.max(...migrations.map(({ folderMillis }) => folderMillis));
  const newest = db.query<{ at: number | null }, []>(
    "SELECT max(created_at) AS at FROM __drizzle_migrations",
  );
  return () => newest.get()?.at === newestMs;
}
