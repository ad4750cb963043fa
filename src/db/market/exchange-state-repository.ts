import type { Database } from "bun:sqlite";
import { asc, eq, type SQL, sql } from "drizzle-orm";
import type { SQLiteUpdateSetSource } from "drizzle-orm/sqlite-core";
import type { ExchangeId, FailureKind } from "../../domain/exchange.ts";
import type { ExchangeState } from "../../domain/market.ts";
import { given, queryBuilder } from "../query-builder.ts";
import { exchangeState } from "./schema.ts";

/** What an accepted batch stores about its exchange. */
export interface AcceptedState {
  readonly atMs: number;
  readonly symbols: number;
  readonly trustedSize: number;
  readonly expected: number | null;
  readonly degradedBy: string | null;
  readonly rejects: Readonly<Record<string, number>>;
  readonly cycleMs: number;
  readonly pending: PendingSize | null;
  /** Share of even last digits of open interest, see `evenShareOf`. */
  readonly evenShare?: number | null;
}

/** A size that is not accepted yet, how often it came and since when. */
export interface PendingSize {
  readonly size: number;
  readonly batches: number;
  readonly sinceMs: number;
}

/** What a failed refresh stores. The rows stay unchanged. */
export interface FailedState {
  readonly atMs: number;
  readonly kind: FailureKind;
  readonly message: string;
  readonly retryAtMs: number;
  /** Set only by a refused batch. */
  readonly pending?: PendingSize | null;
}

/** What the batch gate remembers. */
export interface SizeMemory {
  readonly trustedSize: number | null;
  readonly pending: PendingSize | null;
  readonly acceptNextSize: boolean;
}

/** How often the rows of an exchange have changed. */
export interface ExchangeSeqs {
  readonly commitSeq: number;
  /** Raised by a trigger with each change of a column that a ListingReader keeps. */
  readonly listingSeq: number;
}

/** One row per exchange: the result of its last refresh and what the batch gate remembers. */
export class ExchangeStateRepository {
  readonly #queries;
  readonly #reads;
  readonly #writes;

  constructor(db: Database) {
    this.#queries = queryBuilder(db);
    this.#reads = readsOn(this.#queries);
    this.#writes = writesOn(this.#queries);
  }

  /** Enables exactly the exchanges in `periodsMs`. Call it inside a write transaction. */
  enableOnly(periodsMs: ReadonlyMap<ExchangeId, number>): void {
    this.#queries.update(exchangeState).set({ enabled: false }).run();
    for (const [exchange, periodMs] of periodsMs) this.#writes.enable.run({ exchange, periodMs });
  }

  list(): ExchangeState[] {
    return this.#reads.list.all();
  }

  /** Null if it was never enabled here. */
  seqs(exchange: ExchangeId): ExchangeSeqs | null {
    return this.#reads.seqs.get({ exchange }) ?? null;
  }

  accept(exchange: ExchangeId, { pending, evenShare = null, ...state }: AcceptedState): void {
    this.#writes.accept.run({ exchange, ...state, ...pendingColumns(pending), evenShare });
  }

  fail(exchange: ExchangeId, { pending, ...state }: FailedState): void {
    const statement = state.kind === "refused_batch" ? this.#writes.refuse : this.#writes.fail;
    statement.run({ exchange, ...state });
    if (pending !== undefined)
      this.#writes.setPending.run({ exchange, ...pendingColumns(pending) });
  }

  sizeMemory(exchange: ExchangeId): SizeMemory {
    const row = this.#reads.memory.get({ exchange });
    const { trustedSize = null, size = null, batches = 0, sinceMs = null } = row ?? {};
    return {
      trustedSize,
      pending: size === null || sinceMs === null ? null : { size, batches, sinceMs },
      acceptNextSize: row?.acceptNextSize ?? false,
    };
  }

  /** Accepts the next batch's size. False if the exchange was never enabled here. */
  acceptNextSize(exchange: ExchangeId): boolean {
    return this.#writes.acceptNextSize.all({ exchange }).length > 0;
  }
}

function pendingColumns(pending: PendingSize | null) {
  const { size = null, batches = 0, sinceMs = null } = pending ?? {};
  return { pendingSize: size, pendingBatches: batches, pendingSince: sinceMs };
}

const IS_THIS = eq(exchangeState.exchange, sql.placeholder("exchange"));

function readsOn(queries: ReturnType<typeof queryBuilder>) {
  const { commitSeq, listingSeq, trustedSize, acceptNextSize } = exchangeState;
  const { pendingSize: size, pendingBatches: batches, pendingSince: sinceMs } = exchangeState;
  return {
    list: queries
      .select({
        exchange: exchangeState.exchange,
        enabled: exchangeState.enabled,
        commitSeq,
        periodMs: exchangeState.periodMs,
        lastOkAtMs: exchangeState.lastOkAt,
        lastAttemptAtMs: exchangeState.lastAttemptAt,
        failureKind: exchangeState.failureKind,
        failure: exchangeState.failure,
        failuresInRow: exchangeState.failuresInRow,
        degradedBy: exchangeState.degradedBy,
        retryAtMs: exchangeState.retryAt,
        symbols: exchangeState.symbols,
        expected: exchangeState.expected,
        rejects: exchangeState.rejects,
        lastCycleMs: exchangeState.lastCycleMs,
        refusedAtMs: exchangeState.refusedAt,
        refusal: exchangeState.refusal,
        rateScale: exchangeState.rateScale,
        evenShare: exchangeState.evenShare,
      })
      .from(exchangeState)
      .orderBy(asc(exchangeState.exchange))
      .prepare(),
    seqs: queries.select({ commitSeq, listingSeq }).from(exchangeState).where(IS_THIS).prepare(),
    memory: queries
      .select({ trustedSize, size, batches, sinceMs, acceptNextSize })
      .from(exchangeState)
      .where(IS_THIS)
      .prepare(),
  };
}

function writesOn(queries: ReturnType<typeof queryBuilder>) {
  const columns = exchangeState;
  const pending = {
    pendingSize: given("pendingSize", columns.pendingSize),
    pendingBatches: given("pendingBatches", columns.pendingBatches),
    pendingSince: given("pendingSince", columns.pendingSince),
  };
  const failed = {
    lastAttemptAt: given("atMs", columns.lastAttemptAt),
    failureKind: given("kind", columns.failureKind),
    failure: given("message", columns.failure),
    failuresInRow: sql`${columns.failuresInRow} + 1`,
    retryAt: given("retryAtMs", columns.retryAt),
  };
  const periodMs: SQL = given("periodMs", columns.periodMs);
  const update = (set: SQLiteUpdateSetSource<typeof exchangeState>) =>
    queries.update(exchangeState).set(set).where(IS_THIS);
  return {
    enable: queries
      .insert(exchangeState)
      .values({
        exchange: given("exchange", columns.exchange),
        enabled: true,
        periodMs,
        rejects: {},
      })
      .onConflictDoUpdate({ target: columns.exchange, set: { enabled: true, periodMs } })
      .prepare(),
    accept: update({
      ...pending,
      commitSeq: sql`${columns.commitSeq} + 1`,
      lastOkAt: given("atMs", columns.lastOkAt),
      lastAttemptAt: given("atMs", columns.lastAttemptAt),
      failureKind: null,
      failure: null,
      failuresInRow: 0,
      retryAt: null,
      symbols: given("symbols", columns.symbols),
      trustedSize: given("trustedSize", columns.trustedSize),
      expected: given("expected", columns.expected),
      degradedBy: given("degradedBy", columns.degradedBy),
      rejects: given("rejects", columns.rejects),
      lastCycleMs: given("cycleMs", columns.lastCycleMs),
      acceptNextSize: false,
      evenShare: given("evenShare", columns.evenShare),
    }).prepare(),
    fail: update(failed).prepare(),
    refuse: update({
      ...failed,
      refusedAt: given("atMs", columns.refusedAt),
      refusal: given("message", columns.refusal),
    }).prepare(),
    setPending: update(pending).prepare(),
    acceptNextSize: update({ acceptNextSize: true })
      .returning({ exchange: columns.exchange })
      .prepare(),
  };
}
