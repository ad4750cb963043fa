import type { FailureKind } from "../domain/exchange.ts";
import { unreachable } from "../lib/assert.ts";

/** Failures in a row that are met with the normal period: hiccups are common and short. */
const PATIENT_FAILURES = 2;

/** The longest pause between tries of an exchange that just fails: recovery is seen within this. */
const BACKOFF_CAP_MS = 5 * 60_000;

/** Where an exchange asks us to slow down without saying how long. */
const RATE_LIMIT_WAIT_MS = 60_000;

/** Bans start at two minutes and grow with each request that ignores them (Binance: 2 min to 3 days; Bybit: 10 min). */
const BAN_WAIT_MS = 10 * 60_000;

/** A blocked region does not unblock itself in a minute. */
const GEO_BLOCK_WAIT_MS = 30 * 60_000;

/** How long to leave an exchange alone after its failure number `failuresInRow` (1 is the first). */
export function pauseAfterFailureMs(input: {
  readonly kind: FailureKind;
  readonly failuresInRow: number;
  readonly retryAfterMs: number | null;
  readonly periodMs: number;
}): number {
  const doublings = Math.max(0, input.failuresInRow - PATIENT_FAILURES);
  const growing = Math.max(
    input.periodMs,
    Math.min(BACKOFF_CAP_MS, input.periodMs * 2 ** doublings),
  );
  return Math.max(growing, leastWaitMs(input.kind, input.retryAfterMs));
}

function leastWaitMs(kind: FailureKind, retryAfterMs: number | null): number {
  switch (kind) {
    case "rate_limited":
      return retryAfterMs ?? RATE_LIMIT_WAIT_MS;
    case "banned":
      return retryAfterMs ?? BAN_WAIT_MS;
    case "geo_blocked":
      return GEO_BLOCK_WAIT_MS;
    case "timeout":
    case "network":
    case "http":
    case "bad_envelope":
    case "too_large":
    case "refused_batch":
      return retryAfterMs ?? 0;
    default:
      return unreachable(kind);
  }
}
