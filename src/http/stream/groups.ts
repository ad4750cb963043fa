import { EXCHANGE_IDS } from "../../domain/exchange.ts";
import type { Snapshot } from "../../domain/market.ts";
import { type TimeStep, untimedStep } from "../../lib/time-step.ts";
import { FilterEvents } from "./filter-events.ts";
import type { FundingQuery } from "../../services/finder/funding-query.ts";
import type { StreamClient } from "./client.ts";
import type { EventData } from "./event-text.ts";

/** Concurrent readers: what one event loop serves alongside 2,000 requests per second. */
export const MAX_STREAMS = 500;

/** The last places are reserved for addresses without a stream, so that a few addresses cannot take all of them. */
export const RESERVED_STREAMS = MAX_STREAMS / 10;

/** Enough for an office behind one address; a program needs one. */
export const MAX_STREAMS_PER_ADDRESS = 20;

/** Concurrent filters that select rows: each of them is encoded once per snapshot. */
export const MAX_STREAM_FILTERS = 200;

/** Reserved for addresses without a filter, like the last places. */
export const RESERVED_FILTERS = MAX_STREAM_FILTERS / 10;

/** A twentieth of all filters. */
export const MAX_FILTERS_PER_ADDRESS = 10;

/** Why a stream is refused. */
export const REFUSALS = [
  "too_many_readers",
  "kept_for_others",
  "too_many_filters",
  "too_many_of_address",
  "too_many_filters_of_address",
  "shutting_down",
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** The readers of one filter. */
export interface StreamGroup {
  readonly key: string;
  readonly events: FilterEvents;
  readonly clients: Set<StreamClient>;
}

/** The shared key of all filters that select no row: nothing is encoded for them. */
const EMPTY = "";

/** Tracks which reader has which filter, and whether there is capacity for another reader. */
export class StreamGroups {
  readonly #groups = new Map<string, StreamGroup>();
  readonly #data: EventData;
  readonly #timeStep: TimeStep;
  /** Dropped readers that have not disconnected: their connections still take up places. */
  readonly #ending = new Set<StreamClient>();

  constructor(data: EventData, timeStep: TimeStep = untimedStep) {
    this.#data = data;
    this.#timeStep = timeStep;
  }

  /** All groups; one added during iteration is visited as well. */
  values(): Iterable<StreamGroup> {
    return this.#groups.values();
  }

  clients(): readonly StreamClient[] {
    return [...this.#groups.values()].flatMap(({ clients }) => [...clients]);
  }

  /**
   * The next filter to serve: of those with readers not in `seen`, the one whose address has had the fewest bytes built
   * (`builtFor`). So an address with many filters waits for its own ones. Null if none is left.
   */
  next(seen: ReadonlySet<StreamClient>, builtFor: ReadonlyMap<string, number>): StreamGroup | null {
    let next: StreamGroup | null = null;
    let fewestBytes = Number.POSITIVE_INFINITY;
    for (const group of this.#groups.values()) {
      for (const client of group.clients) {
        const bytes = builtFor.get(client.address) ?? 0;
        if (bytes >= fewestBytes || seen.has(client)) continue;
        next = group;
        fewestBytes = bytes;
      }
      if (fewestBytes === 0) break;
    }
    return next;
  }

  /** The number of filters that select rows, plus one for all those that select none. */
  get filters(): number {
    return filtersOf(this.#groups.values()).size;
  }

  /** The group for a new reader at `address`, or why it is refused. `now` is the current snapshot. */
  placeFor(query: FundingQuery, address: string, now: Snapshot | null): StreamGroup | Refusal {
    // Checked before the filter: a reader that is refused repeatedly must not cost a scan of all rows each time.
    const refusal = this.#readersRefusal(address);
    if (refusal !== null) return refusal;
    const key = keyOf(query);
    const group = this.#groups.get(key) ?? {
      key,
      events: new FilterEvents(query, this.#data, now, this.#timeStep),
      clients: new Set(),
    };
    const own = this.#heldBy(address);
    if (isFull(own, MAX_FILTERS_PER_ADDRESS, group)) return "too_many_filters_of_address";
    const most = own.length > 0 ? MAX_STREAM_FILTERS - RESERVED_FILTERS : MAX_STREAM_FILTERS;
    return isFull(this.#groups.values(), most, group) ? "too_many_filters" : group;
  }

  add(group: StreamGroup, client: StreamClient): void {
    group.clients.add(client);
    this.#groups.set(group.key, group);
  }

  remove(group: StreamGroup, client: StreamClient): void {
    group.clients.delete(client);
    if (client.isEnding) this.#ending.add(client);
    if (group.clients.size > 0) return;
    this.#groups.delete(group.key);
    // The group may stay referenced by a connection that reads its last event slowly.
    group.events.discard();
  }

  /** The readers of `group` that exceed a limit now that the filter selects rows. */
  excess(group: StreamGroup): readonly StreamClient[] {
    if (this.filters > MAX_STREAM_FILTERS) return [...group.clients];
    return [...group.clients].filter(
      ({ address }) => filtersOf(this.#heldBy(address)).size > MAX_FILTERS_PER_ADDRESS,
    );
  }

  #heldBy(address: string): readonly StreamGroup[] {
    return [...this.#groups.values()].filter(({ clients }) =>
      clients.values().some((client) => client.address === address),
    );
  }

  #readersRefusal(address: string): Refusal | null {
    for (const client of this.#ending) if (!client.isEnding) this.#ending.delete(client);
    const clients = [...this.clients(), ...this.#ending];
    const own = clients.filter((client) => client.address === address).length;
    if (own >= MAX_STREAMS_PER_ADDRESS) return "too_many_of_address";
    if (clients.length >= MAX_STREAMS) return "too_many_readers";
    return own > 0 && clients.length >= MAX_STREAMS - RESERVED_STREAMS ? "kept_for_others" : null;
  }
}

/** Whether `groups` already have `most` filters and `group` is not one of them. */
function isFull(groups: Iterable<StreamGroup>, most: number, group: StreamGroup): boolean {
  const filters = filtersOf(groups);
  return filters.size >= most && !filters.has(filterOf(group));
}

function filtersOf(groups: Iterable<StreamGroup>): Set<string> {
  return new Set(Iterator.from(groups).map(filterOf));
}

function filterOf({ key, events }: StreamGroup): string {
  return events.isEmpty ? EMPTY : key;
}

/** One key for all equivalent queries: selecting every exchange is the same as no filter. */
function keyOf(query: FundingQuery): string {
  const isEveryExchange = query.exchanges?.length === EXCHANGE_IDS.length;
  return JSON.stringify(isEveryExchange ? { ...query, exchanges: null } : query);
}
