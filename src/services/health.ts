import type { ExchangeId, ExchangeStatus } from "../domain/exchange.ts";
import type { ExchangeState } from "../domain/market.ts";

/** Failures in a row after which an exchange counts as down and not as having hiccups. */
const DOWN_AFTER_FAILURES = 3;

/** A collector that has not said for this long that it lives is none. */
const COLLECTOR_SILENT_AFTER_MS = 10_000;

export interface ExchangeHealth {
  readonly exchange: ExchangeId;
  readonly symbols: number;
  /** Seconds since the last accepted batch, null before the first. */
  readonly ageSeconds: number | null;
  readonly status: ExchangeStatus;
  readonly lastError: string | null;
}

export interface HealthReport {
  readonly status: "ok" | "degraded" | "down";
  /** Seconds since the newest accepted batch of any exchange, null before the first. */
  readonly dataAgeSeconds: number | null;
  readonly staleThresholdSeconds: number;
  readonly collectorAlive: boolean;
  readonly exchanges: readonly ExchangeHealth[];
  readonly staleExchanges: readonly ExchangeId[];
  readonly totalRows: number;
}

/**
 * The state of one exchange in one word. `newestRowAtMs` is when its newest row was observed; rows whose
 * own clock stands still count as old, however often the exchange answers.
 */
export function exchangeStatus(
  state: ExchangeState,
  nowMs: number,
  staleAfterMs: number,
  frozen: boolean,
): ExchangeStatus {
  if (!state.enabled) return "off";
  if (state.failureKind === "geo_blocked") return "geo_blocked";
  if (state.failuresInRow >= DOWN_AFTER_FAILURES) return "down";
  if (state.lastOkAtMs === null) return waitsLong(state) ? "down" : "starting";
  if (frozen || nowMs - state.lastOkAtMs > staleAfterMs) return "stale";
  if (state.failureKind !== null || state.degradedBy !== null) return "degraded";
  return "ok";
}

/** Whether an exchange that never answered is left alone for longer than a hiccup takes: a ban, a long limit. */
function waitsLong(state: ExchangeState): boolean {
  if (state.retryAtMs === null || state.lastAttemptAtMs === null) return false;
  return state.retryAtMs - state.lastAttemptAtMs > DOWN_AFTER_FAILURES * state.periodMs;
}

/** Whether an exchange's rows may be relied on now: it answered within the threshold and its clock moves. */
function isFresh(
  state: ExchangeState,
  nowMs: number,
  staleAfterMs: number,
  frozen: boolean,
): boolean {
  return (
    state.enabled &&
    !frozen &&
    state.lastOkAtMs !== null &&
    nowMs - state.lastOkAtMs <= staleAfterMs
  );
}

/**
 * The whole service in one word. `ok`: every enabled exchange is fresh (off and geo_blocked ones do not
 * count); `degraded`: some are not; `down`: no fresh exchange, or nobody collects anywhere.
 */
export function healthReport(input: {
  readonly states: readonly ExchangeState[];
  readonly frozen: ReadonlySet<ExchangeId>;
  readonly collectorHeartbeatMs: number | null;
  readonly totalRows: number;
  readonly nowMs: number;
  readonly staleAfterMs: number;
}): HealthReport {
  const { states, frozen, nowMs, staleAfterMs } = input;
  const exchanges = states.map((state) => ({
    exchange: state.exchange,
    symbols: state.symbols,
    ageSeconds: state.lastOkAtMs === null ? null : ageSeconds(nowMs, state.lastOkAtMs),
    status: exchangeStatus(state, nowMs, staleAfterMs, frozen.has(state.exchange)),
    lastError: state.failure ?? state.degradedBy,
  }));
  const fresh = states.filter((state) =>
    isFresh(state, nowMs, staleAfterMs, frozen.has(state.exchange)),
  );
  const counted = states.filter((state) => state.enabled && state.failureKind !== "geo_blocked");
  const staleExchanges = counted
    .filter((state) => !fresh.includes(state))
    .map((state) => state.exchange);
  const collectorAlive =
    input.collectorHeartbeatMs !== null &&
    nowMs - input.collectorHeartbeatMs <= COLLECTOR_SILENT_AFTER_MS;
  const enabled = states.filter((state) => state.enabled);
  const newestMs = Math.max(
    ...enabled.map((state) => state.lastOkAtMs ?? Number.NEGATIVE_INFINITY),
  );
  return {
    status:
      fresh.length === 0 || !collectorAlive
        ? "down"
        : staleExchanges.length > 0
          ? "degraded"
          : "ok",
    dataAgeSeconds: Number.isFinite(newestMs) ? ageSeconds(nowMs, newestMs) : null,
    staleThresholdSeconds: staleAfterMs / 1000,
    collectorAlive,
    exchanges,
    staleExchanges,
    totalRows: input.totalRows,
  };
}

function ageSeconds(nowMs: number, thenMs: number): number {
  return Math.max(0, Math.round((nowMs - thenMs) / 1000));
}
