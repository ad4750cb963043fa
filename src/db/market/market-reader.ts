import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../domain/exchange.ts";
import type { ExchangeState, MarketRecord } from "../../domain/market.ts";
import { NO_OPPORTUNITIES, type OpportunityBook } from "../../domain/opportunity.ts";
import { bookOf } from "../../domain/opportunity-columns.ts";
import { withoutImplausible } from "../../domain/plausibility.ts";
import { EpochRepository, type Progress } from "./epoch-repository.ts";
import { ExchangeStateRepository } from "./exchange-state-repository.ts";
import { OpportunityRepository } from "./opportunity-repository.ts";

/** The stored market at one point: all parts of it belong to the same `progress`. */
export interface MarketState {
  readonly progress: Progress;
  readonly states: readonly ExchangeState[];
  /** The rows of the exchanges that were asked for, by exchange, each ordered by exchange_symbol. */
  readonly rows: ReadonlyMap<ExchangeId, readonly MarketRecord[]>;
  readonly opportunities: OpportunityBook;
}

/** The rows of one exchange, ordered by exchange_symbol, as of one commit. */
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

/** Reads the market for the board. Never writes; safe beside the collector of any process. */
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

  /** How far the tables are: one row, cheap enough to ask several times a second. */
  progress(): Progress | null {
    return this.#epochs.read();
  }

  /**
   * The states of all exchanges, the rows of those that `wants` says and the opportunities, read in one transaction.
   * Null before the first collector ever started.
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

  /** The rows of one exchange and the commit that they are of, read in one transaction. Null for one never enabled. */
  readExchange(exchange: ExchangeId): ExchangeMarket | null {
    return this.#db.transaction(() => {
      const commitSeq = this.#states.commitSeq(exchange);
      return commitSeq === null ? null : { commitSeq, rows: this.#recordsOf(exchange) };
    })();
  }

  /** Two megabytes that change once a minute: read again only then, and shared by all that was read meanwhile. */
  #opportunities(): OpportunityBook {
    const version = this.#stored.version();
    if (version !== this.#book.version) {
      const columns = this.#stored.load();
      // Whoever collects says that it is unreadable, and replaces it.
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

  /** Whether any instrument of this base was ever seen, listed or not. */
  knowsBase(base: string): boolean {
    return this.#base.get(base) !== null;
  }
}

/**
 * The row itself with its two flags as booleans, its texts shared and without the quantities that nobody can vouch
 * for: thousands of rows are read at a time, and a copy of each would be twice the garbage. Guaranteed by the
 * query: a fresh object per row, with exactly these columns.
 */
function toRecord(row: RecordRow, texts: TextPool): MarketRecord {
  const flags = { settling: row.settling === 1, frozen: row.frozen === 1 };
  return Object.assign(row, flags, withoutImplausible(row, row.implausible), texts.shared(row));
}

/** A row has at most five texts that few others share: as many again may be of listings that are gone … */
const TEXTS_PER_ROW = 10;
/** … and this many are no burden. */
const MIN_TEXTS = 200_000;

/**
 * One copy of each text. The database makes a new one for every cell it reads, and the rows of two minutes ago are
 * still held for cursors: without this the same names would be in memory several times over.
 */
class TextPool {
  readonly #texts = new Map<string, string>();
  readonly #rows = new Map<ExchangeId, number>();
  #max = MIN_TEXTS;

  /** Says how many rows an exchange has: beyond what all of them need, all texts are forgotten at once. */
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
    // The pool gives back what was put in: the same characters, hence the same type.
    if (known !== undefined) return known as T;
    if (this.#texts.size >= this.#max) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}
