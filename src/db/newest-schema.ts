import type { Database } from "bun:sqlite";
import { max } from "drizzle-orm";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { integer, sqliteTable } from "drizzle-orm/sqlite-core";
import type { DatabaseFile } from "./database-file.ts";
import { MIGRATIONS_TABLE } from "./migrate.ts";
import { queryBuilder } from "./query-builder.ts";

/** The table in which db/migrate records migrations, as far as it is read here. */
const applied = sqliteTable(MIGRATIONS_TABLE, { at: integer("created_at") });

/** Tests whether the newest applied migration of a database is the newest one of this program. */
export function newestSchemaCheck(db: Database, { migrationsFolder }: DatabaseFile): () => boolean {
  const migrations = readMigrationFiles({ migrationsFolder });
  const newestMs = Math.max(...migrations.map(({ folderMillis }) => folderMillis));
  const newest = queryBuilder(db)
    .select({ at: max(applied.at) })
    .from(applied)
    .prepare();
  return () => newest.get()?.at === newestMs;
}
