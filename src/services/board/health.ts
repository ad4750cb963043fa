import type { ExchangeId, ExchangeStatus } from "../../domain/exchange.ts";
import type { ExchangeState } from "../../domain/market.ts";

/** Consecutive failures after which an exchange is down rather than temporarily failing. */
export const DOWN_AFTER_FAILURES = 3;

/** A collector without a heartbeat for this long is considered dead. */
const COLLECTOR_DEAD_AFTER_MS = 10_000;

/** A geo-block of an exchange that delivered within this time may pass; an older one is permanent. */
const RECENTLY_BLOCKED_MS = 24 * 3_600_000;

/** With less than this share of the enabled exchanges fresh, for whatever reason, the service is not ok. */
export const OK_FROM_SHARE = 0.8;

export interface ExchangeHealth {
  readonly exchange: ExchangeId;
  readonly symbols: number;
  /** Seconds since the last accepted batch; null before the first. */
  readonly ageSeconds: number | null;
  readonly status: ExchangeStatus;
  /** Our own wording, safe to publish. */
  readonly lastError: string | null;
}

export interface HealthReport {
  readonly status: "ok" | "degraded" | "down";
  /** Seconds since the latest accepted batch of any exchange; null before the first. */
  readonly dataAgeSeconds: number | null;
  readonly staleThresholdSeconds: number;
  readonly collectorAlive: boolean;
  readonly exchanges: readonly ExchangeHealth[];
  readonly enabledExchanges: number;
  /** Within the threshold and not failing repeatedly since. */
  readonly freshExchanges: number;
  /** Those that should be fresh but are not. */
  readonly staleExchanges: readonly ExchangeId[];
  readonly totalRows: number;
}

/**
 * The status of one exchange. `newestRowAtMs` is when its newest row was observed; rows of an exchange whose own clock
 * has stopped count as old, however often it answers.
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
  if (state.lastOkAtMs === null) return isPausedLong(state) ? "down" : "starting";
  if (frozen || nowMs - state.lastOkAtMs > staleAfterMs) return "stale";
  if (state.failureKind !== null || state.degradedBy !== null) return "degraded";
  return "ok";
}

/**
 * Whether an exchange that never answered is paused for longer than a temporary failure: by a ban or a long rate limit.
 */
function isPausedLong(state: ExchangeState): boolean {
  if (state.retryAtMs === null || state.lastAttemptAtMs === null) return false;
  return state.retryAtMs - state.lastAttemptAtMs > DOWN_AFTER_FAILURES * state.periodMs;
}

/** Why an exchange is not ok: the kind of its failure and our wording of it. Null if it is ok. */
export function lastErrorOf({ failureKind, failure, degradedBy }: ExchangeState): string | null {
  if (failureKind === null) return degradedBy;
  return failure === null ? failureKind : `${failureKind}: ${failure}`;
}

/** Whether a geo-block is so recent that it may pass: the exchange delivered within the last day. */
export function isRecentlyBlocked(state: ExchangeState, nowMs: number): boolean {
  const { failureKind, lastOkAtMs } = state;
  if (failureKind !== "geo_blocked" || lastOkAtMs === null) return false;
  return nowMs - lastOkAtMs <= RECENTLY_BLOCKED_MS;
}

/** Whether an exchange is expected to be fresh; disabled and permanently blocked ones are not. */
function isCounted(state: ExchangeState, nowMs: number): boolean {
  if (!state.enabled) return false;
  return state.failureKind !== "geo_blocked" || isRecentlyBlocked(state, nowMs);
}

/**
 * Whether an exchange's rows can be trusted now: it answered within the threshold, its clock is running, and it does
 * not reject us in a way that no refresh will fix soon.
 */
function isFresh(
  state: ExchangeState,
  nowMs: number,
  staleAfterMs: number,
  frozen: boolean,
): boolean {
  return (
    state.enabled &&
    state.failureKind !== "geo_blocked" &&
    !frozen &&
    state.lastOkAtMs !== null &&
    nowMs - state.lastOkAtMs <= staleAfterMs
  );
}

/**
 * The status of the whole service. `ok`: every enabled exchange is fresh; those that are disabled, or geo-blocked for
 * more than a day or always, do not count. `degraded`: some are not, or under 80 % of all enabled ones are fresh and
 * have not failed three times in a row since. `down`: no fresh exchange, or no running collector.
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
    lastError: lastErrorOf(state),
  }));
  const enabled = states.filter((state) => state.enabled);
  const fresh = new Set(
    enabled.filter((state) => isFresh(state, nowMs, staleAfterMs, frozen.has(state.exchange))),
  );
  const staleExchanges = enabled
    .filter((state) => isCounted(state, nowMs) && !fresh.has(state))
    .map((state) => state.exchange);
  const collectorAlive =
    input.collectorHeartbeatMs !== null &&
    nowMs - input.collectorHeartbeatMs <= COLLECTOR_DEAD_AFTER_MS;
  const newestMs = Math.max(
    ...enabled.map((state) => state.lastOkAtMs ?? Number.NEGATIVE_INFINITY),
  );
  // The threshold allows for one exchange with a temporary failure. When many fail repeatedly, their rows become stale
  // minutes before it has passed.
  const delivering = [...fresh].filter(({ failuresInRow }) => failuresInRow < DOWN_AFTER_FAILURES);
  const isOk = staleExchanges.length === 0 && delivering.length / enabled.length >= OK_FROM_SHARE;
  return {
    status: fresh.size === 0 || !collectorAlive ? "down" : isOk ? "ok" : "degraded",
    dataAgeSeconds: Number.isFinite(newestMs) ? ageSeconds(nowMs, newestMs) : null,
    staleThresholdSeconds: staleAfterMs / 1000,
    collectorAlive,
    exchanges,
    enabledExchanges: enabled.length,
    freshExchanges: delivering.length,
    staleExchanges,
    totalRows: input.totalRows,
  };
}

function ageSeconds(nowMs: number, thenMs: number): number {
  return Math.max(0, Math.round((nowMs - thenMs) / 1000));
}
