import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../domain/exchange.ts";
import type { SampleSpan } from "./sample-schema.ts";
import { blockOf, DAY_S, HOUR_S } from "./sample-times.ts";

/** A stored blob with the start of what it covers, unix seconds. */
export interface StoredBlob {
  readonly start: number;
  readonly blob: Uint8Array;
}

/** A day or a month of an exchange that is stored as such. */
export interface StoredPeriod {
  readonly span: SampleSpan;
  readonly start: number;
  readonly axis: Uint8Array;
  readonly complete: boolean;
}

/** An hour, a block of hours or a day of an exchange, by its start. */
interface ExchangePeriod {
  readonly exchange: ExchangeId;
  readonly start: number;
}

type PeriodRow = Omit<StoredPeriod, "complete"> & { readonly complete: number };

const PERIOD = "span, start, axis, complete FROM sample_periods";

/** The rows of samples. Synchronous; ranges are half-open, times unix seconds. */
export class SampleStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  addRefresh(exchange: ExchangeId, at: number, blob: Uint8Array): void {
    this.#db
      .query("INSERT INTO sample_refreshes (exchange, at, blob) VALUES (?, ?, ?)")
      .run(exchange, at, blob);
  }

  refreshes(exchange: ExchangeId, from: number, to: number): readonly StoredBlob[] {
    return this.#db
      .query<StoredBlob, [string, number, number]>(
        "SELECT at AS start, blob FROM sample_refreshes WHERE exchange = ? AND at >= ? AND at < ? ORDER BY at",
      )
      .all(exchange, from, to);
  }

  removeRefreshes(exchange: ExchangeId, from: number, to: number): void {
    this.#db
      .query("DELETE FROM sample_refreshes WHERE exchange = ? AND at >= ? AND at < ?")
      .run(exchange, from, to);
  }

  /** The hours before `to` that have refreshes, the oldest first. */
  hoursOfRefreshes(to: number): readonly ExchangePeriod[] {
    return this.#db
      .query<ExchangePeriod, [number, number]>(
        "SELECT DISTINCT exchange, at / ?1 * ?1 AS start FROM sample_refreshes WHERE at < ?2 ORDER BY start, exchange",
      )
      .all(HOUR_S, to);
  }

  countRefreshes(exchange: ExchangeId, from: number, to: number): number {
    const row = this.#db
      .query<{ count: number }, [string, number, number]>(
        "SELECT count(*) AS count FROM sample_refreshes WHERE exchange = ? AND at >= ? AND at < ?",
      )
      .get(exchange, from, to);
    return row?.count ?? 0;
  }

  /** Whether an exchange has refreshes in a range. */
  hasRefreshes(exchange: ExchangeId, from: number, to: number): boolean {
    return this.countRefreshes(exchange, from, to) > 0;
  }

  /** Whether an exchange has hours that start in a range. */
  hasHours(exchange: ExchangeId, from: number, to: number): boolean {
    const found = this.#db
      .query<{ found: number }, [string, number, number]>(
        "SELECT 1 AS found FROM sample_hours WHERE exchange = ? AND hour >= ? AND hour < ? LIMIT 1",
      )
      .get(exchange, from, to);
    return found !== null;
  }

  /** The last second of which samples are stored in a layer above the refreshes, or as a refresh; null if none is. */
  newest(exchange: ExchangeId): number | null {
    const row = this.#db
      .query<{ at: number | null }, [string]>(
        `SELECT max(at) AS at FROM (
           SELECT max(at) AS at FROM sample_refreshes WHERE exchange = ?1
           UNION ALL SELECT max(hour + 3600 * hours) - 1 FROM sample_hours WHERE exchange = ?1
           UNION ALL SELECT max(start) + 86399 FROM sample_periods WHERE exchange = ?1 AND span = 'day')`,
      )
      .get(exchange);
    return row?.at ?? null;
  }

  /** The end of the newest closed hour of an exchange; 0 if it has none. */
  hoursEnd(exchange: ExchangeId): number {
    const row = this.#db
      .query<{ hour: number; hours: number }, [string]>(
        "SELECT hour, hours FROM sample_hours WHERE exchange = ? ORDER BY hour DESC LIMIT 1",
      )
      .get(exchange);
    return row === null ? 0 : row.hour + HOUR_S * row.hours;
  }

  putHours(exchange: ExchangeId, hour: number, hours: number, blob: Uint8Array): void {
    this.#db
      .query("INSERT INTO sample_hours (exchange, hour, hours, blob) VALUES (?, ?, ?, ?)")
      .run(exchange, hour, hours, blob);
  }

  /** The blobs of hours that start in a range. */
  hours(exchange: ExchangeId, from: number, to: number): readonly StoredBlob[] {
    return this.#db
      .query<StoredBlob, [string, number, number]>(
        "SELECT hour AS start, blob FROM sample_hours WHERE exchange = ? AND hour >= ? AND hour < ? ORDER BY hour",
      )
      .all(exchange, from, to);
  }

  /** The blocks that have single hours in a range, the oldest first. */
  blocksOfSingleHours(from: number, to: number): readonly ExchangePeriod[] {
    const hours = this.#db
      .query<ExchangePeriod, [number, number]>(
        `SELECT exchange, hour AS start FROM sample_hours
         WHERE hour >= ? AND hour < ? AND hours = 1 ORDER BY hour, exchange`,
      )
      .all(from, to);
    const blocks = new Map<string, ExchangePeriod>();
    for (const { exchange, start } of hours) {
      const block = blockOf(start);
      blocks.set(`${exchange} ${block}`, { exchange, start: block });
    }
    return [...blocks.values()];
  }

  /** The days before `to` that have hours, the oldest first. */
  daysOfHours(to: number): readonly ExchangePeriod[] {
    return this.#db
      .query<ExchangePeriod, [number, number]>(
        "SELECT DISTINCT exchange, hour / ?1 * ?1 AS start FROM sample_hours WHERE hour < ?2 ORDER BY start, exchange",
      )
      .all(DAY_S, to);
  }

  removeHours(exchange: ExchangeId, from: number, to: number): void {
    this.#db
      .query("DELETE FROM sample_hours WHERE exchange = ? AND hour >= ? AND hour < ?")
      .run(exchange, from, to);
  }

  putDay(exchange: ExchangeId, day: number, firstSeriesId: number, pack: Uint8Array): void {
    this.#db
      .query(
        "INSERT OR REPLACE INTO sample_days (exchange, day, first_series_id, blob) VALUES (?, ?, ?, ?)",
      )
      .run(exchange, day, firstSeriesId, pack);
  }

  /** The pack of a day that holds a series if the day has it; null if there is none. */
  dayPack(exchange: ExchangeId, day: number, seriesId: number): Uint8Array | null {
    const row = this.#db
      .query<{ blob: Uint8Array }, [string, number, number]>(
        `SELECT blob FROM sample_days WHERE exchange = ? AND day = ? AND first_series_id <= ?
         ORDER BY first_series_id DESC LIMIT 1`,
      )
      .get(exchange, day, seriesId);
    return row?.blob ?? null;
  }

  /** All packs of a day. */
  dayPacks(exchange: ExchangeId, day: number): readonly Uint8Array[] {
    return this.#db
      .query<{ blob: Uint8Array }, [string, number]>(
        "SELECT blob FROM sample_days WHERE exchange = ? AND day = ? ORDER BY first_series_id",
      )
      .all(exchange, day)
      .map(({ blob }) => blob);
  }

  removeDay(exchange: ExchangeId, day: number): void {
    this.#db.query("DELETE FROM sample_days WHERE exchange = ? AND day = ?").run(exchange, day);
  }

  putMonth(seriesId: number, month: number, blob: Uint8Array): void {
    this.#db
      .query("INSERT OR REPLACE INTO sample_months (series_id, month, blob) VALUES (?, ?, ?)")
      .run(seriesId, month, blob);
  }

  monthOf(seriesId: number, month: number): Uint8Array | null {
    const row = this.#db
      .query<{ blob: Uint8Array }, [number, number]>(
        "SELECT blob FROM sample_months WHERE series_id = ? AND month = ?",
      )
      .get(seriesId, month);
    return row?.blob ?? null;
  }

  putFrame(exchange: ExchangeId, day: number, blob: Uint8Array): void {
    this.#db
      .query("INSERT OR REPLACE INTO sample_frames (exchange, day, blob) VALUES (?, ?, ?)")
      .run(exchange, day, blob);
  }

  frameOf(exchange: ExchangeId, day: number): Uint8Array | null {
    const row = this.#db
      .query<{ blob: Uint8Array }, [string, number]>(
        "SELECT blob FROM sample_frames WHERE exchange = ? AND day = ?",
      )
      .get(exchange, day);
    return row?.blob ?? null;
  }

  putPeriod(exchange: ExchangeId, { span, start, axis, complete }: StoredPeriod): void {
    this.#db
      .query(
        "INSERT OR REPLACE INTO sample_periods (exchange, span, start, axis, complete) VALUES (?, ?, ?, ?, ?)",
      )
      .run(exchange, span, start, axis, complete ? 1 : 0);
  }

  periodOf(exchange: ExchangeId, span: SampleSpan, start: number): StoredPeriod | null {
    const row = this.#db
      .query<PeriodRow, [string, string, number]>(
        `SELECT ${PERIOD} WHERE exchange = ? AND span = ? AND start = ?`,
      )
      .get(exchange, span, start);
    return row === null ? null : { ...row, complete: row.complete === 1 };
  }

  /** Those that start in a range, by their start. */
  periods(exchange: ExchangeId, from: number, to: number): readonly StoredPeriod[] {
    return this.#db
      .query<PeriodRow, [string, number, number]>(
        `SELECT ${PERIOD} WHERE exchange = ? AND start >= ? AND start < ? ORDER BY start`,
      )
      .all(exchange, from, to)
      .map((row) => ({ ...row, complete: row.complete === 1 }));
  }

  /** Where complete periods start that start before a time, ascending. */
  completeStarts(exchange: ExchangeId, span: SampleSpan, before: number): readonly number[] {
    return this.#db
      .query<{ start: number }, [string, string, number]>(
        `SELECT start FROM sample_periods WHERE exchange = ? AND span = ? AND start < ? AND complete = 1
         ORDER BY start`,
      )
      .all(exchange, span, before)
      .map(({ start }) => start);
  }

  removePeriod(exchange: ExchangeId, span: SampleSpan, start: number): void {
    this.#db
      .query("DELETE FROM sample_periods WHERE exchange = ? AND span = ? AND start = ?")
      .run(exchange, span, start);
  }

  /** The start of the oldest month, day or hour that has samples; null if none has. */
  firstTime(): number | null {
    const row = this.#db
      .query<{ at: number | null }, []>(
        `SELECT min(at) AS at FROM (
           SELECT min(start) AS at FROM sample_periods WHERE complete = 1
           UNION ALL SELECT min(hour) FROM sample_hours
           UNION ALL SELECT min(at) FROM sample_refreshes)`,
      )
      .get();
    return row?.at ?? null;
  }

  /** The ids of the series of an exchange, ascending. */
  seriesIds(exchange: ExchangeId): readonly number[] {
    return this.#db
      .query<{ id: number }, [string]>("SELECT id FROM series WHERE exchange = ? ORDER BY id")
      .all(exchange)
      .map(({ id }) => id);
  }

  /** The exchanges that have series. */
  exchanges(): readonly ExchangeId[] {
    return this.#db
      .query<{ exchange: ExchangeId }, []>(`SELECT DISTINCT exchange FROM series ORDER BY exchange`)
      .all()
      .map(({ exchange }) => exchange);
  }
}
