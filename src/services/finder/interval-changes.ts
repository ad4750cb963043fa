import type {
  IntervalChange,
  IntervalChangeRepository,
} from "../../db/market/interval-change-repository.ts";
import type { ExchangeId } from "../../domain/exchange.ts";
import type { Snapshot } from "../../domain/market.ts";
import { baseMatcher } from "./base-filter.ts";

/** A change with the asset that it is of, null while no price has told or the instrument has left. */
export type AssetIntervalChange = IntervalChange & { readonly assetId: string | null };

/** Which changes; a null list does not filter, null bounds are open. Times are unix milliseconds. */
export interface IntervalChangeQuery {
  readonly exchanges: readonly ExchangeId[] | null;
  readonly bases: readonly string[] | null;
  readonly assetIds: readonly string[] | null;
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

/** Without a `from`, changes of this long before the snapshot are told. */
const USUAL_SPAN_MS = 30 * 24 * 3_600_000;

export type IntervalChanges = (
  snapshot: Snapshot,
  query: IntervalChangeQuery,
) => readonly AssetIntervalChange[];

/**
 * The changes that a snapshot knows of, the newest first: what was stored after it is left for the next, and each
 * has the asset that the snapshot shows for it.
 */
export function intervalChanges(
  repository: Pick<IntervalChangeRepository, "between">,
): IntervalChanges {
  return (snapshot, { exchanges, bases, assetIds, fromMs, toMs }) => {
    const endMs = snapshot.storedAtMs + 1;
    const isMeant = bases === null ? () => true : baseMatcher(bases);
    const changes = repository
      .between(fromMs ?? endMs - USUAL_SPAN_MS, Math.min(toMs ?? endMs, endMs))
      .filter(({ exchange }) => exchanges?.includes(exchange) ?? true);
    const uids = new Set(changes.map(({ uid }) => uid));
    const assets = new Map(
      snapshot.rows.flatMap(({ record }) =>
        uids.has(record.uid) ? [[record.uid, record.assetId]] : [],
      ),
    );
    return changes
      .map((change) => ({ ...change, assetId: assets.get(change.uid) ?? null }))
      .filter(isMeant)
      .filter(
        ({ assetId }) => assetIds === null || (assetId !== null && assetIds.includes(assetId)),
      );
  };
}
