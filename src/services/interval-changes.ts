import type { IntervalChange, IntervalChangeRepository } from "../db/interval-change-repository.ts";
import type { ExchangeId } from "../domain/exchange.ts";
import type { Snapshot } from "../domain/market.ts";

export type { IntervalChange };

/** Which changes; a null list does not filter, null bounds are open. Times are unix milliseconds. */
export interface IntervalChangeQuery {
  readonly exchanges: readonly ExchangeId[] | null;
  readonly bases: readonly string[] | null;
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

/** Without a `from`, changes of this long before the snapshot are told. */
const USUAL_SPAN_MS = 30 * 24 * 3_600_000;

export type IntervalChanges = (
  snapshot: Snapshot,
  query: IntervalChangeQuery,
) => readonly IntervalChange[];

/** The changes that a snapshot knows of, the newest first: what came after it is left for the next. */
export function intervalChanges(
  repository: Pick<IntervalChangeRepository, "between">,
): IntervalChanges {
  return (snapshot, { exchanges, bases, fromMs, toMs }) => {
    const endMs = snapshot.asOfMs + 1;
    const changes = repository.between(
      fromMs ?? endMs - USUAL_SPAN_MS,
      Math.min(toMs ?? endMs, endMs),
    );
    return changes.filter(
      ({ exchange, base }) =>
        (exchanges?.includes(exchange) ?? true) && (bases?.includes(base) ?? true),
    );
  };
}
