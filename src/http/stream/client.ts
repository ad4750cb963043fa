import type { Snapshot } from "../../domain/market.ts";
import type { Clock } from "../../lib/clock.ts";
import { endComment, endEvent, type EndReason, type SharedEvent } from "./event-text.ts";

/** The connection that a stream is sent on. */
export interface StreamConnection {
  /** The client's address: streams of one address share limits. */
  readonly address: string;
  /** Closes the connection if nothing moves on it for this long; 0: never. */
  limitIdle(seconds: number): void;
}

/** How long a connection may take to read its last event … */
const LAST_EVENT_SECONDS = 10;
/** … and when it has certainly been closed, even without a notification. */
const CLOSED_AFTER_MS = 2 * LAST_EVENT_SECONDS * 1000;

/**
 * One reader of a stream. Events queue here until the connection has room: the runtime pulls the next chunk only when
 * the socket has taken the last one, so a slow reader shows up as a growing queue.
 */
export class StreamClient {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly address: string;
  /** The snapshot that the reader has once it has read everything sent; null before the first event. */
  at: Snapshot | null;
  readonly #clock: Clock;
  readonly #connection: StreamConnection;
  readonly #onClosed: (client: StreamClient) => void;
  readonly #queue: SharedEvent[] = [];
  /** Chunks of the queue's first event that were taken. */
  #taken = 0;
  /** When the queue last shrank, or became non-empty. */
  #progressedAtMs = 0;
  /** Receives the next chunk: set while the connection has requested one and there is none. */
  #pending: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | null = null;
  #state: "open" | "ending" | "closed" = "open";

  constructor(of: {
    readonly at: Snapshot | null;
    readonly clock: Clock;
    readonly connection: StreamConnection;
    /** Called once, when nothing more can be sent: the reader disconnected or was dropped. */
    readonly onClosed: (client: StreamClient) => void;
  }) {
    this.at = of.at;
    this.address = of.connection.address;
    this.#clock = of.clock;
    this.#connection = of.connection;
    this.#onClosed = of.onClosed;
    // No read-ahead: queued events stay here, where they are counted and can be discarded.
    this.body = new ReadableStream(
      { pull: (controller) => this.#pull(controller), cancel: () => this.#onCancel() },
      { highWaterMark: 0 },
    );
    // A market without changes is no reason to disconnect: a reader that stopped reading is found by its queue.
    of.connection.limitIdle(0);
  }

  /** Events not taken by the connection yet, including the one in progress. */
  get waiting(): readonly SharedEvent[] {
    return this.#queue;
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Whether the stream was ended by us but its connection, with unsent data, still exists. */
  get isEnding(): boolean {
    const sinceMs = this.#clock.monotonicMs() - this.#progressedAtMs;
    return this.#state === "ending" && sinceMs < CLOSED_AFTER_MS;
  }

  /** How long nothing has been taken although events are waiting. */
  stalledMs(): number {
    return this.#queue.length === 0 ? 0 : this.#clock.monotonicMs() - this.#progressedAtMs;
  }

  /** Queues an event; ignored once the stream has ended. */
  send(event: SharedEvent): void {
    if (this.#state !== "open") return;
    this.#put(event);
  }

  /** Discards the queue, sends the reason and ends the stream. */
  end(reason: EndReason): void {
    if (this.#state !== "open") return;
    const isInEvent = this.#taken > 0;
    this.#queue.length = 0;
    this.#taken = 0;
    this.#state = "ending";
    this.#connection.limitIdle(LAST_EVENT_SECONDS);
    // A partly sent event cannot be taken back, and readers discard one that the stream ends in: no other may follow
    // it.
    this.#put(isInEvent ? endComment(reason) : endEvent(reason));
    this.#onClosed(this);
  }

  #put(event: SharedEvent): void {
    if (this.#queue.length === 0) this.#progressedAtMs = this.#clock.monotonicMs();
    this.#queue.push(event);
    const pending = this.#pending;
    this.#pending = null;
    if (pending !== null) this.#pull(pending);
  }

  #pull(controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>): void {
    const chunk = this.#next();
    if (chunk !== null) controller.enqueue(chunk);
    else if (this.#state === "open") this.#pending = controller;
    if (this.#state === "ending" && this.#queue.length === 0) {
      this.#state = "closed";
      controller.close();
    }
  }

  #next(): Uint8Array<ArrayBuffer> | null {
    const event = this.#queue[0];
    const chunk = event?.chunks[this.#taken];
    if (event === undefined || chunk === undefined) return null;
    this.#progressedAtMs = this.#clock.monotonicMs();
    this.#taken += 1;
    if (this.#taken === event.chunks.length) {
      this.#queue.shift();
      this.#taken = 0;
    }
    return chunk;
  }

  /** The connection was closed. */
  #onCancel(): void {
    const wasOpen = this.#state === "open";
    this.#state = "closed";
    this.#queue.length = 0;
    this.#pending = null;
    if (wasOpen) this.#onClosed(this);
  }
}
