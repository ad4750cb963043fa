import type { Database } from "bun:sqlite";
import { type SQL, sql } from "drizzle-orm";
import { type BunSQLiteDatabase, drizzle } from "drizzle-orm/bun-sqlite";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";

/** Drizzle's typed queries on a connection. What runs often is prepared once, by the constructor of a repository. */
export function queryBuilder(db: Database): BunSQLiteDatabase {
  return drizzle({ client: keepingStatements(db) });
}

/**
 * The connection as drizzle uses it. Statements are those that it keeps and finalizes when it is closed: with one of
 * `prepare` the file and its log would stay open for as long as the process lives.
 */
function keepingStatements(db: Database): Database {
  const client: Pick<Database, "prepare"> = { prepare: (text: string) => db.query(text) };
  // Guaranteed by its driver: transactions apart, which are ours, it calls nothing else.
  return client as Database;
}

/** A value that is given when a prepared query runs, by its name, and written as `column` writes its values. */
export function given(name: string, column: SQLiteColumn): SQL {
  return sql`${sql.param(sql.placeholder(name), column)}`;
}
