import type { FailureKind } from "../domain/exchange.ts";
import type { ExchangeState } from "../domain/market.ts";
import { unreachable } from "../lib/assert.ts";

/** Failures in a row that are met with the normal period: hiccups are common and short. */
const PATIENT_FAILURES = 2;

/** The longest pause between tries of an exchange that just fails: recovery is seen within this. */
const BACKOFF_CAP_MS = 5 * 60_000;

/** Where an exchange asks us to slow down without saying how long. */
const RATE_LIMIT_WAIT_MS = 60_000;

/**
 * A block or a ban without an end is believed for so long the first time, and twice as long with each repeat: CDNs
 * block for seconds by mistake, bans start at two minutes (Binance: 2 min to 3 days; Bybit: 10 min).
 */
const FIRST_BLOCK_MS = 2 * 60_000;
/** A country is not unblocked in a minute; who moves the machine sees it work within this. */
const LONGEST_BLOCK_MS = 30 * 60_000;

/**
 * A wait that one answer states is believed up to this, and twice as long with each repeat: clocks and units go wrong,
 * and what is silent for longer than its rows are good has to have said so more than once.
 */
export const FIRST_STATED_WAIT_MS = 10 * 60_000;

/** A pause that was made for a failure, and the kind of that failure. */
export interface Pause {
  readonly kind: FailureKind;
  readonly ms: number;
}

/** How long to leave an exchange alone after its failure number `failuresInRow` (1 is the first). */
export function retryDelayMs(input: {
  readonly kind: FailureKind;
  readonly failuresInRow: number;
  /** Null where the exchange did not say. */
  readonly retryAfterMs: number | null;
  readonly periodMs: number;
  /** The one before, null after a success. */
  readonly previous: Pause | null;
}): number {
  const { kind, retryAfterMs, periodMs } = input;
  const previousMs = input.previous?.kind === kind ? input.previous.ms : 0;
  // By whom a block of a country comes says nothing of its end: what it states is not read.
  if (kind === "geo_blocked") return Math.max(periodMs, blockMs(previousMs));
  const doublings = Math.max(0, input.failuresInRow - PATIENT_FAILURES);
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

/** The pause that stands in the database; null where the last refresh was well or none was made. */
export function storedRetryDelay(state: ExchangeState): Pause | null {
  const { failureKind: kind, retryAtMs, lastAttemptAtMs } = state;
  if (kind === null || retryAtMs === null || lastAttemptAtMs === null) return null;
  return { kind, ms: Math.max(0, retryAtMs - lastAttemptAtMs) };
}

/**
 * What is left of a wait that the exchange asked for, after a restart of ours. Bounded: the clock may have been set
 * back, the pause be one of an older version, the machine have moved; one request more offends nobody.
 */
export function askedToWaitMs(state: ExchangeState, nowMs: number): number {
  const pause = storedRetryDelay(state);
  if (pause === null || state.retryAtMs === null) return 0;
  const { kind, ms } = pause;
  if (kind !== "rate_limited" && kind !== "banned" && kind !== "geo_blocked") return 0;
  return Math.min(ms, LONGEST_BLOCK_MS, Math.max(0, state.retryAtMs - nowMs));
}
