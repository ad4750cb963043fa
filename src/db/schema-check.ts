import type { Database } from "bun:sqlite";
import { getTableConfig, SQLiteTable } from "drizzle-orm/sqlite-core";
import * as alerts from "./accounts/schema.ts";
import * as market from "./market/schema.ts";
import * as opportunities from "./market/opportunity-schema.ts";

/** The first table or column of the schema that the database does not have, in words; null where all are there. */
export function missingFromSchema(db: Database): string | null {
  const columnsOf = db.query<{ name: string }, [string]>("SELECT name FROM pragma_table_info(?)");
  for (const table of Object.values({ ...alerts, ...market, ...opportunities })) {
    if (!(table instanceof SQLiteTable)) continue;
    const { name, columns } = getTableConfig(table);
    const found = new Set(columnsOf.all(name).map((column) => column.name));
    if (found.size === 0) return `table ${name}`;
    const lost = columns.find((column) => !found.has(column.name));
    if (lost !== undefined) return `column ${name}.${lost.name}`;
  }
  return null;
}
