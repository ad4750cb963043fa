import type { Database } from "bun:sqlite";
import { getTableConfig } from "drizzle-orm/sqlite-core";
import type { DatabaseFile } from "./database-file.ts";

/** The first table or column of the schema that the database lacks, as text; null if it is complete. */
export function missingFromSchema(db: Database, { tables }: DatabaseFile): string | null {
  const columnsOf = db.query<{ name: string }, [string]>("SELECT name FROM pragma_table_info(?)");
  for (const table of tables) {
    const { name, columns } = getTableConfig(table);
    const found = new Set(columnsOf.all(name).map((column) => column.name));
    if (found.size === 0) return `table ${name}`;
    const lost = columns.find((column) => !found.has(column.name));
    if (lost !== undefined) return `column ${name}.${lost.name}`;
  }
  return null;
}
