import type { Snapshot } from "../../domain/market.ts";
import type { Clock } from "../../lib/clock.ts";
import { errorText, type Log } from "../../lib/log.ts";
import { type TimeStep, untimedStep } from "../../lib/time-step.ts";
import type { BoardView } from "../../services/board/board-view.ts";
import type { Steps } from "./filter-events.ts";
import { yieldToEventLoop } from "../../lib/event-loop.ts";
import type { FundingQuery } from "../../services/finder/funding-query.ts";
import { StreamClient, type StreamConnection } from "./client.ts";
import { type Refusal, REFUSALS, type StreamGroup, StreamGroups } from "./groups.ts";
import {
  END_REASONS,
  type EndReason,
  type EventData,
  heartbeatEvent,
  retryEvent,
  type SharedEvent,
} from "./event-text.ts";
import { StreamMemory } from "./memory.ts";

/** How often queues are checked. */
const CHECK_EVERY_MS = 5_000;

/** A heartbeat on every third check: after 15 s, half of the usual idle time-outs, including our own server's. */
const CHECKS_PER_HEARTBEAT = 3;

/** A reader whose connection has taken nothing for this long is considered stalled. */
export const STALLED_AFTER_MS = 30_000;

/** More than a minute with a snapshot every 5 s: a reader this far behind does not catch up. */
const MAX_WAITING_EVENTS = 16;

/** Readers written to before requests are served again: about a millisecond. */
const READERS_PER_BATCH = 16;

/** The same limit for long events. */
const BYTES_PER_BATCH = 512 * 1024;

export interface StreamStats {
  /** Current readers and their distinct filters; those that select no row count as one. */
  readonly open: number;
  readonly filters: number;
  /** Events sent since the start, excluding heartbeats. */
  readonly sent: number;
  /** Readers that were dropped or refused, by reason. */
  readonly dropped: Readonly<Record<EndReason, number>>;
  readonly refused: Readonly<Record<Refusal, number>>;
}

/** One pass over all readers. */
interface Round {
  readonly to: Snapshot;
  readonly steps: Steps;
  /** Bytes built for each address. */
  readonly builtFor: Map<string, number>;
}

/**
 * The readers of the stream. One loop brings them to the current snapshot, whether they are new, have reconnected with
 * an older one or were there before: each filter's rows are encoded once per snapshot, all its readers share the bytes,
 * and requests are served between steps. Subscribes to the board only while there are readers.
 */
export class StreamHub {
  readonly #board: Pick<BoardView, "current" | "byId" | "onPublish">;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #timeStep: TimeStep;
  readonly #groups: StreamGroups;
  readonly #memory: StreamMemory;
  readonly #firstEvent = retryEvent();
  readonly #dropped = zeroes(END_REASONS);
  readonly #refused = zeroes(REFUSALS);
  #sent = 0;
  #closed = false;
  /** Readers may be behind the board, or a heartbeat is due. */
  #isDue = false;
  #isHeartbeatDue = false;
  #isWorking = false;
  /** What was written since requests were last served. */
  #batch = { readers: 0, bytes: 0 };
  /** Stops everything that runs only while there are readers. */
  #stop: (() => void) | null = null;

  constructor(deps: {
    readonly board: Pick<BoardView, "current" | "byId" | "onPublish">;
    readonly clock: Clock;
    readonly log: Log;
    readonly data: EventData;
    readonly timeStep?: TimeStep;
  }) {
    this.#board = deps.board;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#timeStep = deps.timeStep ?? untimedStep;
    this.#groups = new StreamGroups(deps.data, this.#timeStep);
    this.#memory = new StreamMemory(this.#groups, (client, reason) => this.#drop(client, reason));
  }

  /**
   * Opens a stream for one reader: starting with the changes since the snapshot `lastEventId` if that is still
   * retained, else with all rows of the filter. The body must be read or cancelled.
   */
  open(
    query: FundingQuery,
    lastEventId: string | null,
    connection: StreamConnection,
  ): ReadableStream<Uint8Array<ArrayBuffer>> | Refusal {
    const group = this.#closed
      ? "shutting_down"
      : this.#groups.placeFor(query, connection.address, this.#board.current());
    if (typeof group === "string") {
      this.#refused[group] += 1;
      return group;
    }
    const client = new StreamClient({
      at: lastEventId === null ? null : this.#board.byId(lastEventId),
      clock: this.#clock,
      connection,
      onClosed: (closed) => this.#remove(group, closed),
    });
    this.#groups.add(group, client);
    client.send(this.#firstEvent);
    this.#stop ??= this.#start();
    this.#wake();
    return client.body;
  }

  stats(): StreamStats {
    return {
      open: this.#groups.clients().length,
      filters: this.#groups.filters,
      sent: this.#sent,
      dropped: { ...this.#dropped },
      refused: { ...this.#refused },
    };
  }

  /** Ends all streams and refuses new ones: the process is about to exit. */
  close(): void {
    this.#closed = true;
    this.#endAll("shutting_down");
  }

  #start(): () => void {
    const stopListening = this.#board.onPublish(() => this.#wake());
    const watching = new AbortController();
    void this.#watch(watching.signal);
    return () => {
      stopListening();
      watching.abort();
    };
  }

  #remove(group: StreamGroup, client: StreamClient): void {
    this.#groups.remove(group, client);
    if (this.#groups.clients().length > 0) return;
    this.#stop?.();
    this.#stop = null;
  }

  #drop(client: StreamClient, reason: EndReason): void {
    this.#dropped[reason] += 1;
    this.#log.debug("stream_dropped", { reason });
    client.end(reason);
  }

  #endAll(reason: EndReason): void {
    for (const client of this.#groups.clients()) this.#drop(client, reason);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    for (let checks = 1; ; checks += 1) {
      await this.#clock.sleep(CHECK_EVERY_MS, signal);
      if (signal.aborted) return;
      for (const client of this.#groups.clients()) {
        const isTooLate = client.stalledMs() >= STALLED_AFTER_MS;
        if (isTooLate) this.#drop(client, "slow_consumer");
      }
      if (checks % CHECKS_PER_HEARTBEAT !== 0) continue;
      this.#isHeartbeatDue = true;
      this.#wake();
    }
  }

  #wake(): void {
    this.#isDue = true;
    if (!this.#isWorking) void this.#work();
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    try {
      while (this.#isDue) {
        // Also moves the work out of the caller: a request, or the board while it publishes.
        await yieldToEventLoop();
        this.#isDue = false;
        await this.#round();
      }
    } catch (error) {
      this.#log.error("streams_failed", { error: errorText(error) });
      this.#endAll("internal_error");
    } finally {
      this.#isWorking = false;
    }
  }

  /** Brings every reader to the current snapshot. */
  async #round(): Promise<void> {
    const to = this.#board.current();
    if (to === null) return;
    const isHeartbeatDue = this.#isHeartbeatDue;
    this.#isHeartbeatDue = false;
    const round: Round = { to, steps: new Map(), builtFor: new Map() };
    const seen = new Set<StreamClient>();
    const next = () => this.#groups.next(seen, round.builtFor);
    // Readers and groups that are added meanwhile are visited; removed ones are not.
    for (let group = next(); group !== null; group = next()) {
      await this.#checkFilter(group, round);
      for (const client of group.clients) {
        if (seen.has(client)) continue;
        seen.add(client);
        await this.#update(client, group, round);
      }
    }
    if (!isHeartbeatDue) return;
    const heartbeat = heartbeatEvent(to.id);
    for (const client of this.#groups.clients()) {
      // A reader with unread events needs no heartbeat.
      if (client.at !== to || client.waiting.length > 0) continue;
      client.send(heartbeat);
      await this.#pace(heartbeat);
    }
  }

  /** A filter that starts to select rows counts from now on: readers with too many filters are dropped. */
  async #checkFilter(group: StreamGroup, { to, steps }: Round): Promise<void> {
    const wasEmpty = group.events.isEmpty;
    // The other groups yield when their event is built.
    if (wasEmpty) await yieldToEventLoop();
    this.#timeStep("stream", () => group.events.check(to, steps));
    if (!wasEmpty || group.events.isEmpty) return;
    for (const client of this.#groups.excess(group)) this.#drop(client, "too_many_filters");
  }

  async #update(
    client: StreamClient,
    group: StreamGroup,
    { to, steps, builtFor }: Round,
  ): Promise<void> {
    const since = client.at;
    if (since?.id === to.id) return;
    // It reconnected with a newer snapshot than this round's, which would take changes back; the next round serves it.
    const isBehind = to !== this.#board.current();
    if (isBehind && since !== null && since.asOfMs > to.asOfMs) return;
    const made = group.events.made(since, to);
    const rows = made === undefined && since === null ? group.events.rowsIn(to) : 0;
    if (rows > 0 && this.#memory.isFullFor(client, rows)) return this.#drop(client, "overloaded");
    const event = made === undefined ? await group.events.make(since, to, steps) : made;
    client.at = to;
    if (event === null) return;
    if (made === undefined) add(builtFor, client.address, event.sizeBytes);
    if (!client.isOpen) return;
    if (client.waiting.length >= MAX_WAITING_EVENTS) return this.#drop(client, "slow_consumer");
    const wasCaughtUp = since !== null && client.waiting.length === 0;
    client.send(event);
    this.#sent += 1;
    if (made === undefined) this.#memory.makeRoomFor({ event, client, rows, wasCaughtUp });
    await this.#pace(event);
  }

  /** Yields to requests when enough was written since the last time. */
  async #pace({ sizeBytes }: SharedEvent): Promise<void> {
    const batch = this.#batch;
    batch.readers += 1;
    batch.bytes += sizeBytes;
    if (batch.readers < READERS_PER_BATCH && batch.bytes < BYTES_PER_BATCH) return;
    this.#batch = { readers: 0, bytes: 0 };
    await yieldToEventLoop();
  }
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

/** A counter for each reason. Guaranteed: the object has exactly the members of the list. */
function zeroes<Reason extends string>(reasons: readonly Reason[]): Record<Reason, number> {
  return Object.fromEntries(reasons.map((reason) => [reason, 0])) as Record<Reason, number>;
}
