import type { Database } from "bun:sqlite";
import { AccrualRepository } from "./accrual-repository.ts";
import { SettlementRepository } from "./settlement-repository.ts";

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
  // Of hours that are damaged.
  { table: "sample_refreshes", key: "(exchange, at)", old: "at < ?1" },
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

/** Of one series in one transaction: at most 240 hourly payments. */
const SETTLEMENTS_AT_ONCE_MS = 10 * 24 * 3_600_000;
/** Series without anything old that are passed in one transaction: a fraction of a millisecond. */
const SERIES_AT_ONCE = 50;

/** Deletes what is too old, and gives the space back. Times are unix seconds. */
export class RetentionStore {
  readonly #db: Database;
  readonly #settlements;
  readonly #accruals;
  readonly #nextSeries;
  readonly #raiseReadFrom;
  /** The last series whose settlements are done in this round. */
  #doneSeries = 0;

  constructor(db: Database) {
    this.#db = db;
    this.#settlements = new SettlementRepository(db);
    this.#accruals = new AccrualRepository(db);
    this.#nextSeries = db.query<{ id: number | null }, [number]>(
      "SELECT min(id) AS id FROM series WHERE id > ?",
    );
    this.#raiseReadFrom = db.query<void, [number, number]>(
      "UPDATE backfills SET read_from = ?2 WHERE series_id = ?1 AND complete AND read_from < ?2",
    );
  }

  /** Deletes some samples from before a time, whole blobs only; false if none is left. Call it inside a transaction. */
  removeSamples(before: number): boolean {
    return this.#removeSome(OLD_SAMPLES, before);
  }

  /**
   * Deletes some settlements from before a time, series by series: a search through all of them would take seconds.
   * False after the last series. What is deleted is not expected any more. Call it inside a transaction.
   */
  removeSettlements(before: number): boolean {
    const beforeMs = before * 1000;
    for (let passed = 0; passed < SERIES_AT_ONCE; passed += 1) {
      const id = this.#nextSeries.get(this.#doneSeries)?.id ?? null;
      if (id === null) {
        this.#doneSeries = 0;
        return false;
      }
      const removed =
        this.#settlements.deleteBefore(id, beforeMs, SETTLEMENTS_AT_ONCE_MS) +
        this.#accruals.deleteBefore(id, beforeMs, SETTLEMENTS_AT_ONCE_MS);
      if (removed > 0) return true;
      this.#raiseReadFrom.run(id, before);
      this.#doneSeries = id;
    }
    return true;
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
