import type { Database } from "bun:sqlite";
import type { ExchangeId, FailureKind } from "../../domain/exchange.ts";
import type { ExchangeState } from "../../domain/market.ts";

/** What an accepted batch leaves behind about its exchange. */
export interface AcceptedState {
  readonly atMs: number;
  readonly symbols: number;
  readonly trustedSize: number;
  readonly expected: number | null;
  readonly degradedBy: string | null;
  readonly rejects: Readonly<Record<string, number>>;
  readonly cycleMs: number;
  readonly pending: PendingSize | null;
  /** Of last digits of open interest, see `evenShareOf`. */
  readonly evenShare?: number | null;
}

/** A size that does not fit yet, and how often it came since when. */
export interface PendingSize {
  readonly size: number;
  readonly batches: number;
  readonly sinceMs: number;
}

/** What a failed refresh leaves behind. The rows stay as they were. */
export interface FailedState {
  readonly atMs: number;
  readonly kind: FailureKind;
  readonly message: string;
  readonly retryAtMs: number;
  /** Only a refused batch has an opinion on the size. */
  readonly pending?: PendingSize | null;
}

/** What the sanity gate remembers. */
export interface SizeMemory {
  readonly trustedSize: number | null;
  readonly pending: PendingSize | null;
  readonly acceptNextSize: boolean;
}

interface StateRow {
  exchange: string;
  enabled: number;
  commitSeq: number;
  periodMs: number;
  lastOkAtMs: number | null;
  lastAttemptAtMs: number | null;
  failureKind: FailureKind | null;
  failure: string | null;
  failuresInRow: number;
  degradedBy: string | null;
  retryAtMs: number | null;
  symbols: number;
  expected: number | null;
  rejects: string;
  lastCycleMs: number | null;
  refusedAtMs: number | null;
  refusal: string | null;
  rateScale: number | null;
  evenShare: number | null;
}

const SELECT_STATES = `SELECT exchange, enabled, commit_seq AS commitSeq, period_ms AS periodMs,
    last_ok_at AS lastOkAtMs, last_attempt_at AS lastAttemptAtMs, failure_kind AS failureKind, failure,
    failures_in_row AS failuresInRow, degraded_by AS degradedBy, retry_at AS retryAtMs, symbols, expected, rejects,
    last_cycle_ms AS lastCycleMs, refused_at AS refusedAtMs, refusal, rate_scale AS rateScale,
    even_share AS evenShare
  FROM exchange_state ORDER BY exchange`;

const ACCEPT = `UPDATE exchange_state SET commit_seq = commit_seq + 1, last_ok_at = ?2, last_attempt_at = ?2,
    failure_kind = NULL, failure = NULL, failures_in_row = 0, retry_at = NULL, symbols = ?3, trusted_size = ?4,
    expected = ?5, degraded_by = ?6, rejects = ?7, last_cycle_ms = ?8, pending_size = ?9, pending_batches = ?10,
    pending_since = ?11, accept_next_size = 0, even_share = ?12
  WHERE exchange = ?1`;

const FAIL = `UPDATE exchange_state SET last_attempt_at = ?2, failure_kind = ?3, failure = ?4,
    failures_in_row = failures_in_row + 1, retry_at = ?5,
    refused_at = CASE WHEN ?3 = 'refused_batch' THEN ?2 ELSE refused_at END,
    refusal = CASE WHEN ?3 = 'refused_batch' THEN ?4 ELSE refusal END
  WHERE exchange = ?1`;

const SET_PENDING = `UPDATE exchange_state SET pending_size = ?2, pending_batches = ?3, pending_since = ?4
  WHERE exchange = ?1`;

/** One row per exchange: how its last refresh went and what the sanity gate remembers. */
export class ExchangeStateRepository {
  readonly #db: Database;
  readonly #list;
  readonly #accept;
  readonly #fail;
  readonly #setPending;
  readonly #memory;
  readonly #commitSeq;

  constructor(db: Database) {
    this.#db = db;
    this.#list = db.query<StateRow, []>(SELECT_STATES);
    this.#accept = db.query(ACCEPT);
    this.#fail = db.query(FAIL);
    this.#setPending = db.query(SET_PENDING);
    this.#commitSeq = db.query<{ seq: number }, [string]>(
      "SELECT commit_seq AS seq FROM exchange_state WHERE exchange = ?",
    );
    this.#memory = db.query<Record<string, number | null>, [string]>(
      `SELECT trusted_size, pending_size, pending_batches, pending_since, accept_next_size
       FROM exchange_state WHERE exchange = ?`,
    );
  }

  /** Makes exactly the keys of `periodsMs` the enabled ones. Call it inside a write transaction. */
  enableOnly(periodsMs: ReadonlyMap<ExchangeId, number>): void {
    this.#db.run("UPDATE exchange_state SET enabled = 0");
    const upsert = this.#db.query(
      `INSERT INTO exchange_state (exchange, enabled, period_ms, rejects) VALUES (?1, 1, ?2, '{}')
       ON CONFLICT (exchange) DO UPDATE SET enabled = 1, period_ms = ?2`,
    );
    for (const [exchange, periodMs] of periodsMs) upsert.run(exchange, periodMs);
  }

  list(): ExchangeState[] {
    return this.#list.all().map(({ enabled, rejects, exchange, ...row }) => ({
      ...row,
      exchange: exchange as ExchangeId,
      enabled: enabled === 1,
      rejects: JSON.parse(rejects) as Record<string, number>,
    }));
  }

  /** How often this exchange's rows have changed; null for one never enabled here. */
  commitSeq(exchange: ExchangeId): number | null {
    return this.#commitSeq.get(exchange)?.seq ?? null;
  }

  accept(exchange: ExchangeId, state: AcceptedState): void {
    this.#accept.run(
      exchange,
      state.atMs,
      state.symbols,
      state.trustedSize,
      state.expected,
      state.degradedBy,
      JSON.stringify(state.rejects),
      state.cycleMs,
      state.pending?.size ?? null,
      state.pending?.batches ?? 0,
      state.pending?.sinceMs ?? null,
      state.evenShare ?? null,
    );
  }

  fail(exchange: ExchangeId, state: FailedState): void {
    this.#fail.run(exchange, state.atMs, state.kind, state.message, state.retryAtMs);
    if (state.pending === undefined) return;
    const { size = null, batches = 0, sinceMs = null } = state.pending ?? {};
    this.#setPending.run(exchange, size, batches, sinceMs);
  }

  sizeMemory(exchange: ExchangeId): SizeMemory {
    const row = this.#memory.get(exchange);
    const size = row?.["pending_size"] ?? null;
    const sinceMs = row?.["pending_since"] ?? null;
    return {
      trustedSize: row?.["trusted_size"] ?? null,
      pending:
        size === null || sinceMs === null
          ? null
          : { size, batches: row?.["pending_batches"] ?? 0, sinceMs },
      acceptNextSize: row?.["accept_next_size"] === 1,
    };
  }

  /** Takes the next batch's size as true. False when the exchange was never enabled here. */
  acceptNextSize(exchange: ExchangeId): boolean {
    return (
      this.#db
        .query("UPDATE exchange_state SET accept_next_size = 1 WHERE exchange = ?")
        .run(exchange).changes > 0
    );
  }
}
