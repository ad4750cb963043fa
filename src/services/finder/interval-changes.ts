import type {
  IntervalChange,
  IntervalChangeRepository,
} from "../../db/market/interval-change-repository.ts";
import type { ExchangeId } from "../../domain/exchange.ts";
import type { Snapshot } from "../../domain/market.ts";
import { baseMatcher } from "./base-filter.ts";
import {
  type EventPage,
  eventPage,
  type EventPart,
  type EventPlace,
  NO_EVENT,
} from "../../lib/event-log.ts";

/** A change with its asset; null until prices have identified it, or after the instrument was delisted. */
export type AssetIntervalChange = IntervalChange & { readonly assetId: string | null };

/** Which changes; a null list does not filter, null bounds are those of `INTERVAL_CHANGE_DEFAULTS`. */
export interface IntervalChangeQuery {
  readonly exchanges: readonly ExchangeId[] | null;
  readonly bases: readonly string[] | null;
  readonly assetIds: readonly string[] | null;
  /** Unix milliseconds, inclusive. */
  readonly fromMs: number | null;
  /** Unix milliseconds, exclusive. */
  readonly toMs: number | null;
}

/** The default range: this long before the newest change, up to and including that one. */
export const INTERVAL_CHANGE_DEFAULTS = { spanMs: 30 * 24 * 3_600_000 } as const;

/** The log of changes. */
export interface IntervalChanges {
  /** The latest state that a snapshot shows: anything stored after it is left for the next one. */
  readonly newest: (snapshot: Snapshot) => EventPlace;
  /** Whether the log was ever in this state, with this event in it. */
  readonly has: (upTo: EventPlace, event: EventPlace) => boolean;
  /** A page of a state, each change with its asset according to `snapshot`. */
  readonly page: (
    snapshot: Snapshot,
    query: IntervalChangeQuery,
    part: EventPart,
  ) => EventPage<AssetIntervalChange>;
}

export function intervalChanges(
  repository: Pick<IntervalChangeRepository, "newest" | "has" | "between">,
): IntervalChanges {
  return {
    newest: onceFor((snapshot) => repository.newest(snapshot.storedAtMs) ?? NO_EVENT),
    has: (upTo, event) => repository.has(upTo, event),
    page: (snapshot, query, part) => {
      const { upTo } = part;
      const { fromMs, toMs } = query;
      const endMs = upTo.atMs + 1;
      const inRange = repository.between(
        fromMs ?? upTo.atMs - INTERVAL_CHANGE_DEFAULTS.spanMs,
        Math.min(toMs ?? endMs, endMs),
        upTo.id,
      );
      return eventPage(matching(snapshot, inRange, query), placeOf, part);
    },
  };
}

function placeOf({ changedAtMs, id }: IntervalChange): EventPlace {
  return { atMs: changedAtMs, id };
}

function matching(
  { rows }: Snapshot,
  inRange: readonly IntervalChange[],
  { exchanges, bases, assetIds }: IntervalChangeQuery,
): readonly AssetIntervalChange[] {
  const changes = inRange.filter(({ exchange }) => exchanges?.includes(exchange) ?? true);
  const uids = new Set(changes.map(({ uid }) => uid));
  const assets = new Map(
    rows.flatMap(({ record }) => (uids.has(record.uid) ? [[record.uid, record.assetId]] : [])),
  );
  const isMeant = bases === null ? () => true : baseMatcher(bases);
  return changes
    .map((change) => ({ ...change, assetId: assets.get(change.uid) ?? null }))
    .filter(isMeant)
    .filter(({ assetId }) => assetIds === null || (assetId !== null && assetIds.includes(assetId)));
}

/** Reads once per snapshot; the result is released with the snapshot. */
function onceFor<Value>(read: (snapshot: Snapshot) => Value): (snapshot: Snapshot) => Value {
  const known = new WeakMap<Snapshot, { readonly value: Value }>();
  return (snapshot) => {
    const kept = known.get(snapshot) ?? { value: read(snapshot) };
    known.set(snapshot, kept);
    return kept.value;
  };
}
