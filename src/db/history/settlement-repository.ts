import type { Database } from "bun:sqlite";
import {
  SETTLEMENT_ORIGINS,
  type SettledRate,
  type Settlement,
  type SettlementOrigin,
  slotMsOf,
} from "../../domain/settlement.ts";
import { decimalOf, type StoredDecimal, storedDecimal } from "./stored-decimal.ts";

/** A payment as stored: `intervalHours` only if it was stated, never a distance between slots. */
export type StoredSettlement = Settlement;

interface SettlementRow {
  readonly slot: number;
  readonly offset: number;
  readonly rate: StoredDecimal;
  readonly intervalHours: number | null;
  readonly markPrice: number | null;
  readonly origin: number;
  readonly estimate: number | null;
}

const OF_EXCHANGE = SETTLEMENT_ORIGINS.indexOf("exchange");
const ESTIMATED = SETTLEMENT_ORIGINS.indexOf("estimated");

/** A better origin (a lower index) replaces the rate; what is stated once stays known; anything else changes nothing. */
const PUT = `INSERT INTO settlements
    (series_id, slot, offset_seconds, rate, interval_hours, mark_price, origin, estimate)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
  ON CONFLICT (series_id, slot) DO UPDATE SET offset_seconds = ?3, rate = ?4,
    interval_hours = coalesce(?5, interval_hours), mark_price = coalesce(?6, mark_price), origin = ?7
  WHERE ?7 < origin`;

const COLUMNS = `slot, offset_seconds AS offset, rate, interval_hours AS intervalHours,
  mark_price AS markPrice, origin, estimate`;

/** Called with the id of a series of which something was stored, inside that transaction. */
export type OnStored = (seriesId: number) => void;

/** What was charged, by series and slot. Synchronous. Times are unix ms, ranges half-open by slot. */
export class SettlementRepository {
  readonly #onStored: OnStored;
  readonly #put;
  readonly #range;
  readonly #estimates;
  readonly #before;
  readonly #oldest;
  readonly #delete;

  constructor(db: Database, onStored: OnStored = () => undefined) {
    this.#onStored = onStored;
    this.#put = db.query<void, (number | string | null)[]>(PUT);
    this.#range = db.query<SettlementRow, [number, number, number]>(
      `SELECT ${COLUMNS} FROM settlements WHERE series_id = ? AND slot >= ? AND slot < ? ORDER BY slot`,
    );
    this.#estimates = db.query<{ slot: number }, [number, number]>(
      `SELECT slot FROM settlements WHERE series_id = ? AND slot >= ? AND origin = ${ESTIMATED} ORDER BY slot`,
    );
    this.#before = db.query<SettlementRow, [number, number, number]>(
      `SELECT ${COLUMNS} FROM settlements WHERE series_id = ? AND slot < ? ORDER BY slot DESC LIMIT ?`,
    );
    this.#oldest = db.query<{ slot: number }, [number]>(
      `SELECT slot FROM settlements WHERE series_id = ? AND origin = ${OF_EXCHANGE} ORDER BY slot LIMIT 1`,
    );
    this.#delete = db.query<void, [number, number, number]>(
      `DELETE FROM settlements WHERE series_id = ?1 AND slot < min(?2,
         ?3 + (SELECT min(slot) FROM settlements WHERE series_id = ?1))`,
    );
  }

  /**
   * Stores a payment, unless the same slot is already known from the same or a better origin. Returns whether it was
   * stored. An estimate that is replaced stays known as `estimate`. Call it inside a transaction.
   */
  put(seriesId: number, settled: SettledRate, origin: SettlementOrigin): boolean {
    const slotMs = slotMsOf(settled.atMs);
    const { changes } = this.#put.run(
      seriesId,
      slotMs / 1000,
      Math.round((settled.atMs - slotMs) / 1000),
      storedDecimal(settled.rate),
      settled.intervalHours,
      settled.markPrice,
      SETTLEMENT_ORIGINS.indexOf(origin),
      origin === "estimated" ? Number(settled.rate) : null,
    );
    if (changes > 0) this.#onStored(seriesId);
    return changes > 0;
  }

  /** Payments of one series with fromMs <= slot < toMs, oldest first. */
  range(seriesId: number, fromMs: number, toMs: number): readonly StoredSettlement[] {
    return this.#range.all(seriesId, boundOf(fromMs), boundOf(toMs)).map(settlementOf);
  }

  /** The slots from `fromMs` on of which there is only an estimate, ascending. */
  estimates(seriesId: number, fromMs: number): readonly number[] {
    return this.#estimates.all(seriesId, boundOf(fromMs)).map(({ slot }) => slot * 1000);
  }

  /** The last `count` payments of a series before a time, oldest first. */
  before(seriesId: number, atMs: number, count: number): readonly StoredSettlement[] {
    return this.#before.all(seriesId, boundOf(atMs), count).map(settlementOf).toReversed();
  }

  /** The oldest slot that was read from the exchange's history; null if there is none. */
  oldestReadMs(seriesId: number): number | null {
    const slot = this.#oldest.get(seriesId)?.slot;
    return slot === undefined ? null : slot * 1000;
  }

  /**
   * Deletes payments of a series with slot < beforeMs, at most `sliceMs` of the oldest ones, so that no transaction is
   * long. Returns how many. Call it inside a transaction.
   */
  deleteBefore(seriesId: number, beforeMs: number, sliceMs: number): number {
    return this.#delete.run(seriesId, boundOf(beforeMs), boundOf(sliceMs)).changes;
  }
}

/** A bound in seconds: slots are whole minutes, so rounding up keeps a half-open range exact. Infinity is allowed. */
function boundOf(ms: number): number {
  return Math.min(Math.max(Math.ceil(ms / 1000), 0), Number.MAX_SAFE_INTEGER);
}

function originOf(index: number): SettlementOrigin {
  return SETTLEMENT_ORIGINS[index] ?? "estimated";
}

function settlementOf(row: SettlementRow): StoredSettlement {
  const { slot, offset, rate, intervalHours, markPrice, origin, estimate } = row;
  return {
    slotMs: slot * 1000,
    atMs: (slot + offset) * 1000,
    rate: decimalOf(rate),
    intervalHours,
    markPrice,
    origin: originOf(origin),
    // An estimate corrects nothing yet.
    estimate: originOf(origin) === "estimated" ? null : estimate,
  };
}
