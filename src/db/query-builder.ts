import type { Database } from "bun:sqlite";
import { type SQL, sql } from "drizzle-orm";
import { type BunSQLiteDatabase, drizzle } from "drizzle-orm/bun-sqlite";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";

/** Drizzle's typed queries on a connection. Frequent statements are prepared once, in a repository's constructor. */
export function queryBuilder(db: Database): BunSQLiteDatabase {
  return drizzle({ client: keepingStatements(db) });
}

/**
 * The connection as used by drizzle. Statements come from `query`, which finalizes them on close: those of `prepare`
 * would keep the file and its WAL open until the process exits.
 */
function keepingStatements(db: Database): Database {
  const client: Pick<Database, "prepare"> = { prepare: (text: string) => db.query(text) };
  // Guaranteed by its driver: it calls nothing else, except for transactions, which we run ourselves.
  return client as Database;
}

/** A named parameter of a prepared query, encoded like the values of `column`. */
export function given(name: string, column: SQLiteColumn): SQL {
  return sql`${sql.param(sql.placeholder(name), column)}`;
}
