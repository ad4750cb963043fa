import { Database } from "bun:sqlite";
import { marketFile } from "../../src/db/market/file.ts";
import { migrateDb } from "../../src/db/migrate.ts";
import { checkpoint, openDb } from "../../src/db/open.ts";
import { journalOf, MigrationFolder, migrationsOf } from "./migrations.ts";

/** The migration by which the market file handed over its alerts. */
const MOVED = "0010_alerts_in_accounts";

/** A message as stored by the previous version. Times are unix milliseconds. */
export interface OldMessage {
  readonly id: number;
  readonly key: string;
  readonly state: string;
  readonly text: string;
  readonly destination: string | null;
  readonly created_at: number;
  readonly attempts: number;
  readonly not_before: number;
  readonly sent_at: number | null;
  readonly parked_at: number | null;
  readonly failure: string | null;
}

export interface OldState {
  readonly key: string;
  readonly state: string;
  readonly queued_at: number;
}

/** A pending message, all of it overridable. */
export function oldMessage(id: number, extra: Partial<OldMessage> = {}): OldMessage {
  return {
    id,
    key: "exchange:okx",
    state: "stale",
    text: `message ${id}`,
    destination: "telegram:42",
    created_at: id,
    attempts: 0,
    not_before: id,
    sent_at: null,
    parked_at: null,
    failure: null,
    ...extra,
  };
}

/** A database as left by the previous version: its migrations, with alerts in the market file. */
export function makeOldDatabase(
  path: string,
  messages: readonly OldMessage[],
  states: readonly OldState[] = [],
): void {
  const { entries } = journalOf(migrationsOf("market"));
  const count = entries.findIndex(({ tag }) => tag === MOVED);
  using migrations = new MigrationFolder("market", count);
  const file = { ...marketFile(path), migrationsFolder: migrations.path };
  const db = openDb(file);
  migrateDb(db, file);
  db.transaction(() => {
    for (const message of messages) insert(db, "alert_outbox", { ...message });
    for (const state of states) insert(db, "alert_states", { ...state });
  })();
  checkpoint(db);
  db.close();
}

/** Adds a row to a table; its keys are the names of the columns. */
export function insert(
  db: Database,
  table: string,
  row: Readonly<Record<string, string | number | null>>,
): void {
  const names = Object.keys(row);
  const places = names.map(() => "?").join(", ");
  db.query(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${places})`).run(
    ...Object.values(row),
  );
}

/** All rows of a table of the file at `path`; none if there is no such file or table. */
export function rowsOf<Row>(path: string, table: string): readonly Row[] {
  let db: Database | null = null;
  try {
    db = new Database(path, { readonly: true });
    return db.query<Row, []>(`SELECT * FROM ${table} ORDER BY 1`).all();
  } catch {
    return [];
  } finally {
    db?.close();
  }
}
