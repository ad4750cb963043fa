import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../domain/exchange.ts";

/** One time that an instrument's funding interval became another one. */
export interface IntervalChange {
  readonly uid: string;
  readonly exchange: ExchangeId;
  readonly exchangeSymbol: string;
  readonly base: string;
  readonly quote: string;
  readonly fromHours: number;
  readonly toHours: number;
  readonly changedAtMs: number;
}

const SELECT = `SELECT i.uid, i.exchange, i.exchange_symbol AS exchangeSymbol, i.base, i.quote,
    c.from_hours AS fromHours, c.to_hours AS toHours, c.changed_at AS changedAtMs
  FROM interval_changes c JOIN instruments i ON i.id = c.instrument_id
  WHERE c.changed_at >= ? AND c.changed_at < ?
  ORDER BY c.changed_at DESC, c.id DESC`;

/** Reads what the collector noted when it stored a batch with another interval. */
export class IntervalChangeRepository {
  readonly #between;

  constructor(db: Database) {
    this.#between = db.query<IntervalChange, [number, number]>(SELECT);
  }

  /** The changes in [fromMs, toMs), the newest first. */
  between(fromMs: number, toMs: number): readonly IntervalChange[] {
    return this.#between.all(fromMs, toMs);
  }
}
