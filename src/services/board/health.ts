import type { ExchangeId, ExchangeStatus } from "../../domain/exchange.ts";
import type { ExchangeState } from "../../domain/market.ts";

/** Failures in a row after which an exchange counts as down and not as having hiccups. */
const DOWN_AFTER_FAILURES = 3;

/** A collector that has not said for this long that it lives is none. */
const COLLECTOR_SILENT_AFTER_MS = 10_000;

/** A block of an exchange that has delivered within this time may pass; an older one is how things are. */
const BLOCKED_LATELY_MS = 24 * 3_600_000;

/** With less than this share of the enabled exchanges fresh, whatever the reason, the service is not ok. */
export const OK_FROM_SHARE = 0.8;

export interface ExchangeHealth {
  readonly exchange: ExchangeId;
  readonly symbols: number;
  /** Seconds since the last accepted batch, null before the first. */
  readonly ageSeconds: number | null;
  readonly status: ExchangeStatus;
  /** Our words: anyone may read them. */
  readonly lastError: string | null;
}

export interface HealthReport {
  readonly status: "ok" | "degraded" | "down";
  /** Seconds since the newest accepted batch of any exchange, null before the first. */
  readonly dataAgeSeconds: number | null;
  readonly staleThresholdSeconds: number;
  readonly collectorAlive: boolean;
  readonly exchanges: readonly ExchangeHealth[];
  readonly enabledExchanges: number;
  /** Within the threshold, and not failing again and again since. */
  readonly freshExchanges: number;
  /** Those that should be fresh and are not. */
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

/** Why an exchange is not ok, in our words: the kind of its failure and what we say of it. Null when it is ok. */
export function lastErrorOf({ failureKind, failure, degradedBy }: ExchangeState): string | null {
  if (failureKind === null) return degradedBy;
  return failure === null ? failureKind : `${failureKind}: ${failure}`;
}

/** Whether a refusal by country began so lately that it may pass: the exchange delivered within the last day. */
export function isBlockedLately(state: ExchangeState, nowMs: number): boolean {
  const { failureKind, lastOkAtMs } = state;
  if (failureKind !== "geo_blocked" || lastOkAtMs === null) return false;
  return nowMs - lastOkAtMs <= BLOCKED_LATELY_MS;
}

/** Whether an exchange should be fresh: one that is off, or blocked for good, is missed by nobody. */
function isCounted(state: ExchangeState, nowMs: number): boolean {
  if (!state.enabled) return false;
  return state.failureKind !== "geo_blocked" || isBlockedLately(state, nowMs);
}

/**
 * Whether an exchange's rows may be relied on now: it answered within the threshold, its clock moves, and it does not
 * refuse us, which no refresh mends soon.
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
 * The whole service in one word. `ok`: every enabled exchange is fresh; one that is off, or has been geo-blocked for
 * more than a day or ever, does not count. `degraded`: some are not, or under 80 % of all enabled ones
 * are fresh and have not failed three times in a row since.
 * `down`: no fresh exchange, or no collector anywhere.
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
    nowMs - input.collectorHeartbeatMs <= COLLECTOR_SILENT_AFTER_MS;
  const newestMs = Math.max(
    ...enabled.map((state) => state.lastOkAtMs ?? Number.NEGATIVE_INFINITY),
  );
  // The threshold is meant for one exchange that hiccups. When many fail again and again, their rows are stale minutes
  // before it has passed.
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
