import type { Database } from "bun:sqlite";
import { type Backfill, BackfillRepository } from "./backfill-repository.ts";
import {
  ACCRUAL_COLUMNS,
  type AccrualRow,
  accrualOf,
  SETTLEMENT_COLUMNS,
  type SettlementRow,
  type Stored,
  secondsFrom,
  settlementOf,
} from "./past-rows.ts";

/** Ids as a JSON array, and a range in unix seconds. */
type Parameters = [ids: string, from: number, to: number];

/** Half-open, unix ms. */
interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

const AMONG = "series_id IN (SELECT value FROM json_each(?))";

/**
 * Reads what several series have in a range, by their ids, ascending. Each method is one statement: that takes seven
 * microseconds, however little it finds, so tables of many series read them in groups.
 */
export class SeriesGroupReader {
  readonly #settlements;
  readonly #accruals;
  readonly #count;
  readonly #backfills;

  constructor(db: Database) {
    this.#settlements = db.query<unknown, Parameters>(
      `SELECT series_id, ${SETTLEMENT_COLUMNS} FROM settlements
       WHERE ${AMONG} AND slot >= ? AND slot < ? ORDER BY series_id, slot`,
    );
    this.#accruals = db.query<unknown, Parameters>(
      `SELECT series_id, ${ACCRUAL_COLUMNS} FROM accruals
       WHERE ${AMONG} AND hour >= ? AND hour < ? ORDER BY series_id, hour`,
    );
    const among = AMONG.replace("?", "?1");
    this.#count = db.query<{ count: number }, Parameters>(
      `SELECT (SELECT count(*) FROM settlements WHERE ${among} AND slot >= ?2 AND slot < ?3)
         + (SELECT count(*) FROM accruals WHERE ${among} AND hour >= ?2 AND hour < ?3) AS count`,
    );
    this.#backfills = new BackfillRepository(db);
  }

  settlements(ids: readonly number[], range: Range): ReadonlyMap<number, SettlementRow[]> {
    return bySeries(this.#settlements.values(...parameters(ids, range)), settlementOf);
  }

  /** An hour's time is its end. */
  accruals(ids: readonly number[], range: Range): ReadonlyMap<number, AccrualRow[]> {
    return bySeries(this.#accruals.values(...parameters(ids, range)), accrualOf);
  }

  /** How many payments and hours there are in all. */
  count(ids: readonly number[], range: Range): number {
    return this.#count.get(...parameters(ids, range))?.count ?? 0;
  }

  /** How far the past has been read from the exchange, where that has begun. */
  backfills(ids: readonly number[]): ReadonlyMap<number, Backfill> {
    return this.#backfills.among(ids);
  }
}

function parameters(ids: readonly number[], { fromMs, toMs }: Range): Parameters {
  return [JSON.stringify(ids), secondsFrom(fromMs), secondsFrom(toMs)];
}

function bySeries<Row>(
  rows: readonly Stored[][],
  rowOf: (columns: Stored[]) => Row,
): ReadonlyMap<number, Row[]> {
  const found = new Map<number, Row[]>();
  for (const [id, ...columns] of rows) {
    const known = found.get(Number(id));
    if (known === undefined) found.set(Number(id), [rowOf(columns)]);
    else known.push(rowOf(columns));
  }
  return found;
}
