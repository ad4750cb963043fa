import type { Database } from "bun:sqlite";

/** Rows deleted in one transaction: a few milliseconds of the write lock. */
const ROWS_AT_ONCE = 100;

/** What is deleted when it is older than a time, with the SQL that selects the row ids of some of it. */
const OLD_SAMPLES: readonly {
  readonly table: string;
  readonly key: string;
  readonly old: string;
}[] = [
  { table: "sample_months", key: "rowid", old: "month < ?1 - 31 * 86400" },
  { table: "sample_frames", key: "rowid", old: "day + 86400 <= ?1" },
  { table: "sample_days", key: "rowid", old: "day + 86400 <= ?1" },
  { table: "sample_hours", key: "rowid", old: "hour + 3600 * hours <= ?1" },
  {
    table: "sample_periods",
    key: "rowid",
    old: "start < ?1 - 31 * 86400 OR (span = 'day' AND start + 86400 <= ?1)",
  },
  {
    table: "series_events",
    key: "(series_id, kind, at)",
    old: `at < ?1 AND EXISTS (SELECT 1 FROM series_events later WHERE later.series_id = series_events.series_id
        AND later.kind = series_events.kind AND later.at > series_events.at AND later.at <= ?1)`,
  },
];

const OLD_SETTLEMENTS = [
  { table: "settlements", key: "(series_id, slot)", old: "slot < ?1" },
  { table: "accruals", key: "(series_id, hour)", old: "hour < ?1" },
];

/** Deletes what is too old, and gives the space back. Times are unix seconds. */
export class RetentionStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Deletes some samples from before a time, whole blobs only; false if none is left. Call it inside a transaction. */
  removeSamples(before: number): boolean {
    return this.#removeSome(OLD_SAMPLES, before);
  }

  /** Deletes some settlements from before a time; false if none is left. Call it inside a transaction. */
  removeSettlements(before: number): boolean {
    return this.#removeSome(OLD_SETTLEMENTS, before);
  }

  #removeSome(tables: typeof OLD_SAMPLES, before: number): boolean {
    for (const { table, key, old } of tables) {
      const columns = key.replace(/[()]/g, "");
      const { changes } = this.#db
        .query(
          `DELETE FROM ${table} WHERE ${key} IN (SELECT ${columns} FROM ${table} WHERE ${old} LIMIT ${ROWS_AT_ONCE})`,
        )
        .run(before);
      if (changes > 0) return true;
    }
    return false;
  }

  /** Pages that the file has and does not use. */
  freePages(): number {
    return this.#number("PRAGMA freelist_count");
  }

  /** Gives some free pages back to the system, in a transaction of its own; false if there were none. */
  giveBack(pages: number): boolean {
    const before = this.freePages();
    this.#db.run(`PRAGMA incremental_vacuum(${pages})`);
    return this.freePages() < before;
  }

  #number(pragma: string): number {
    const row = this.#db.query<Record<string, number>, []>(pragma).get() ?? {};
    return Object.values(row)[0] ?? 0;
  }
}
