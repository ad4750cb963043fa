import type { FailureKind } from "../domain/exchange.ts";
import type { ExchangeState } from "../domain/market.ts";
import { unreachable } from "../lib/assert.ts";

/** Consecutive failures retried at the normal period: temporary failures are common and short. */
const TOLERATED_FAILURES = 2;

/** The longest pause between tries of an exchange that merely fails: recovery is noticed within this time. */
const BACKOFF_CAP_MS = 5 * 60_000;

/** The pause if an exchange asks us to slow down without stating a time. */
const RATE_LIMIT_WAIT_MS = 60_000;

/**
 * How long a block or ban without a stated end is trusted the first time, doubled with each repeat: CDNs block for
 * seconds by mistake, bans start at two minutes (Binance: 2 min to 3 days; Bybit: 10 min).
 */
const FIRST_BLOCK_MS = 2 * 60_000;
/** Geo-blocks do not end within minutes; after moving the machine it works within this time. */
const LONGEST_BLOCK_MS = 30 * 60_000;

/**
 * A stated wait is trusted up to this the first time, doubled with each repeat: clocks and units may be wrong, and an
 * exchange must ask more than once before we pause for longer than its rows stay fresh.
 */
export const FIRST_STATED_WAIT_MS = 10 * 60_000;

/** A pause after a failure, and the kind of that failure. */
export interface Pause {
  readonly kind: FailureKind;
  readonly ms: number;
}

/** The pause after an exchange's failure number `failuresInRow` (1 is the first). */
export function retryDelayMs(input: {
  readonly kind: FailureKind;
  readonly failuresInRow: number;
  /** Null if the exchange did not state it. */
  readonly retryAfterMs: number | null;
  readonly periodMs: number;
  /** The previous pause; null after a success. */
  readonly previous: Pause | null;
}): number {
  const { kind, retryAfterMs, periodMs } = input;
  const previousMs = input.previous?.kind === kind ? input.previous.ms : 0;
  // A geo-block does not state when it ends, so a stated time is ignored.
  if (kind === "geo_blocked") return Math.max(periodMs, blockMs(previousMs));
  const doublings = Math.max(0, input.failuresInRow - TOLERATED_FAILURES);
  const growingMs = Math.min(BACKOFF_CAP_MS, periodMs * 2 ** doublings);
  const askedMs =
    retryAfterMs === null
      ? unstatedWaitMs(kind, previousMs)
      : Math.min(retryAfterMs, Math.max(FIRST_STATED_WAIT_MS, 2 * previousMs));
  return Math.max(periodMs, growingMs, askedMs);
}

function blockMs(previousMs: number): number {
  return Math.min(LONGEST_BLOCK_MS, Math.max(FIRST_BLOCK_MS, 2 * previousMs));
}

function unstatedWaitMs(kind: Exclude<FailureKind, "geo_blocked">, previousMs: number): number {
  switch (kind) {
    case "rate_limited":
      return RATE_LIMIT_WAIT_MS;
    case "banned":
      return blockMs(previousMs);
    case "timeout":
    case "network":
    case "http":
    case "bad_envelope":
    case "too_large":
    case "refused_batch":
      return 0;
    default:
      return unreachable(kind);
  }
}

/** The pause stored in the database; null if the last refresh succeeded or there was none. */
export function storedRetryDelay(state: ExchangeState): Pause | null {
  const { failureKind: kind, retryAtMs, lastAttemptAtMs } = state;
  if (kind === null || retryAtMs === null || lastAttemptAtMs === null) return null;
  return { kind, ms: Math.max(0, retryAtMs - lastAttemptAtMs) };
}

/**
 * The rest of a wait that the exchange asked for, after our restart. Bounded: the clock may have been set back, the
 * pause may be from an older version, the machine may have moved; one extra request does no harm.
 */
export function remainingWaitMs(state: ExchangeState, nowMs: number): number {
  const pause = storedRetryDelay(state);
  if (pause === null || state.retryAtMs === null) return 0;
  const { kind, ms } = pause;
  if (kind !== "rate_limited" && kind !== "banned" && kind !== "geo_blocked") return 0;
  return Math.min(ms, LONGEST_BLOCK_MS, Math.max(0, state.retryAtMs - nowMs));
}
