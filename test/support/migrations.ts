import type { Database } from "bun:sqlite";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateSQLiteDrizzleJson, generateSQLiteMigration } from "drizzle-kit/api";
import { getTableConfig, SQLiteTable } from "drizzle-orm/sqlite-core";
import { accountsFile } from "../../src/db/accounts/file.ts";
import type { DatabaseFile } from "../../src/db/database-file.ts";
import { historyFile } from "../../src/db/history/file.ts";
import { marketFile } from "../../src/db/market/file.ts";
import { migrateDb } from "../../src/db/migrate.ts";
import { openDb } from "../../src/db/open.ts";
import { columnsIn, tablesIn } from "./table-rows.ts";

const ROOT = join(import.meta.dir, "../..");

/** Each file of the service for the path of the market file, by the folder of its migrations. */
const FILES = { market: marketFile, accounts: accountsFile, history: historyFile } satisfies Record<
  string,
  (databasePath: string) => DatabaseFile
>;
export type FileName = keyof typeof FILES;
export const FILE_NAMES = Object.keys(FILES) as readonly FileName[];

/** A value for each file of the service. */
export function forEachFile<Value>(
  valueOf: (name: FileName) => Value,
): Readonly<Record<FileName, Value>> {
  const values = FILE_NAMES.map((name) => [name, valueOf(name)] as const);
  return Object.fromEntries(values) as Record<FileName, Value>;
}

export function migrationsOf(name: FileName): string {
  return join(ROOT, "migrations", name);
}

interface JournalEntry {
  readonly idx: number;
  readonly when: number;
  readonly tag: string;
}

export interface Journal {
  readonly entries: readonly JournalEntry[];
}

export function journalOf(folder: string): Journal {
  return JSON.parse(readFileSync(join(folder, "meta/_journal.json"), "utf8")) as Journal;
}

/** The migrations of an earlier version, and perhaps more that were never committed; removed at the end. */
export class MigrationFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "migrations-"));

  /** The first `count` migrations of a file. */
  constructor(name: FileName, count: number) {
    const folder = migrationsOf(name);
    cpSync(folder, this.path, { recursive: true });
    const journal = journalOf(folder);
    this.#write({ ...journal, entries: journal.entries.slice(0, count) });
  }

  /** Adds a migration newer than all others. */
  add(tag: string, ...statements: string[]): void {
    const journal = journalOf(this.path);
    const last = journal.entries.at(-1) ?? { idx: -1, when: 0, tag: "" };
    writeFileSync(join(this.path, `${tag}.sql`), statements.join("--> statement-breakpoint\n"));
    const entry = { ...last, idx: last.idx + 1, when: last.when + 1, tag, breakpoints: true };
    this.#write({ ...journal, entries: [...journal.entries, entry] });
  }

  #write(journal: Journal): void {
    writeFileSync(join(this.path, "meta/_journal.json"), JSON.stringify(journal));
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

/**
 * Empty databases in memory, of one file of the service, with the service's connection settings. Migrations that read
 * the market file find a migrated one without rows.
 */
export class EmptyDatabases implements Disposable {
  readonly file: DatabaseFile;
  readonly #folder = mkdtempSync(join(tmpdir(), "migrated-"));

  constructor(name: FileName) {
    const market = marketFile(join(this.#folder, "market.db"));
    const db = openDb(market);
    migrateDb(db, market);
    db.close();
    this.file = { ...FILES[name](market.path), path: ":memory:" };
  }

  open(): Database {
    return openDb(this.file);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}

/** A table's definition, in the same form whether it comes from a database or from the schema in the code. */
export interface TableShape {
  /** `name type`, with `not null`, `primary key` and the default, in the order of their names. */
  readonly columns: readonly string[];
  /** The columns of the primary key, in its order. */
  readonly primaryKey: readonly string[];
  /** `name (columns)`, with `unique`. */
  readonly indexes: readonly string[];
  /** `column -> table.column on delete …`. */
  readonly references: readonly string[];
}

export function shapesIn(db: Database): Readonly<Record<string, TableShape>> {
  return Object.fromEntries(tablesIn(db).map((table) => [table, shapeIn(db, table)]));
}

function shapeIn(db: Database, table: string): TableShape {
  const indexes = db
    .query<{ name: string; unique: number; origin: string }, []>(`PRAGMA index_list("${table}")`)
    .all()
    .filter(({ origin }) => origin === "c")
    .map(({ name, unique }) => {
      const columns = db.query<{ name: string }, []>(`PRAGMA index_info("${name}")`).all();
      return indexText(
        name,
        unique === 1,
        columns.map((column) => column.name),
      );
    });
  const references = db
    .query<Record<"from" | "table" | "to" | "on_delete", string>, []>(
      `PRAGMA foreign_key_list("${table}")`,
    )
    .all()
    .map(({ from, table: parent, to, on_delete }) => referenceText(from, parent, to, on_delete));
  const columns = columnsIn(db, table);
  return {
    columns: columns
      .map(({ name, type, notnull, dflt_value: fallback, pk }) =>
        columnText({ name, type, notNull: notnull === 1, primary: pk > 0, fallback }),
      )
      .toSorted(),
    primaryKey: columns
      .filter(({ pk }) => pk > 0)
      .toSorted((one, other) => one.pk - other.pk)
      .map(({ name }) => name),
    indexes: indexes.toSorted(),
    references: references.toSorted(),
  };
}

/** What every schema in a file's folder exports. */
async function schemaOf(name: FileName): Promise<Record<string, unknown>> {
  const schema: Record<string, unknown> = {};
  const files = new Bun.Glob(`src/db/${name}/*schema.ts`).scan({ cwd: ROOT, absolute: true });
  for await (const file of files) Object.assign(schema, await import(file));
  return schema;
}

/** The tables that the code declares for a file. */
export async function shapesInCode(name: FileName): Promise<Readonly<Record<string, TableShape>>> {
  const tables = Object.values(await schemaOf(name)).filter((one) => one instanceof SQLiteTable);
  return Object.fromEntries(tables.map((one) => [getTableConfig(one).name, shapeInCode(one)]));
}

/** What `drizzle-kit generate` would write for a file now. */
export async function migrationToGenerate(name: FileName): Promise<readonly string[]> {
  const folder = migrationsOf(name);
  const last = String(journalOf(folder).entries.at(-1)?.idx).padStart(4, "0");
  const snapshot = JSON.parse(readFileSync(join(folder, `meta/${last}_snapshot.json`), "utf8"));
  const now = await generateSQLiteDrizzleJson(await schemaOf(name));
  return generateSQLiteMigration(snapshot, now);
}

function shapeInCode(table: SQLiteTable): TableShape {
  const { columns, indexes, foreignKeys, primaryKeys } = getTableConfig(table);
  // Declared with its column, or with the table if it has several.
  const single = columns.filter(({ primary }) => primary);
  const primaryKey = [...single, ...primaryKeys.flatMap((key) => key.columns)].map(
    ({ name }) => name,
  );
  return {
    columns: columns
      .map((column) =>
        columnText({
          name: column.name,
          type: column.getSQLType(),
          notNull: column.notNull,
          primary: primaryKey.includes(column.name),
          fallback: column.default === undefined ? null : column.mapToDriverValue(column.default),
        }),
      )
      .toSorted(),
    primaryKey,
    indexes: indexes
      .map(({ config }) =>
        indexText(
          config.name,
          config.unique,
          config.columns.map((column) => ("name" in column ? String(column.name) : "expression")),
        ),
      )
      .toSorted(),
    references: foreignKeys
      .map((key) => {
        const { columns: from, foreignColumns: to, foreignTable } = key.reference();
        const parent = getTableConfig(foreignTable).name;
        return referenceText(from[0]?.name, parent, to[0]?.name, key.onDelete ?? "no action");
      })
      .toSorted(),
  };
}

function columnText(column: {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  readonly primary: boolean;
  readonly fallback: unknown;
}): string {
  const { name, type, notNull, primary, fallback } = column;
  const parts = [name, type.toLowerCase()];
  if (notNull || primary) parts.push("not null");
  if (primary) parts.push("primary key");
  if (fallback !== null) parts.push(`default ${literal(fallback)}`);
  return parts.join(" ");
}

/** A default as SQLite stores it: `'text'`, `0` and `false` are the same as in code. */
function literal(value: unknown): string {
  const text = String(value).replaceAll("'", "");
  return text === "false" ? "0" : text === "true" ? "1" : text;
}

function indexText(name: string, unique: boolean, columns: readonly string[]): string {
  return `${name} (${columns.join(", ")})${unique ? " unique" : ""}`;
}

function referenceText(from = "", parent = "", to = "", onDelete = ""): string {
  return `${from} -> ${parent}.${to} on delete ${onDelete.toLowerCase()}`;
}
