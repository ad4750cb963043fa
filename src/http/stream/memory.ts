import type { StreamClient } from "./client.ts";
import type { EndReason, SharedEvent } from "./event-text.ts";
import type { StreamGroups } from "./groups.ts";

/**
 * Limit for encoded events that are queued or kept for new readers, each counted once: seven full lists of 15,000 rows.
 * On top come the event built last and one chunk of CHUNK_BYTES per reader.
 */
const MAX_HELD_BYTES = 64 * 1024 * 1024;

/**
 * When memory is short, readers that have taken nothing for this long are dropped first; two lost packets take less.
 */
export const UNRESPONSIVE_AFTER_MS = 3_000;

/** A new reader's event displaces an address that holds clearly more, not one that holds about as much. */
const CLEAR_MARGIN = 1.25;

/** An event that was just built and sent. */
export interface NewEvent {
  readonly event: SharedEvent;
  readonly client: StreamClient;
  /** The filter's rows if the event contains all of them; else 0. */
  readonly rows: number;
  /** Whether the reader had taken everything sent to it before. */
  readonly wasCaughtUp: boolean;
}

/** Limits the memory held for the readers of `groups`, at the cost of those that do not read. */
export class StreamMemory {
  readonly #groups: StreamGroups;
  readonly #drop: (client: StreamClient, reason: EndReason) => void;
  /** Totals of all events with all rows of a filter since the start. */
  readonly #resets = { rows: 0, bytes: 0 };

  /** `drop` must remove the reader from `groups` synchronously. */
  constructor(groups: StreamGroups, drop: (client: StreamClient, reason: EndReason) => void) {
    this.#groups = groups;
    this.#drop = drop;
  }

  /** Whether building an event of this many rows for `newcomer` would only lead to dropping it. */
  isFullFor(newcomer: StreamClient, rows: number): boolean {
    const bytes = rows * (this.#resets.bytes / Math.max(1, this.#resets.rows));
    const readers = this.#groups.clients().filter((client) => !isUnresponsive(client));
    const waiting = waitingFor(readers);
    if (waiting.size === 0 || sizeOf(waiting) + bytes <= MAX_HELD_BYTES) return false;
    const shares = sharesOf(readers);
    const own = (shares.get(newcomer.address) ?? 0) + bytes;
    return shares.values().every((share) => share < own * CLEAR_MARGIN);
  }

  /**
   * Called after an event was built and sent: reduces what is held to the limit. Events that are only kept are
   * discarded first, then readers are dropped until the rest fits. A single queued event always does.
   */
  makeRoomFor(made: NewEvent): void {
    if (made.rows > 0) {
      this.#resets.rows += made.rows;
      this.#resets.bytes += made.event.sizeBytes;
    }
    const groups = this.#groups;
    let waiting = waitingFor(groups.clients());
    const kept = [...groups.values()].flatMap(({ events }) => events.retained());
    if (sizeOf(new Set([...waiting, ...kept])) <= MAX_HELD_BYTES) return;
    const needed = new Set([...waiting, made.event]);
    for (const { events } of groups.values()) events.discard(needed);
    while (waiting.size > 1 && sizeOf(waiting) > MAX_HELD_BYTES) {
      const dropped = readerToDrop(groups.clients(), made);
      if (dropped === null) return;
      this.#drop(dropped.client, dropped.reason);
      waiting = waitingFor(groups.clients());
    }
  }
}

/** A reader of the address that holds most: a stalled one if there is any. */
function readerToDrop(
  clients: readonly StreamClient[],
  { client: newest, wasCaughtUp }: NewEvent,
): { readonly client: StreamClient; readonly reason: EndReason } | null {
  const shares = sharesOf(clients);
  const behind = clients
    .filter((client) => client !== newest && client.waiting.length > 0)
    .toSorted((left, right) => right.stalledMs() - left.stalledMs());
  const unresponsive = firstOfLargest(behind.filter(isUnresponsive), shares);
  if (unresponsive !== null) return { client: unresponsive, reason: "slow_consumer" };
  // The new reader is dropped if no other holds more: the others may be in the middle of reading.
  const candidates = wasCaughtUp || !newest.isOpen ? behind : [newest, ...behind];
  const dropped = firstOfLargest(candidates, shares);
  return dropped && { client: dropped, reason: "overloaded" };
}

function isUnresponsive(client: StreamClient): boolean {
  return client.stalledMs() >= UNRESPONSIVE_AFTER_MS;
}

/** The first of `clients` whose address has the largest share; null if there are none. */
function firstOfLargest(
  clients: readonly StreamClient[],
  shares: ReadonlyMap<string, number>,
): StreamClient | null {
  let first: StreamClient | null = null;
  let largest = -1;
  for (const client of clients) {
    const share = shares.get(client.address) ?? 0;
    if (share <= largest) continue;
    first = client;
    largest = share;
  }
  return first;
}

/** The bytes queued for each address: an event counts in equal shares for all addresses it is queued for. */
function sharesOf(clients: readonly StreamClient[]): ReadonlyMap<string, number> {
  const addressesOf = new Map<SharedEvent, Set<string>>();
  for (const { address, waiting } of clients) {
    for (const event of waiting) {
      const addresses = addressesOf.get(event) ?? new Set();
      addressesOf.set(event, addresses.add(address));
    }
  }
  const shares = new Map<string, number>();
  for (const [{ sizeBytes }, addresses] of addressesOf) {
    const share = sizeBytes / addresses.size;
    for (const address of addresses) shares.set(address, (shares.get(address) ?? 0) + share);
  }
  return shares;
}

function waitingFor(clients: readonly StreamClient[]): ReadonlySet<SharedEvent> {
  return new Set(clients.flatMap(({ waiting }) => waiting));
}

function sizeOf(events: ReadonlySet<SharedEvent>): number {
  return events.values().reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
