import { type ExchangeId, isMissing } from "../../domain/exchange.ts";
import type { BoardRow, ExchangeState, ExchangeView } from "../../domain/market.ts";
import { missingReason } from "./coverage.ts";
import { exchangeStatus } from "./health.ts";

/** An exchange counts as frozen when this share of its rows does. */
const FROZEN_SHARE = 0.5;

/** The rows of every exchange that has any. */
type RowsByExchange = ReadonlyMap<ExchangeId, { readonly rows: readonly BoardRow[] }>;

/** The view of every exchange at `asOfMs`. */
export function exchangeViews(
  states: readonly ExchangeState[],
  rowsOf: RowsByExchange,
  asOfMs: number,
  staleAfterMs: number,
): ExchangeView[] {
  const frozen = frozenExchanges(rowsOf);
  return states.map((state) => {
    const rows = rowsOf.get(state.exchange)?.rows ?? [];
    const newestMs = rows.reduce(
      (newest, row) => Math.max(newest, row.record.observedAtMs),
      Number.NEGATIVE_INFINITY,
    );
    const isFrozen = frozen.has(state.exchange);
    const status = exchangeStatus(state, asOfMs, staleAfterMs, isFrozen);
    return {
      exchange: state.exchange,
      status,
      missingBecause: isMissing(status) ? missingReason(status, state.failureKind, isFrozen) : null,
      symbols: rows.length,
      ageSeconds: rows.length === 0 ? null : Math.max(0, Math.floor((asOfMs - newestMs) / 1000)),
      state,
    };
  });
}

/** The exchanges whose own clocks have stopped. */
export function frozenExchanges(rowsOf: RowsByExchange): ReadonlySet<ExchangeId> {
  const frozen = new Set<ExchangeId>();
  for (const [exchange, { rows }] of rowsOf) {
    const still = rows.filter((row) => row.record.frozen).length;
    if (rows.length > 0 && still >= rows.length * FROZEN_SHARE) frozen.add(exchange);
  }
  return frozen;
}

/** Whether two snapshots' exchanges are equal except for ages. */
export function sameExchanges(
  left: readonly ExchangeView[],
  right: readonly ExchangeView[],
): boolean {
  return (
    left.length === right.length &&
    left.every(
      ({ status, missingBecause, state }, index) =>
        status === right[index]?.status &&
        missingBecause === right[index]?.missingBecause &&
        state.refusedAtMs === right[index]?.state.refusedAtMs,
    )
  );
}

/** The enabled exchanges in database order, as one string. */
export function enabledIn(states: readonly ExchangeState[]): string {
  return states.flatMap(({ enabled, exchange }) => (enabled ? [exchange] : [])).join(" ");
}
