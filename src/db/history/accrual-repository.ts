import type { Database } from "bun:sqlite";
import type { AccruedAmount, AccrualUnit } from "../../domain/settlement.ts";
import type { OnStored } from "./settlement-repository.ts";
import { decimalOf, type StoredDecimal, storedDecimal } from "./stored-decimal.ts";

interface AccrualRow {
  readonly hour: number;
  readonly amount: StoredDecimal;
  readonly unit: AccrualUnit;
}

/** What continuous contracts accrued, by series and hour. Synchronous. Times are unix ms, ranges half-open. */
export class AccrualRepository {
  readonly #onStored: OnStored;
  readonly #put;
  readonly #range;
  readonly #oldest;
  readonly #delete;

  constructor(db: Database, onStored: OnStored = () => undefined) {
    this.#onStored = onStored;
    this.#put = db.query<void, (number | string)[]>(
      `INSERT INTO accruals (series_id, hour, amount, unit) VALUES (?, ?, ?, ?)
       ON CONFLICT (series_id, hour) DO NOTHING`,
    );
    this.#range = db.query<AccrualRow, [number, number, number]>(
      "SELECT hour, amount, unit FROM accruals WHERE series_id = ? AND hour >= ? AND hour < ? ORDER BY hour",
    );
    this.#oldest = db.query<{ hour: number | null }, [number]>(
      "SELECT min(hour) AS hour FROM accruals WHERE series_id = ?",
    );
    this.#delete = db.query<void, [number, number, number]>(
      `DELETE FROM accruals WHERE series_id = ?1 AND hour < min(?2,
         ?3 + (SELECT min(hour) FROM accruals WHERE series_id = ?1))`,
    );
  }

  /** Stores an hour unless it is known. Returns whether it was stored. Call it inside a transaction. */
  put(seriesId: number, { hourEndMs, amount, unit }: AccruedAmount): boolean {
    const { changes } = this.#put.run(seriesId, hourEndMs / 1000, storedDecimal(amount), unit);
    if (changes > 0) this.#onStored(seriesId);
    return changes > 0;
  }

  /** Hours of one series with fromMs <= end < toMs, oldest first. */
  range(seriesId: number, fromMs: number, toMs: number): readonly AccruedAmount[] {
    return this.#range
      .all(seriesId, boundOf(fromMs), boundOf(toMs))
      .map(({ hour, amount, unit }) => ({
        hourEndMs: hour * 1000,
        amount: decimalOf(amount),
        unit,
      }));
  }

  /** The end of the oldest hour; null if there is none. */
  oldestReadMs(seriesId: number): number | null {
    const hour = this.#oldest.get(seriesId)?.hour ?? null;
    return hour === null ? null : hour * 1000;
  }

  /** Like SettlementRepository's. */
  deleteBefore(seriesId: number, beforeMs: number, sliceMs: number): number {
    return this.#delete.run(seriesId, boundOf(beforeMs), boundOf(sliceMs)).changes;
  }
}

/** A bound in seconds; Infinity is allowed. */
function boundOf(ms: number): number {
  return Math.min(Math.max(Math.ceil(ms / 1000), 0), Number.MAX_SAFE_INTEGER);
}
