import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../domain/exchange.ts";
import type { Quote } from "../../domain/quote.ts";
import {
  afterMiss,
  afterPrice,
  isRedescribed,
  isRelisting,
  type KnownInstrument,
  newUid,
  unitPriceOf,
} from "../../domain/instrument-lifecycle.ts";
import { type ExchangeInstruments, loadInstruments } from "./instrument-index.ts";

/** A longer gap between two batches of one exchange was an outage: it is unknown what was listed meanwhile. */
const OUTAGE_MS = 10 * 60_000;

/** The part of a batch that says which instruments exist. */
export interface ListedBatch {
  readonly exchange: ExchangeId;
  readonly atMs: number;
  readonly quotes: readonly Quote[];
  /** Whether a symbol may be listed although it has no quote: its row was unreadable, or its request failed. */
  readonly isExcused: (exchangeSymbol: string) => boolean;
}

const INSERT = `INSERT INTO instruments (uid, exchange, exchange_symbol, base, quote, settle, multiplier,
    asset_class, accrual, listed_at, first_seen, last_seen, status, missed_batches, last_interval_hours)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, 'listed', 0, ?12) RETURNING id`;

/** A new base or multiplier is a different claim: decisions from the old one's prices are void. */
const UPDATE = `UPDATE instruments SET base = ?2, quote = ?3, settle = ?4, multiplier = ?5,
    asset_class = ?6, accrual = ?7, listed_at = coalesce(?8, listed_at), status = 'listed', missed_batches = 0,
    asset_id = CASE WHEN base = ?2 AND multiplier = ?5 THEN asset_id END,
    identity = CASE WHEN base = ?2 AND multiplier = ?5 THEN identity ELSE 'probable' END,
    proven_multiplier = CASE WHEN base = ?2 AND multiplier = ?5 THEN proven_multiplier END,
    settled_class = CASE WHEN base = ?2 AND multiplier = ?5 THEN settled_class END
  WHERE id = ?1`;

/** Maintains the instruments of each exchange: added, updated, missed, replaced. Use it inside a transaction. */
export class InstrumentWriter {
  readonly #db: Database;
  readonly #known = new Map<ExchangeId, ExchangeInstruments>();
  #changedBases = new Set<string>();
  readonly #insert;
  readonly #update;
  readonly #setInterval;
  readonly #changeInterval;
  readonly #insertChange;
  readonly #setBreak;
  readonly #miss;
  readonly #seen;
  readonly #lastBatch;
  readonly #leaveOut;
  readonly #replace;
  readonly #dropQuote;

  constructor(db: Database) {
    this.#db = db;
    this.#insert = db.query<{ id: number }, (string | number | null)[]>(INSERT);
    this.#update = db.query(UPDATE);
    this.#setInterval = db.query("UPDATE instruments SET last_interval_hours = ?2 WHERE id = ?1");
    this.#changeInterval = db.query(
      "UPDATE instruments SET last_interval_hours = ?2, interval_changed_at = ?3 WHERE id = ?1",
    );
    this.#insertChange = db.query(
      "INSERT INTO interval_changes (instrument_id, from_hours, to_hours, changed_at) VALUES (?, ?, ?, ?)",
    );
    this.#setBreak = db.query(
      "UPDATE instruments SET break_price = ?2, break_batches = ?3 WHERE id = ?1",
    );
    this.#miss = db.query("UPDATE instruments SET missed_batches = ?2, status = ?3 WHERE id = ?1");
    this.#seen = db.query(
      "UPDATE instruments SET last_seen = ?2 WHERE exchange = ?1 AND status = 'listed' AND missed_batches = 0",
    );
    this.#lastBatch = db.query<{ atMs: number | null }, [string]>(
      "SELECT last_ok_at AS atMs FROM exchange_state WHERE exchange = ?",
    );
    this.#leaveOut = db.query(
      "UPDATE instruments SET last_seen = last_seen + ?2 WHERE exchange = ?1 AND status <> 'replaced'",
    );
    this.#replace = db.query("UPDATE instruments SET status = 'replaced' WHERE id = ?");
    this.#dropQuote = db.query("DELETE FROM quotes WHERE instrument_id = ?");
  }

  /** The id of a quote's instrument: a known one, or a new one if it is new or the ticker was reused. */
  resolve(batch: ListedBatch, quote: Quote): number {
    const known = this.#of(batch.exchange);
    const before = known.get(quote.exchangeSymbol);
    const instrument = this.#describe(batch, known, quote, before);
    this.#noteInterval(batch, known, quote, instrument);
    return instrument.id;
  }

  /** Marks the batch's instruments as seen and, if the batch is complete, counts missing ones. */
  close(batch: ListedBatch, complete: boolean): void {
    this.#leaveOutOutage(batch);
    if (complete) this.#countMissing(batch, this.#of(batch.exchange));
    this.#seen.run(batch.exchange, batch.atMs);
  }

  /** Absence is counted in batches: excludes the time of an outage. */
  #leaveOutOutage({ exchange, atMs }: ListedBatch): void {
    const lastMs = this.#lastBatch.get(exchange)?.atMs ?? atMs;
    if (atMs - lastMs <= OUTAGE_MS) return;
    this.#leaveOut.run(exchange, atMs - lastMs);
    const known = this.#of(exchange);
    for (const [symbol, instrument] of known)
      known.set(symbol, { ...instrument, lastSeen: instrument.lastSeen + atMs - lastMs });
  }

  /**
   * The bases with a listing that was added, removed or updated since the last call, including changes that were rolled
   * back.
   */
  takeChangedBases(): ReadonlySet<string> {
    const changed = this.#changedBases;
    this.#changedBases = new Set();
    return changed;
  }

  /** Drops the memory, which may be ahead of the database after a rollback: it is read again next time. */
  forget(exchange: ExchangeId): void {
    this.#known.delete(exchange);
  }

  #of(exchange: ExchangeId): ExchangeInstruments {
    const known = this.#known.get(exchange);
    if (known !== undefined) return known;
    const loaded = loadInstruments(this.#db, exchange);
    this.#known.set(exchange, loaded);
    return loaded;
  }

  #describe(
    batch: ListedBatch,
    known: ExchangeInstruments,
    quote: Quote,
    before: KnownInstrument | undefined,
  ): KnownInstrument {
    if (before === undefined) return this.#add(batch, known, quote);
    if (isRelisting(before, quote) || this.#isBroken(before, quote)) {
      this.#changedBases.add(before.base);
      this.#replace.run(before.id);
      this.#dropQuote.run(before.id);
      return this.#add(batch, known, quote);
    }
    if (!isRedescribed(before, quote)) return before;
    const { base, settle, multiplier, assetClass, accrual, listedAtMs } = quote;
    this.#changedBases.add(before.base).add(base);
    this.#update.run(
      before.id,
      base,
      quote.quote,
      settle,
      multiplier,
      assetClass,
      accrual,
      listedAtMs,
    );
    const after: KnownInstrument = {
      ...before,
      base,
      quote: quote.quote,
      settle,
      multiplier,
      assetClass,
      accrual,
      listedAt: listedAtMs ?? before.listedAt,
      status: "listed",
      missedBatches: 0,
    };
    known.set(quote.exchangeSymbol, after);
    return after;
  }

  /** True if the price has been at another level for so long that the ticker must belong to another asset. */
  #isBroken(known: KnownInstrument, quote: Quote): boolean {
    const before = known.price;
    const after = afterPrice(before, unitPriceOf(quote));
    known.price = after;
    if (after.breakBatches !== before.breakBatches)
      this.#setBreak.run(known.id, after.breakPrice, after.breakBatches);
    return after.isBroken;
  }

  #add(batch: ListedBatch, known: ExchangeInstruments, quote: Quote): KnownInstrument {
    this.#changedBases.add(quote.base);
    const uid = newUid(batch.exchange, quote.exchangeSymbol, batch.atMs);
    const row = this.#insert.get(
      uid,
      batch.exchange,
      quote.exchangeSymbol,
      quote.base,
      quote.quote,
      quote.settle,
      quote.multiplier,
      quote.assetClass,
      quote.accrual,
      quote.listedAtMs,
      batch.atMs,
      quote.fundingIntervalHours,
    );
    if (row === null) throw new Error("an instrument was not stored");
    const added: KnownInstrument = {
      id: row.id,
      base: quote.base,
      quote: quote.quote,
      settle: quote.settle,
      multiplier: quote.multiplier,
      assetClass: quote.assetClass,
      accrual: quote.accrual,
      listedAt: quote.listedAtMs,
      lastSeen: batch.atMs,
      status: "listed",
      missedBatches: 0,
      lastIntervalHours: quote.fundingIntervalHours,
      price: { last: unitPriceOf(quote), breakPrice: null, breakBatches: 0, isBroken: false },
    };
    known.set(quote.exchangeSymbol, added);
    return added;
  }

  #noteInterval(
    batch: ListedBatch,
    known: ExchangeInstruments,
    quote: Quote,
    instrument: KnownInstrument,
  ): void {
    const hours = quote.fundingIntervalHours;
    const before = instrument.lastIntervalHours;
    if (hours === null || hours === before) return;
    if (before === null) this.#setInterval.run(instrument.id, hours);
    else {
      this.#insertChange.run(instrument.id, before, hours, batch.atMs);
      this.#changeInterval.run(instrument.id, hours, batch.atMs);
    }
    known.set(quote.exchangeSymbol, { ...instrument, lastIntervalHours: hours });
  }

  #countMissing(batch: ListedBatch, known: ExchangeInstruments): void {
    const present = new Set(batch.quotes.map((quote) => quote.exchangeSymbol));
    for (const [symbol, instrument] of known) {
      if (present.has(symbol) || batch.isExcused(symbol)) continue;
      // last_seen in memory must match the database: the last batch that contained it.
      const lastSeen =
        instrument.missedBatches === 0 ? this.#lastSeen(instrument.id) : instrument.lastSeen;
      const after = afterMiss({ ...instrument, lastSeen }, batch.atMs);
      if (after === null) continue;
      if (after.status !== instrument.status) this.#changedBases.add(instrument.base);
      this.#miss.run(instrument.id, after.missedBatches, after.status);
      known.set(symbol, { ...instrument, ...after, lastSeen });
    }
  }

  #lastSeen(id: number): number {
    const row = this.#db
      .query<{ last_seen: number }, [number]>("SELECT last_seen FROM instruments WHERE id = ?")
      .get(id);
    return row?.last_seen ?? 0;
  }
}
