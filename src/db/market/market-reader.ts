import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../domain/exchange.ts";
import type { ExchangeListings, ExchangeState, MarketRecord } from "../../domain/market.ts";
import { NO_OPPORTUNITIES, type OpportunityBook } from "../../domain/opportunity.ts";
import { bookOf } from "../../domain/opportunity-columns.ts";
import { withoutImplausible } from "../../domain/plausibility.ts";
import { EpochRepository, type Progress } from "./epoch-repository.ts";
import { ExchangeStateRepository } from "./exchange-state-repository.ts";
import { type Listing, ListingReader } from "./listing-reader.ts";
import { OpportunityRepository } from "./opportunity-repository.ts";
import { TextPool } from "./text-pool.ts";

/** The stored market at one moment: all parts belong to the same `progress`. */
export interface MarketState {
  readonly progress: Progress;
  readonly states: readonly ExchangeState[];
  /** The rows of the requested exchanges, by exchange, each ordered by exchange_symbol. */
  readonly rows: ReadonlyMap<ExchangeId, readonly MarketRecord[]>;
  /** Those of the same exchanges. */
  readonly listings: ReadonlyMap<ExchangeId, ExchangeListings>;
  readonly opportunities: OpportunityBook;
}

/** The rows of one exchange as of one commit, ordered by exchange_symbol. */
export interface ExchangeMarket {
  readonly commitSeq: number;
  readonly rows: readonly MarketRecord[];
  readonly listings: ExchangeListings;
}

/** The columns that change with each commit, in the index's order: sorting would take as long again. */
const SELECT_LIVE = `SELECT i.id AS instrumentId, q.funding_rate AS fundingRate,
    q.funding_interval_hours AS fundingIntervalHours, q.interval_source AS intervalSource,
    q.next_funding_at AS nextFundingAtMs, q.last_price AS lastPrice, q.predicted_rate AS predictedRate, q.instant_rate AS instantRate,
    q.settled_rate AS settledRate, q.settled_at AS settledAtMs, q.rate_cap AS rateCap, q.rate_floor AS rateFloor,
    q.baseline_rate AS baselineRate, q.settling, q.frozen, q.mark_price AS markPrice, q.index_price AS indexPrice,
    q.open_interest_usd AS openInterestUsd, q.volume_24h_usd AS volume24hUsd, q.observed_at AS observedAtMs,
    q.taker_fee_bps AS takerFeeBps,
    CASE WHEN q.settled_7d_until >= q.observed_at THEN q.settled_7d_apr_pct END AS settled7dAprPct
  FROM instruments i JOIN quotes q ON q.instrument_id = i.id
  WHERE i.exchange = ? AND i.status = 'listed'`;

/** The columns that are read after each commit of the exchange. */
type LiveRow = Omit<MarketRecord, keyof Listing | "settling" | "frozen" | "implausible"> & {
  readonly instrumentId: number;
  readonly settling: number;
  readonly frozen: number;
};

/** Reads the market for the board. Never writes; safe while any process collects. */
export class MarketReader {
  readonly #db: Database;
  readonly #epochs: EpochRepository;
  readonly #states: ExchangeStateRepository;
  readonly #texts = new TextPool();
  readonly #listings: ListingReader;
  readonly #live;
  readonly #base;
  readonly #stored: OpportunityRepository;
  #book = { version: 0, opportunities: NO_OPPORTUNITIES };

  constructor(db: Database) {
    this.#db = db;
    this.#epochs = new EpochRepository(db);
    this.#states = new ExchangeStateRepository(db);
    this.#stored = new OpportunityRepository(db, this.#epochs);
    this.#listings = new ListingReader(db, this.#texts);
    this.#live = db.query<LiveRow, [string]>(SELECT_LIVE);
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
      const listings = new Map<ExchangeId, ExchangeListings>();
      for (const state of states) {
        const read = wants(state) ? this.#rowsOf(state.exchange, progress) : null;
        if (read === null) continue;
        rows.set(state.exchange, read.rows);
        listings.set(state.exchange, read.listings);
      }
      return { progress, states, rows, listings, opportunities: this.#opportunities() };
    })();
  }

  /** The rows of one exchange and their commit, read in one transaction. Null if it was never enabled. */
  readExchange(exchange: ExchangeId): ExchangeMarket | null {
    return this.#db.transaction(() => {
      const progress = this.#epochs.read();
      return progress === null ? null : this.#rowsOf(exchange, progress);
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

  #rowsOf(exchange: ExchangeId, { epoch }: Progress): ExchangeMarket | null {
    const seqs = this.#states.seqs(exchange);
    if (seqs === null) return null;
    const live = this.#live.all(exchange);
    const ids = live.map(({ instrumentId }) => instrumentId);
    const { byId, listings } = this.#listings.of(exchange, `${epoch}-${seqs.listingSeq}`, ids);
    const rows: MarketRecord[] = Array.from({ length: live.length });
    for (const row of live) {
      const known = byId.get(row.instrumentId);
      if (known === undefined) throw new Error(`no listing ${row.instrumentId} of ${exchange}`);
      rows[known.place] = recordOf(known.listing, row, this.#texts);
    }
    return { commitSeq: seqs.commitSeq, rows, listings };
  }

  /** Whether any instrument with this base was ever seen, listed or not. */
  knowsBase(base: string): boolean {
    return this.#base.get(base) !== null;
  }
}

/** A listing with its quote, without the implausible quantities. Written out: with spreads a read takes 1.4 times as long. */
function recordOf(listing: Listing, row: LiveRow, texts: TextPool): MarketRecord {
  const { volume24hUsd, openInterestUsd, implausible } = withoutImplausible(
    row,
    listing.implausible,
  );
  return {
    instrumentId: listing.instrumentId,
    uid: listing.uid,
    exchange: listing.exchange,
    exchangeSymbol: listing.exchangeSymbol,
    base: listing.base,
    quote: listing.quote,
    settle: listing.settle,
    assetId: listing.assetId,
    identity: listing.identity,
    multiplier: listing.multiplier,
    tickerMultiplier: listing.tickerMultiplier,
    assetClass: listing.assetClass,
    accrual: listing.accrual,
    listedAtMs: listing.listedAtMs,
    firstSeenMs: listing.firstSeenMs,
    intervalChangedAtMs: listing.intervalChangedAtMs,
    fundingRate: row.fundingRate,
    fundingIntervalHours: row.fundingIntervalHours,
    intervalSource: texts.shared(row.intervalSource),
    nextFundingAtMs: row.nextFundingAtMs,
    predictedRate: row.predictedRate,
    instantRate: row.instantRate,
    settledRate: row.settledRate,
    settledAtMs: row.settledAtMs,
    rateCap: row.rateCap,
    rateFloor: row.rateFloor,
    baselineRate: row.baselineRate,
    settling: row.settling === 1,
    frozen: row.frozen === 1,
    markPrice: row.markPrice,
    indexPrice: row.indexPrice,
    lastPrice: row.lastPrice,
    openInterestUsd,
    volume24hUsd,
    takerFeeBps: row.takerFeeBps,
    settled7dAprPct: row.settled7dAprPct,
    implausible,
    observedAtMs: row.observedAtMs,
  };
}
