import { type ExchangeId, isMissing } from "../../domain/exchange.ts";
import type { ExchangeState, ExchangeView } from "../../domain/market.ts";
import { missingReason } from "./coverage.ts";
import type { ExchangeRows } from "./exchange-rows.ts";
import { exchangeStatus } from "./health.ts";

/** The rows of every exchange that has any. */
type RowsByExchange = ReadonlyMap<ExchangeId, Pick<ExchangeRows, "rows" | "newestMs" | "isFrozen">>;

/** The view of every exchange at `asOfMs`. */
export function exchangeViews(
  states: readonly ExchangeState[],
  rowsOf: RowsByExchange,
  asOfMs: number,
  staleAfterMs: number,
): ExchangeView[] {
  return states.map((state) => {
    const held = rowsOf.get(state.exchange);
    const symbols = held?.rows.length ?? 0;
    const isFrozen = held?.isFrozen ?? false;
    const status = exchangeStatus(state, asOfMs, staleAfterMs, isFrozen);
    return {
      exchange: state.exchange,
      status,
      missingBecause: isMissing(status) ? missingReason(status, state.failureKind, isFrozen) : null,
      symbols,
      ageSeconds: held === undefined || symbols === 0 ? null : ageSeconds(asOfMs, held.newestMs),
      state,
    };
  });
}

/** The exchanges whose own clocks have stopped. */
export function frozenExchanges(rowsOf: RowsByExchange): ReadonlySet<ExchangeId> {
  return new Set([...rowsOf].flatMap(([exchange, { isFrozen }]) => (isFrozen ? [exchange] : [])));
}

function ageSeconds(nowMs: number, thenMs: number): number {
  return Math.max(0, Math.floor((nowMs - thenMs) / 1000));
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
