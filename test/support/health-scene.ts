import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { ExchangeState } from "../../src/domain/market.ts";
import { healthReport, type HealthReport } from "../../src/services/board/health.ts";
import type { ManualClock } from "./manual-clock.ts";

export const STALE_AFTER_MS = 900_000;

/** Exchanges and a collector as the database would report them, for tests that control them by hand. */
export class HealthScene {
  readonly #clock: ManualClock;
  readonly #states = new Map<ExchangeId, ExchangeState>();
  readonly frozen = new Set<ExchangeId>();
  heartbeatMs: number | null = null;

  constructor(clock: ManualClock, ids: readonly ExchangeId[]) {
    this.#clock = clock;
    for (const id of ids) this.set(id, {});
  }

  get states(): readonly ExchangeState[] {
    return [...this.#states.values()];
  }

  /** Changes fields of one exchange's state. */
  set(exchange: ExchangeId, change: Partial<ExchangeState>): void {
    this.#states.set(exchange, {
      ...(this.#states.get(exchange) ?? starting(exchange)),
      ...change,
    });
  }

  /** The exchange's refresh is accepted now. */
  accept(...exchanges: ExchangeId[]): void {
    const nowMs = this.#clock.nowMs();
    const well = { failureKind: null, failure: null, failuresInRow: 0, symbols: 500 };
    for (const id of exchanges)
      this.set(id, { lastOkAtMs: nowMs, lastAttemptAtMs: nowMs, ...well });
  }

  /** The exchange's refresh fails now. */
  fail(
    exchange: ExchangeId,
    kind: NonNullable<ExchangeState["failureKind"]>,
    failure: string,
  ): void {
    const failuresInRow = (this.#states.get(exchange)?.failuresInRow ?? 0) + 1;
    const lastAttemptAtMs = this.#clock.nowMs();
    this.set(exchange, { failureKind: kind, failure, failuresInRow, lastAttemptAtMs });
  }

  /** Everything is healthy now: the collector is alive and all exchanges were just accepted. */
  allWell(): void {
    this.heartbeatMs = this.#clock.nowMs();
    this.accept(...this.#states.keys());
  }

  report(): HealthReport {
    return healthReport({
      states: this.states,
      frozen: this.frozen,
      collectorHeartbeatMs: this.heartbeatMs,
      totalRows: 1_000,
      nowMs: this.#clock.nowMs(),
      staleAfterMs: STALE_AFTER_MS,
    });
  }
}

function starting(exchange: ExchangeId): ExchangeState {
  return {
    exchange,
    enabled: true,
    commitSeq: 0,
    periodMs: 60_000,
    lastOkAtMs: null,
    lastAttemptAtMs: null,
    failureKind: null,
    failure: null,
    failuresInRow: 0,
    degradedBy: null,
    retryAtMs: null,
    symbols: 0,
    expected: null,
    rejects: {},
    refusedAtMs: null,
    refusal: null,
    rateScale: null,
    evenShare: null,
    lastCycleMs: null,
  };
}
