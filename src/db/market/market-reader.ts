import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../domain/exchange.ts";
import type { ExchangeState, MarketRecord } from "../../domain/market.ts";
import { NO_OPPORTUNITIES, type OpportunityBook } from "../../domain/opportunity.ts";
import { bookOf } from "../../domain/opportunity-columns.ts";
import { withoutImplausible } from "../../domain/plausibility.ts";
import { EpochRepository, type Progress } from "./epoch-repository.ts";
import { ExchangeStateRepository } from "./exchange-state-repository.ts";
import { OpportunityRepository } from "./opportunity-repository.ts";

/** The stored market at one moment: all parts belong to the same `progress`. */
export interface MarketState {
  readonly progress: Progress;
  readonly states: readonly ExchangeState[];
  /** The rows of the requested exchanges, by exchange, each ordered by exchange_symbol. */
  readonly rows: ReadonlyMap<ExchangeId, readonly MarketRecord[]>;
  readonly opportunities: OpportunityBook;
}

/** The rows of one exchange as of one commit, ordered by exchange_symbol. */
export interface ExchangeMarket {
  readonly commitSeq: number;
  readonly rows: readonly MarketRecord[];
}

type RecordRow = Omit<MarketRecord, "settling" | "frozen"> & { settling: number; frozen: number };

const SELECT_RECORDS = `SELECT i.id AS instrumentId, i.uid, i.exchange, i.exchange_symbol AS exchangeSymbol, i.base,
    i.quote, i.settle, i.asset_id AS assetId, i.identity, coalesce(i.proven_multiplier, i.multiplier) AS multiplier,
    i.multiplier AS tickerMultiplier, coalesce(i.settled_class, i.asset_class) AS assetClass, i.accrual, i.listed_at AS listedAtMs,
    i.first_seen AS firstSeenMs, i.interval_changed_at AS intervalChangedAtMs, q.funding_rate AS fundingRate,
    q.funding_interval_hours AS fundingIntervalHours, q.interval_source AS intervalSource,
    q.next_funding_at AS nextFundingAtMs, q.last_price AS lastPrice, q.predicted_rate AS predictedRate, q.instant_rate AS instantRate,
    q.settled_rate AS settledRate, q.settled_at AS settledAtMs, q.rate_cap AS rateCap, q.rate_floor AS rateFloor,
    q.baseline_rate AS baselineRate, q.settling, q.frozen, q.mark_price AS markPrice, q.index_price AS indexPrice,
    q.open_interest_usd AS openInterestUsd, q.volume_24h_usd AS volume24hUsd, i.doubts AS implausible, q.observed_at AS observedAtMs,
    q.taker_fee_bps AS takerFeeBps
  FROM instruments i JOIN quotes q ON q.instrument_id = i.id
  WHERE i.exchange = ? AND i.status = 'listed'
  ORDER BY i.exchange_symbol`;

/** Reads the market for the board. Never writes; safe while any process collects. */
export class MarketReader {
  readonly #db: Database;
  readonly #epochs: EpochRepository;
  readonly #states: ExchangeStateRepository;
  readonly #records;
  readonly #base;
  readonly #texts = new TextPool();
  readonly #stored: OpportunityRepository;
  #book = { version: 0, opportunities: NO_OPPORTUNITIES };

  constructor(db: Database) {
    this.#db = db;
    this.#epochs = new EpochRepository(db);
    this.#states = new ExchangeStateRepository(db);
    this.#stored = new OpportunityRepository(db, this.#epochs);
    this.#records = db.query<RecordRow, [string]>(SELECT_RECORDS);
    this.#base = db.query("SELECT 1 FROM instruments WHERE base = ? LIMIT 1");
  }

  /** The progress of the tables: one row, cheap enough to read several times a second. */
  progress(): Progress | null {
    return this.#epochs.read();
  }

  /**
   * The states of all exchanges, the rows of those that `wants` selects and the opportunities, read in one transaction.
   * Null if no collector has ever run.
   */
  read(wants: (state: ExchangeState) => boolean): MarketState | null {
    return this.#db.transaction(() => {
      const progress = this.#epochs.read();
      if (progress === null) return null;
      const states = this.#states.list();
      const rows = new Map<ExchangeId, readonly MarketRecord[]>();
      for (const state of states) {
        if (wants(state)) rows.set(state.exchange, this.#recordsOf(state.exchange));
      }
      return { progress, states, rows, opportunities: this.#opportunities() };
    })();
  }

  /** The rows of one exchange and their commit, read in one transaction. Null if it was never enabled. */
  readExchange(exchange: ExchangeId): ExchangeMarket | null {
    return this.#db.transaction(() => {
      const commitSeq = this.#states.commitSeq(exchange);
      return commitSeq === null ? null : { commitSeq, rows: this.#recordsOf(exchange) };
    })();
  }

  /** Two megabytes that change once a minute: read again only then, and shared by all reads in between. */
  #opportunities(): OpportunityBook {
    const version = this.#stored.version();
    if (version !== this.#book.version) {
      const columns = this.#stored.load();
      // An unreadable one is reported and replaced by the collector.
      const isBook = columns !== null && columns !== "unreadable";
      this.#book = { version, opportunities: isBook ? bookOf(columns) : NO_OPPORTUNITIES };
    }
    return this.#book.opportunities;
  }

  #recordsOf(exchange: ExchangeId): readonly MarketRecord[] {
    const rows = this.#records.all(exchange);
    this.#texts.expect(exchange, rows.length);
    return rows.map((row) => toRecord(row, this.#texts));
  }

  /** Whether any instrument with this base was ever seen, listed or not. */
  knowsBase(base: string): boolean {
    return this.#base.get(base) !== null;
  }
}

/**
 * Converts the row in place: booleans, shared texts, no implausible quantities. Thousands of rows are read at a time, and
 * copying them would double the garbage. Guaranteed by the query: a fresh object per row, with exactly these columns.
 */
function toRecord(row: RecordRow, texts: TextPool): MarketRecord {
  const flags = { settling: row.settling === 1, frozen: row.frozen === 1 };
  return Object.assign(row, flags, withoutImplausible(row, row.implausible), texts.shared(row));
}

/** A row has at most five rarely shared texts: as many again may belong to removed listings … */
const TEXTS_PER_ROW = 10;
/** … and never fewer than this, which costs little memory. */
const MIN_TEXTS = 200_000;

/**
 * Keeps one copy of each text. The database creates a new string for every cell, and the rows of the last two minutes are
 * retained for cursors: otherwise the same names would be in memory several times.
 */
class TextPool {
  readonly #texts = new Map<string, string>();
  readonly #rows = new Map<ExchangeId, number>();
  #max = MIN_TEXTS;

  /** Sets how many rows an exchange has: if the pool grows beyond what all of them need, it is cleared. */
  expect(exchange: ExchangeId, rows: number): void {
    this.#rows.set(exchange, rows);
    const all = this.#rows.values().reduce((sum, count) => sum + count, 0);
    this.#max = Math.max(MIN_TEXTS, all * TEXTS_PER_ROW);
  }

  shared(row: RecordRow) {
    return {
      uid: this.#one(row.uid),
      exchange: this.#one(row.exchange),
      exchangeSymbol: this.#one(row.exchangeSymbol),
      base: this.#one(row.base),
      quote: this.#one(row.quote),
      settle: this.#one(row.settle),
      assetId: row.assetId === null ? null : this.#one(row.assetId),
      identity: this.#one(row.identity),
      assetClass: row.assetClass === null ? null : this.#one(row.assetClass),
      accrual: this.#one(row.accrual),
      intervalSource: row.intervalSource === null ? null : this.#one(row.intervalSource),
    };
  }

  #one<T extends string>(text: T): T {
    const known = this.#texts.get(text);
    // The pool returns an equal string, hence the same type.
    if (known !== undefined) return known as T;
    if (this.#texts.size >= this.#max) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}
