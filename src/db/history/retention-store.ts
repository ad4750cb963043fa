import type { Database } from "bun:sqlite";
import { AccrualRepository } from "./accrual-repository.ts";
import { EVENT_KINDS } from "./sample-schema.ts";
import { HOUR_S, MAX_JOINED_HOURS } from "./sample-times.ts";
import { SettlementRepository } from "./settlement-repository.ts";

/** Rows deleted in one transaction: a few milliseconds of the write lock. */
const ROWS_AT_ONCE = 100;

interface OldSamples {
  readonly table: string;
  readonly key: string;
  readonly old: string;
}

/** What is deleted when it is older than a time, by its key; found by the key or another index alone. */
const OLD_SAMPLES: readonly OldSamples[] = [
  { table: "sample_months", key: "rowid", old: "month < ?1 - 31 * 86400" },
  { table: "sample_frames", key: "rowid", old: "day + 86400 <= ?1" },
  { table: "sample_days", key: "rowid", old: "day + 86400 <= ?1" },
  { table: "sample_hours", key: "rowid", old: `hour + ${MAX_JOINED_HOURS * HOUR_S} <= ?1` },
  // Of hours that are damaged.
  { table: "sample_refreshes", key: "(exchange, at)", old: "at < ?1" },
  {
    table: "sample_periods",
    key: "rowid",
    old: "start < ?1 - 31 * 86400 OR (span = 'day' AND start + 86400 <= ?1)",
  },
];

/** The oldest events of a series and kind, as many as are deleted at once, of those that a later one has replaced. */
const OLD_EVENTS = `DELETE FROM series_events WHERE series_id = ?1 AND kind = ?2 AND at IN (
    SELECT at FROM series_events WHERE series_id = ?1 AND kind = ?2 AND at < (
      SELECT max(at) FROM series_events WHERE series_id = ?1 AND kind = ?2 AND at <= ?3)
    ORDER BY at LIMIT ${ROWS_AT_ONCE})`;

/** Of one series in one transaction: at most 240 hourly payments. */
const SETTLEMENTS_AT_ONCE_MS = 10 * 24 * 3_600_000;
/** Series without anything old that are passed in one transaction: a fraction of a millisecond. */
const SERIES_AT_ONCE = 50;

/** Deletes what is too old, and gives the space back. Times are unix seconds. */
export class RetentionStore {
  readonly #db: Database;
  readonly #settlements;
  readonly #accruals;
  readonly #removeEvents;
  readonly #nextSeries;
  readonly #raiseReadFrom;
  /** The last series whose settlements are done in this round. */
  #doneSeries = 0;
  /** How many tables of blobs are done in this round. */
  #doneTables = 0;
  /** The last series whose events are. */
  #doneEvents = 0;

  constructor(db: Database) {
    this.#db = db;
    this.#settlements = new SettlementRepository(db);
    this.#accruals = new AccrualRepository(db);
    this.#removeEvents = db.query<void, [number, string, number]>(OLD_EVENTS);
    this.#nextSeries = db.query<{ id: number | null }, [number]>(
      "SELECT min(id) AS id FROM series WHERE id > ?",
    );
    this.#raiseReadFrom = db.query<void, [number, number]>(
      "UPDATE backfills SET read_from = ?2 WHERE series_id = ?1 AND complete AND read_from < ?2",
    );
  }

  /**
   * Deletes some samples from before a time, whole blobs only, then some events that do not hold any more, series by
   * series. False after the last series. Call it inside a transaction.
   */
  removeSamples(before: number): boolean {
    const table = OLD_SAMPLES[this.#doneTables];
    if (table === undefined) return this.#removeEventsOfSome(before);
    if (this.#removeBlobs(table, before) === 0) this.#doneTables += 1;
    return true;
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

  #removeEventsOfSome(before: number): boolean {
    let removed = 0;
    for (let passed = 0; passed < SERIES_AT_ONCE && removed < ROWS_AT_ONCE; passed += 1) {
      const id = this.#nextSeries.get(this.#doneEvents)?.id ?? null;
      if (id === null) {
        this.#doneEvents = 0;
        this.#doneTables = 0;
        return false;
      }
      const counts = EVENT_KINDS.map((kind) => this.#removeEvents.run(id, kind, before).changes);
      removed += counts.reduce((sum, count) => sum + count, 0);
      if (Math.max(...counts) < ROWS_AT_ONCE) this.#doneEvents = id;
    }
    return true;
  }

  #removeBlobs({ table, key, old }: OldSamples, before: number): number {
    const columns = key.replace(/[()]/g, "");
    const { changes } = this.#db
      .query(
        `DELETE FROM ${table} WHERE ${key} IN (SELECT ${columns} FROM ${table} WHERE ${old} LIMIT ${ROWS_AT_ONCE})`,
      )
      .run(before);
    return changes;
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
