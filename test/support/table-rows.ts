import type { Database } from "bun:sqlite";

interface ColumnInfo {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly dflt_value: string | null;
  readonly pk: number;
}

export function columnsIn(db: Database, table: string): readonly ColumnInfo[] {
  return db.query<ColumnInfo, []>(`PRAGMA table_info("${table}")`).all();
}

export function tablesIn(db: Database): readonly string[] {
  return db
    .query<{ name: string }, []>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
       AND name <> '__drizzle_migrations' ORDER BY name`,
    )
    .all()
    .map(({ name }) => name);
}

const ROWS = 3;

/** Fills every table with rows, parents first; foreign keys match their ids. */
export function fill(db: Database): void {
  db.run("PRAGMA defer_foreign_keys = ON");
  db.transaction(() => {
    db.run("PRAGMA defer_foreign_keys = ON");
    for (const table of tablesIn(db)) {
      const columns = columnsIn(db, table);
      const names = columns.map(({ name }) => `"${name}"`).join(", ");
      const places = columns.map(() => "?").join(", ");
      const insert = db.query(`INSERT INTO "${table}" (${names}) VALUES (${places})`);
      for (let row = 1; row <= ROWS; row += 1)
        insert.run(...columns.map((column) => valueOf(column, row)));
    }
  })();
}

/** Whole numbers are the row's number, so that a reference finds its parent. */
function valueOf({ name, type }: ColumnInfo, row: number): string | number | Uint8Array {
  switch (type.toLowerCase()) {
    case "integer":
      return row;
    case "real":
      return row + 0.5;
    case "blob":
      return new Uint8Array([row, 2, 3]);
    default:
      return `${name} ${row}`;
  }
}

/** What a table's rows are stored by: the row id, or the primary key of a table without one. */
function storedBy(db: Database, table: string): string {
  const listed = db
    .query<{ wr: number }, [string]>("SELECT wr FROM pragma_table_list WHERE name = ?")
    .get(table);
  if (listed?.wr !== 1) return "rowid";
  return columnsIn(db, table)
    .filter(({ pk }) => pk > 0)
    .toSorted((one, other) => one.pk - other.pk)
    .map(({ name }) => `"${name}"`)
    .join(", ");
}

export type Rows = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

export function rowsIn(db: Database): Rows {
  return Object.fromEntries(
    tablesIn(db).map((table) => [
      table,
      db
        .query<Record<string, unknown>, []>(
          `SELECT * FROM "${table}" ORDER BY ${storedBy(db, table)}`,
        )
        .all(),
    ]),
  );
}

/** Of `rows` only the columns that `like` has. */
export function restrictedTo(like: Rows, rows: Rows): Rows {
  return Object.fromEntries(
    Object.entries(like).map(([table, [first]]) => [
      table,
      (rows[table] ?? []).map((row) =>
        Object.fromEntries(Object.entries(row).filter(([column]) => column in (first ?? {}))),
      ),
    ]),
  );
}
