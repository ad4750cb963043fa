import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../domain/exchange.ts";
import { observedAtMs } from "../domain/funding.ts";
import type { Quote } from "../domain/quote.ts";
import type { EpochRepository } from "./epoch-repository.ts";
import type {
  AcceptedState,
  ExchangeStateRepository,
  FailedState,
} from "./exchange-state-repository.ts";
import {
  afterMiss,
  type ExchangeInstruments,
  isRedescribed,
  isRelisting,
  type KnownInstrument,
  loadInstruments,
  newUid,
} from "./instrument-index.ts";
import { writeTransaction } from "./open.ts";

/** One accepted batch, ready to be stored. */
export interface AcceptedBatch {
  readonly exchange: ExchangeId;
  readonly epoch: number;
  readonly atMs: number;
  readonly quotes: readonly Quote[];
  /** Symbols whose exchange timestamp has stood still for too long. */
  readonly frozen: ReadonlySet<string>;
  /** Symbols that were on the wire but unreadable: present, with nothing to store. */
  readonly unreadable: ReadonlySet<string>;
  /** Whether a missing instrument counts as missed: only a whole batch can tell. */
  readonly whole: boolean;
  readonly state: AcceptedState;
}

const INSERT_QUOTE = `INSERT INTO quotes (instrument_id, funding_rate, funding_interval_hours, interval_source,
    next_funding_at, predicted_rate, instant_rate, settled_rate, settled_at, rate_cap, rate_floor, baseline_rate,
    settling, frozen, mark_price, index_price, open_interest_usd, volume_24h_usd, observed_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
  ON CONFLICT (instrument_id) DO UPDATE SET funding_rate = ?2, funding_interval_hours = ?3, interval_source = ?4,
    next_funding_at = ?5, predicted_rate = ?6, instant_rate = ?7, settled_rate = ?8, settled_at = ?9, rate_cap = ?10,
    rate_floor = ?11, baseline_rate = ?12, settling = ?13, frozen = ?14, mark_price = ?15, index_price = ?16,
    open_interest_usd = ?17, volume_24h_usd = ?18, observed_at = ?19`;

const INSERT_INSTRUMENT = `INSERT INTO instruments (uid, exchange, exchange_symbol, base, quote, settle, multiplier,
    asset_class, accrual, listed_at, first_seen, last_seen, status, missed_batches, last_interval_hours)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, 'listed', 0, ?12) RETURNING id`;

const UPDATE_INSTRUMENT = `UPDATE instruments SET base = ?2, quote = ?3, settle = ?4, multiplier = ?5,
    asset_class = ?6, accrual = ?7, listed_at = coalesce(?8, listed_at), status = 'listed', missed_batches = 0
  WHERE id = ?1`;

/**
 * The only writer of instruments, quotes and interval_changes. One batch is one IMMEDIATE transaction:
 * readers see all of it or nothing. Statements are prepared once.
 */
export class MarketWriter {
  readonly #db: Database;
  readonly #epochs: EpochRepository;
  readonly #states: ExchangeStateRepository;
  readonly #instruments = new Map<ExchangeId, ExchangeInstruments>();
  readonly #insertQuote;
  readonly #insertInstrument;
  readonly #updateInstrument;
  readonly #setInterval;
  readonly #insertChange;
  readonly #miss;
  readonly #seen;
  readonly #replace;
  readonly #dropQuote;

  constructor(db: Database, epochs: EpochRepository, states: ExchangeStateRepository) {
    this.#db = db;
    this.#epochs = epochs;
    this.#states = states;
    this.#insertQuote = db.query(INSERT_QUOTE);
    this.#insertInstrument = db.query<{ id: number }, (string | number | null)[]>(
      INSERT_INSTRUMENT,
    );
    this.#updateInstrument = db.query(UPDATE_INSTRUMENT);
    this.#setInterval = db.query("UPDATE instruments SET last_interval_hours = ?2 WHERE id = ?1");
    this.#insertChange = db.query(
      "INSERT INTO interval_changes (instrument_id, from_hours, to_hours, changed_at) VALUES (?, ?, ?, ?)",
    );
    this.#miss = db.query("UPDATE instruments SET missed_batches = ?2, status = ?3 WHERE id = ?1");
    this.#seen = db.query(
      "UPDATE instruments SET last_seen = ?2 WHERE exchange = ?1 AND status = 'listed' AND missed_batches = 0",
    );
    this.#replace = db.query("UPDATE instruments SET status = 'replaced' WHERE id = ?");
    this.#dropQuote = db.query("DELETE FROM quotes WHERE instrument_id = ?");
  }

  /** Stores a batch whole or not at all. Throws EpochLost when another collector has taken over. */
  commit(batch: AcceptedBatch): void {
    try {
      writeTransaction(this.#db, () => {
        this.#epochs.requireCurrent(batch.epoch);
        const known = this.#known(batch.exchange);
        for (const quote of batch.quotes) this.#store(batch, known, quote);
        if (batch.whole) this.#countMissing(batch, known);
        this.#seen.run(batch.exchange, batch.atMs);
        this.#states.accept(batch.exchange, batch.state);
        this.#epochs.raiseSeq(batch.atMs);
      });
    } catch (error) {
      // What is remembered may be ahead of what was rolled back: read it again next time.
      this.#instruments.delete(batch.exchange);
      throw error;
    }
  }

  /** Stores that a refresh failed; the rows stay. Throws EpochLost as `commit` does. */
  fail(epoch: number, exchange: ExchangeId, state: FailedState): void {
    writeTransaction(this.#db, () => {
      this.#epochs.requireCurrent(epoch);
      this.#states.fail(exchange, state);
      this.#epochs.raiseSeq(state.atMs);
    });
  }

  #known(exchange: ExchangeId): ExchangeInstruments {
    const known = this.#instruments.get(exchange);
    if (known !== undefined) return known;
    const loaded = loadInstruments(this.#db, exchange);
    this.#instruments.set(exchange, loaded);
    return loaded;
  }

  #store(batch: AcceptedBatch, known: ExchangeInstruments, quote: Quote): void {
    const before = known.get(quote.exchangeSymbol);
    const instrument = this.#describe(batch, known, quote, before);
    this.#noteInterval(batch, known, quote, instrument);
    this.#insertQuote.run(
      instrument.id,
      quote.fundingRate,
      quote.fundingIntervalHours,
      quote.intervalSource,
      quote.nextFundingAtMs,
      quote.predictedRate,
      quote.instantRate,
      quote.settledRate,
      quote.settledAtMs,
      quote.rateCap,
      quote.rateFloor,
      quote.baselineRate,
      quote.settling ? 1 : 0,
      batch.frozen.has(quote.exchangeSymbol) ? 1 : 0,
      quote.markPrice,
      quote.indexPrice,
      quote.openInterestUsd,
      quote.volume24hUsd,
      observedAtMs(quote.exchangeTimeMs, quote.receivedAtMs),
    );
  }

  #describe(
    batch: AcceptedBatch,
    known: ExchangeInstruments,
    quote: Quote,
    before: KnownInstrument | undefined,
  ): KnownInstrument {
    if (before === undefined) return this.#add(batch, known, quote);
    if (isRelisting(before, quote)) {
      this.#replace.run(before.id);
      this.#dropQuote.run(before.id);
      return this.#add(batch, known, quote);
    }
    if (!isRedescribed(before, quote)) return before;
    const {
      base,
      quote: quoteCurrency,
      settle,
      multiplier,
      assetClass,
      accrual,
      listedAtMs,
    } = quote;
    this.#updateInstrument.run(
      before.id,
      base,
      quoteCurrency,
      settle,
      multiplier,
      assetClass,
      accrual,
      listedAtMs,
    );
    const after: KnownInstrument = {
      ...before,
      base,
      quote: quoteCurrency,
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

  #add(batch: AcceptedBatch, known: ExchangeInstruments, quote: Quote): KnownInstrument {
    const uid = newUid(batch.exchange, quote.exchangeSymbol, batch.atMs);
    const row = this.#insertInstrument.get(
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
      uid,
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
    };
    known.set(quote.exchangeSymbol, added);
    return added;
  }

  #noteInterval(
    batch: AcceptedBatch,
    known: ExchangeInstruments,
    quote: Quote,
    instrument: KnownInstrument,
  ): void {
    const hours = quote.fundingIntervalHours;
    const before = instrument.lastIntervalHours;
    if (hours === null || hours === before) return;
    if (before !== null) this.#insertChange.run(instrument.id, before, hours, batch.atMs);
    this.#setInterval.run(instrument.id, hours);
    known.set(quote.exchangeSymbol, { ...instrument, lastIntervalHours: hours });
  }

  #countMissing(batch: AcceptedBatch, known: ExchangeInstruments): void {
    const present = new Set(batch.quotes.map((quote) => quote.exchangeSymbol));
    for (const [symbol, instrument] of known) {
      if (present.has(symbol) || batch.unreadable.has(symbol)) continue;
      // The memory of last_seen must be what the database holds: the last batch that had it.
      const lastSeen =
        instrument.missedBatches === 0 ? this.#lastSeen(instrument.id) : instrument.lastSeen;
      const after = afterMiss({ ...instrument, lastSeen }, batch.atMs);
      if (after === null) continue;
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
