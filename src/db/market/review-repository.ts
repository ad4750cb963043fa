import type { Database } from "bun:sqlite";
import { eq, sql } from "drizzle-orm";
import type { Decision, Identity } from "../../domain/asset-cluster.ts";
import type { ExchangeId } from "../../domain/exchange.ts";
import type { ImplausibleBits } from "../../domain/plausibility.ts";
import type { AssetClass } from "../../domain/quote.ts";
import type { EpochRepository } from "./epoch-repository.ts";
import { writeTransaction } from "../open.ts";
import { given, queryBuilder } from "../query-builder.ts";
import { exchangeState, instruments } from "./schema.ts";

/** One listed instrument with the inputs of the market review and its previous decision. */
export interface ReviewRow {
  readonly instrumentId: number;
  readonly exchange: ExchangeId;
  readonly base: string;
  readonly quote: string;
  /** As stated by its own exchange. */
  readonly assetClass: AssetClass | null;
  /** By the ticker. */
  readonly multiplier: number;
  readonly assetId: string | null;
  readonly identity: Identity;
  readonly provenMultiplier: number | null;
  readonly settledClass: AssetClass | null;
  readonly implausible: ImplausibleBits;
  /** Index price, else mark price, else last trade; for one priced unit. */
  readonly price: number | null;
  readonly openInterestUsd: number | null;
  readonly volume24hUsd: number | null;
  readonly fundingRate: number;
  readonly fundingIntervalHours: number | null;
  readonly observedAtMs: number;
  /** 1 if the exchange's own timestamp has stopped. */
  readonly frozen: number;
}

/** The differences between a review and what is stored. */
export interface ReviewChanges {
  readonly decisions: ReadonlyMap<number, Decision>;
  readonly implausible: ReadonlyMap<number, ImplausibleBits>;
  readonly rateScales: ReadonlyMap<ExchangeId, number | null>;
  /** Exchanges with changed rows: readers reload them. */
  readonly exchanges: ReadonlySet<ExchangeId>;
}

/** All rows at once, twice a minute: read without Drizzle, which takes 55 ms for 12,000 of them instead of 20. */
const SELECT_ROWS = `SELECT i.id AS instrumentId, i.exchange, i.base, i.quote, i.asset_class AS assetClass, i.multiplier,
    i.asset_id AS assetId, i.identity, i.proven_multiplier AS provenMultiplier,
    i.settled_class AS settledClass, i.doubts AS implausible,
    coalesce(q.index_price, q.mark_price, q.last_price) AS price, q.open_interest_usd AS openInterestUsd,
    q.volume_24h_usd AS volume24hUsd, q.funding_rate AS fundingRate,
    q.funding_interval_hours AS fundingIntervalHours, q.observed_at AS observedAtMs, q.frozen
  FROM exchange_state s JOIN instruments i ON i.exchange = s.exchange JOIN quotes q ON q.instrument_id = i.id
  WHERE s.enabled = 1 AND i.status = 'listed'`;

/** Decisions that need all exchanges at once. Read and written only by the collector. */
export class ReviewRepository {
  readonly #db: Database;
  readonly #epochs: EpochRepository;
  readonly #rows;
  readonly #scales;
  readonly #decide;
  readonly #implausible;
  readonly #scale;
  readonly #touch;

  constructor(db: Database, epochs: EpochRepository) {
    this.#db = db;
    this.#epochs = epochs;
    this.#rows = db.query<ReviewRow, []>(SELECT_ROWS);
    const queries = queryBuilder(db);
    const { exchange, rateScale, commitSeq } = exchangeState;
    const { id, assetId, identity, provenMultiplier, settledClass, implausible } = instruments;
    const isInstrument = eq(id, sql.placeholder("id"));
    const isExchange = eq(exchange, sql.placeholder("exchange"));
    this.#scales = queries.select({ exchange, rateScale }).from(exchangeState).prepare();
    this.#decide = queries
      .update(instruments)
      .set({
        assetId: given("assetId", assetId),
        identity: given("identity", identity),
        provenMultiplier: given("provenMultiplier", provenMultiplier),
        settledClass: given("settledClass", settledClass),
      })
      .where(isInstrument)
      .prepare();
    this.#implausible = queries
      .update(instruments)
      .set({ implausible: given("implausible", implausible) })
      .where(isInstrument)
      .prepare();
    this.#scale = queries
      .update(exchangeState)
      .set({ rateScale: given("rateScale", rateScale) })
      .where(isExchange)
      .prepare();
    this.#touch = queries
      .update(exchangeState)
      .set({ commitSeq: sql`${commitSeq} + 1` })
      .where(isExchange)
      .prepare();
  }

  /** Every listed instrument of the enabled exchanges. */
  rows(): readonly ReviewRow[] {
    return this.#rows.all();
  }

  rateScales(): ReadonlyMap<ExchangeId, number | null> {
    return new Map(this.#scales.all().map(({ exchange, rateScale }) => [exchange, rateScale]));
  }

  /** Stores all changes or none. Throws EpochLost if another collector has taken over. */
  store(epoch: number, changes: ReviewChanges, atMs: number): void {
    writeTransaction(this.#db, () => {
      this.#epochs.requireCurrent(epoch);
      for (const [id, decision] of changes.decisions) this.#decide.run({ id, ...decision });
      for (const [id, implausible] of changes.implausible)
        this.#implausible.run({ id, implausible });
      for (const [exchange, rateScale] of changes.rateScales)
        this.#scale.run({ exchange, rateScale });
      for (const exchange of changes.exchanges) this.#touch.run({ exchange });
      this.#epochs.raiseSeq(atMs);
    });
  }
}
