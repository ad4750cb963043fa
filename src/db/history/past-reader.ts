import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../domain/exchange.ts";
import type { Accrual } from "../../domain/quote.ts";
import { type Backfill, BackfillRepository } from "./backfill-repository.ts";
import {
  ACCRUAL_COLUMNS,
  type AccrualRow,
  accrualOf,
  SETTLEMENT_COLUMNS,
  type SettlementRow,
  SLOT_COLUMNS,
  type SlotRow,
  secondsFrom,
  settlementOf,
  slotOf,
} from "./past-rows.ts";
import { SeriesGroupReader } from "./series-group-reader.ts";
import { SeriesStates } from "./series-states.ts";
import type { SeriesTerms } from "./series-terms.ts";

/** A series as stored. Times are unix ms. */
export interface SeriesRow extends SeriesTerms {
  readonly id: number;
  readonly uid: string;
  readonly exchange: ExchangeId;
  readonly exchangeSymbol: string;
  readonly listedAtMs: number | null;
  readonly firstSeenMs: number;
  readonly endedAtMs: number | null;
}

const SERIES_COLUMNS = `id, uid, exchange, exchange_symbol AS exchangeSymbol, base, quote, settle, multiplier,
  asset_class AS assetClass, accrual, listed_at AS listedAtMs, first_seen AS firstSeenMs, ended_at AS endedAtMs`;

/**
 * Reads series, payments and accrued hours. Ranges are half-open, unix ms; rows come in the order of time. Each method
 * is one statement.
 */
export class PastReader {
  /** The same of several series at a time. */
  readonly groups: SeriesGroupReader;
  readonly states: SeriesStates;
  readonly #named;
  readonly #all;
  readonly #settlements;
  readonly #accruals;
  readonly #slots;
  readonly #hours;
  readonly #settlementsBefore;
  readonly #accrualsBefore;
  readonly #countSettlements;
  readonly #countAccruals;
  readonly #countSteps;
  readonly #firstSlot;
  readonly #firstHour;
  readonly #backfills;

  constructor(db: Database) {
    this.#named = db.query<SeriesRow, [string, string]>(
      `SELECT ${SERIES_COLUMNS} FROM series
       WHERE base IN (SELECT value FROM json_each(?1)) OR uid IN (SELECT value FROM json_each(?2)) ORDER BY id`,
    );
    this.#all = db.query<SeriesRow, []>(`SELECT ${SERIES_COLUMNS} FROM series ORDER BY id`);
    this.#settlements = db.query<SettlementRow, [number, number, number, number]>(
      `SELECT ${SETTLEMENT_COLUMNS} FROM settlements
       WHERE series_id = ? AND slot >= ? AND slot < ? ORDER BY slot LIMIT ?`,
    );
    this.#accruals = db.query<AccrualRow, [number, number, number, number]>(
      `SELECT ${ACCRUAL_COLUMNS} FROM accruals
       WHERE series_id = ? AND hour >= ? AND hour < ? ORDER BY hour LIMIT ?`,
    );
    this.#slots = db.query<SlotRow, [number, number, number, number]>(
      `SELECT ${SLOT_COLUMNS} FROM settlements
       WHERE series_id = ? AND slot >= ? AND slot < ? ORDER BY slot LIMIT ?`,
    );
    this.#hours = db.query<SlotRow, [number, number, number, number]>(
      "SELECT hour FROM accruals WHERE series_id = ? AND hour >= ? AND hour < ? ORDER BY hour LIMIT ?",
    );
    this.#settlementsBefore = db.query<SettlementRow, [number, number, number]>(
      `SELECT ${SETTLEMENT_COLUMNS} FROM settlements
       WHERE series_id = ? AND slot < ? ORDER BY slot DESC LIMIT ?`,
    );
    this.#accrualsBefore = db.query<AccrualRow, [number, number, number]>(
      `SELECT ${ACCRUAL_COLUMNS} FROM accruals WHERE series_id = ? AND hour < ? ORDER BY hour DESC LIMIT ?`,
    );
    const countOf = (table: string, time: string) =>
      db.query<{ count: number }, [number, number, number]>(
        `SELECT count(*) AS count FROM ${table} WHERE series_id = ? AND ${time} >= ? AND ${time} < ?`,
      );
    this.#countSettlements = countOf("settlements", "slot");
    this.#countAccruals = countOf("accruals", "hour");
    this.#countSteps = db.query<{ count: number }, [number, number, number, number]>(
      "SELECT count(DISTINCT slot / ?) AS count FROM settlements WHERE series_id = ? AND slot >= ? AND slot < ?",
    );
    const firstOf = (table: string, time: string) =>
      db.query<{ first: number | null }, [number]>(
        `SELECT min(${time}) AS first FROM ${table} WHERE series_id = ?`,
      );
    this.#firstSlot = firstOf("settlements", "slot");
    this.#firstHour = firstOf("accruals", "hour");
    this.#backfills = new BackfillRepository(db);
    this.groups = new SeriesGroupReader(db);
    this.states = new SeriesStates(db);
  }

  /** The series with one of these tickers or uids. */
  seriesNamed(bases: readonly string[], uids: readonly string[]): readonly SeriesRow[] {
    return this.#named.all(JSON.stringify(bases), JSON.stringify(uids));
  }

  everySeries(): readonly SeriesRow[] {
    return this.#all.all();
  }

  /** At most `limit` payments, the oldest ones. */
  settlements(seriesId: number, fromMs: number, toMs: number, limit: number): SettlementRow[] {
    const rows = this.#settlements.values(seriesId, secondsFrom(fromMs), secondsFrom(toMs), limit);
    return rows.map(settlementOf);
  }

  /** At most `limit` hours, the oldest ones; an hour's time is its end. */
  accruals(seriesId: number, fromMs: number, toMs: number, limit: number): AccrualRow[] {
    const rows = this.#accruals.values(seriesId, secondsFrom(fromMs), secondsFrom(toMs), limit);
    return rows.map(accrualOf);
  }

  /** At most `limit` slots without their amounts, which take most of the time; the hours of continuous funding. */
  slots(
    { id, accrual }: Pick<SeriesRow, "id" | "accrual">,
    fromMs: number,
    toMs: number,
    limit: number,
  ): SlotRow[] {
    const query = accrual === "continuous" ? this.#hours : this.#slots;
    return query.values(id, secondsFrom(fromMs), secondsFrom(toMs), limit).map(slotOf);
  }

  /** The newest `limit` payments before a time. */
  settlementsBefore(seriesId: number, beforeMs: number, limit: number): SettlementRow[] {
    const rows = this.#settlementsBefore.values(seriesId, secondsFrom(beforeMs), limit);
    return rows.map(settlementOf).toReversed();
  }

  /** The newest `limit` hours before a time. */
  accrualsBefore(seriesId: number, beforeMs: number, limit: number): AccrualRow[] {
    const rows = this.#accrualsBefore.values(seriesId, secondsFrom(beforeMs), limit);
    return rows.map(accrualOf).toReversed();
  }

  /** How many payments or hours a series has in a range. */
  count({ id, accrual }: Pick<SeriesRow, "id" | "accrual">, fromMs: number, toMs: number): number {
    const query = accrual === "continuous" ? this.#countAccruals : this.#countSettlements;
    return query.get(id, secondsFrom(fromMs), secondsFrom(toMs))?.count ?? 0;
  }

  /** In how many steps of `stepMs` since 1970 a series has at least one payment. */
  countSteps(seriesId: number, fromMs: number, toMs: number, stepMs: number): number {
    const [from, to] = [secondsFrom(fromMs), secondsFrom(toMs)];
    return this.#countSteps.get(stepMs / 1000, seriesId, from, to)?.count ?? 0;
  }

  /** The time of the oldest stored payment or hour; null if there is none. */
  firstSlotMs(seriesId: number, accrual: Accrual): number | null {
    const query = accrual === "continuous" ? this.#firstHour : this.#firstSlot;
    const first = query.get(seriesId)?.first ?? null;
    return first === null ? null : first * 1000;
  }

  /** How far the past has been read from the exchange; null if that has not begun. */
  backfill(seriesId: number): Backfill | null {
    return this.#backfills.of(seriesId);
  }
}
