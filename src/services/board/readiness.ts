import type { ExchangeId } from "../../domain/exchange.ts";
import { staleAfterMs } from "../../domain/flags.ts";
import type { ExchangeState } from "../../domain/market.ts";
import type { Clock } from "../../lib/clock.ts";

/**
 * The start-up phase ends after this, whatever is still missing: a sweep of single instruments takes most of a minute.
 */
const START_MS = 20_000;

/** Exchanges named in one message; the others are counted. */
const NAMED = 5;

/** What the start-up is waiting for, in at most a line; null when it is complete. */
export type Readiness = () => string | null;

/**
 * Reports whether this process has started up: the database schema is this program's, there is a snapshot, and each of
 * `exchanges` has a batch that is not stale (from any process) or was tried since, or the time is over.
 */
export function createReadiness(deps: {
  readonly isSchemaCurrent: () => boolean;
  readonly hasSnapshot: () => boolean;
  readonly states: () => readonly ExchangeState[];
  /** The enabled ones. */
  readonly exchanges: readonly ExchangeId[];
  readonly clock: Clock;
}): Readiness {
  const { clock } = deps;
  const startedMs = clock.nowMs();
  const startedMonotonicMs = clock.monotonicMs();
  return () => {
    if (!deps.isSchemaCurrent()) return "a program that knows the schema of this database";
    const isTimeOver = clock.monotonicMs() - startedMonotonicMs >= START_MS;
    const awaited = isTimeOver
      ? []
      : awaitedOf(deps.exchanges, deps.states(), startedMs, clock.nowMs());
    if (awaited.length > 0) return listed(awaited);
    return deps.hasSnapshot() ? null : "the first batch of any exchange";
  };
}

function awaitedOf(
  exchanges: readonly ExchangeId[],
  states: readonly ExchangeState[],
  startedMs: number,
  nowMs: number,
): readonly ExchangeId[] {
  const byId = new Map(states.map((state) => [state.exchange, state]));
  return exchanges.filter((id) => {
    const state = byId.get(id);
    if (state === undefined) return true;
    const { lastOkAtMs, lastAttemptAtMs, periodMs } = state;
    if (lastAttemptAtMs !== null && lastAttemptAtMs >= startedMs) return false;
    return lastOkAtMs === null || nowMs - lastOkAtMs > staleAfterMs(periodMs);
  });
}

function listed(ids: readonly ExchangeId[]): string {
  const names = ids.slice(0, NAMED).join(", ");
  return ids.length <= NAMED ? names : `${names} and ${ids.length - NAMED} more exchanges`;
}
