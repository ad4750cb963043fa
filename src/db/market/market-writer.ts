import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../domain/exchange.ts";
import { observedAtMs } from "../../domain/funding.ts";
import type { Quote } from "../../domain/quote.ts";
import type { SettledYield } from "../../domain/settled-yield.ts";
import type { EpochRepository } from "./epoch-repository.ts";
import type {
  AcceptedState,
  ExchangeStateRepository,
  FailedState,
} from "./exchange-state-repository.ts";
import { InstrumentWriter } from "./instrument-writer.ts";
import { writeTransaction } from "../open.ts";

/** One accepted batch, ready to be stored. */
export interface AcceptedBatch {
  readonly exchange: ExchangeId;
  readonly epoch: number;
  readonly atMs: number;
  readonly quotes: readonly Quote[];
  /** Symbols whose exchange timestamp has not moved for too long. */
  readonly frozen: ReadonlySet<string>;
  /** Whether a symbol may be listed although it has no quote: its row was unreadable, or its request failed. */
  readonly isExcused: (exchangeSymbol: string) => boolean;
  /** Whether a missing instrument counts as missed: only in a complete batch. */
  readonly complete: boolean;
  readonly state: AcceptedState;
  /** Settled yields that were computed since the last commit, by uid; default: none. */
  readonly settledYields?: ReadonlyMap<string, SettledYield>;
}

const INSERT_QUOTE = `INSERT INTO quotes (instrument_id, funding_rate, funding_interval_hours, interval_source,
    next_funding_at, predicted_rate, instant_rate, settled_rate, settled_at, rate_cap, rate_floor, baseline_rate,
    settling, frozen, mark_price, index_price, open_interest_usd, volume_24h_usd, observed_at,
    last_price, taker_fee_bps)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)
  ON CONFLICT (instrument_id) DO UPDATE SET funding_rate = ?2, funding_interval_hours = ?3, interval_source = ?4,
    next_funding_at = ?5, predicted_rate = ?6, instant_rate = ?7, settled_rate = ?8, settled_at = ?9, rate_cap = ?10,
    rate_floor = ?11, baseline_rate = ?12, settling = ?13, frozen = ?14, mark_price = ?15, index_price = ?16,
    open_interest_usd = ?17, volume_24h_usd = ?18, observed_at = ?19, last_price = ?20,
    taker_fee_bps = ?21`;

/** Changes nothing if the instrument has no quote any more. */
const SET_YIELD = `UPDATE quotes SET settled_7d_apr_pct = ?2, settled_7d_until = ?3
  WHERE instrument_id = (SELECT id FROM instruments WHERE uid = ?1)`;

/**
 * Writes batches: quotes, interval changes and instruments (except the decisions on them, which ReviewRepository
 * writes). One batch is one IMMEDIATE transaction, so readers see all of it or nothing. Statements are prepared once.
 */
export class MarketWriter {
  readonly #db: Database;
  readonly #epochs: EpochRepository;
  readonly #states: ExchangeStateRepository;
  readonly #instruments: InstrumentWriter;
  readonly #insertQuote;
  readonly #setYield;

  constructor(db: Database, epochs: EpochRepository, states: ExchangeStateRepository) {
    this.#db = db;
    this.#epochs = epochs;
    this.#states = states;
    this.#instruments = new InstrumentWriter(db);
    this.#insertQuote = db.query(INSERT_QUOTE);
    this.#setYield = db.query(SET_YIELD);
  }

  /**
   * Stores a batch completely or not at all; returns the ids of its instruments, in the order of its quotes. Throws
   * EpochLost if another collector has taken over.
   */
  commit(batch: AcceptedBatch): Uint32Array {
    try {
      return writeTransaction(this.#db, () => {
        this.#epochs.requireCurrent(batch.epoch);
        const ids = Uint32Array.from(batch.quotes, (quote) => this.#store(batch, quote));
        for (const [uid, { aprPct, untilMs }] of batch.settledYields ?? [])
          this.#setYield.run(uid, aprPct, aprPct === null ? null : untilMs);
        this.#instruments.close(batch, batch.complete);
        this.#states.accept(batch.exchange, batch.state);
        this.#epochs.raiseSeq(batch.atMs);
        return ids;
      });
    } catch (error) {
      this.#instruments.forget(batch.exchange);
      throw error;
    }
  }

  /** See InstrumentWriter. */
  takeChangedBases(): ReadonlySet<string> {
    return this.#instruments.takeChangedBases();
  }

  /** Records a failed refresh; the rows stay. Throws EpochLost as `commit` does. */
  fail(epoch: number, exchange: ExchangeId, state: FailedState): void {
    writeTransaction(this.#db, () => {
      this.#epochs.requireCurrent(epoch);
      this.#states.fail(exchange, state);
      this.#epochs.raiseSeq(state.atMs);
    });
  }

  /** Returns the id of its instrument. */
  #store(batch: AcceptedBatch, quote: Quote): number {
    const id = this.#instruments.resolve(batch, quote);
    this.#insertQuote.run(
      id,
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
      quote.lastPrice ?? null,
      quote.takerFeeBps ?? null,
    );
    return id;
  }
}
