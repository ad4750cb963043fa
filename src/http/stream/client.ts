import type { Snapshot } from "../../domain/market.ts";
import type { Clock } from "../../lib/clock.ts";
import { endComment, endEvent, type EndReason, type SharedEvent } from "./event-text.ts";

/** What a stream needs to know of the connection that it is sent on. */
export interface StreamConnection {
  /** Whose it is: streams of one address share bounds. */
  readonly address: string;
  /** Cuts the connection off when nothing moves on it for this long; 0: never. */
  limitIdle(seconds: number): void;
}

/** How long a connection may take to read its last event … */
const FAREWELL_SECONDS = 10;
/** … and by then it was cut off, though we may not have been told. */
const SURELY_CUT_AFTER_MS = 2 * FAREWELL_SECONDS * 1000;

/**
 * One reader of a stream. What it is sent waits here until its connection has room: the runtime asks for the next
 * chunk only when the socket has taken the one before, so that a reader who is slow shows as a queue that grows.
 */
export class StreamClient {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly address: string;
  /** The snapshot that the reader has when it has read all that was sent; null before the first event. */
  at: Snapshot | null;
  readonly #clock: Clock;
  readonly #connection: StreamConnection;
  readonly #onGone: (client: StreamClient) => void;
  readonly #queue: SharedEvent[] = [];
  /** Chunks of the first event of the queue that were taken. */
  #taken = 0;
  /** When the queue last got shorter, or stopped being empty. */
  #movedAtMs = 0;
  /** Where the next chunk goes: the connection has asked for it and there was none. */
  #wanted: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | null = null;
  #state: "open" | "ending" | "gone" = "open";

  constructor(of: {
    readonly at: Snapshot | null;
    readonly clock: Clock;
    readonly connection: StreamConnection;
    /** Called once, when nothing more can be sent: the reader has left or was sent away. */
    readonly onGone: (client: StreamClient) => void;
  }) {
    this.at = of.at;
    this.address = of.connection.address;
    this.#clock = of.clock;
    this.#connection = of.connection;
    this.#onGone = of.onGone;
    // Nothing is asked for ahead: what waits, waits here, where it can be counted and taken back.
    this.body = new ReadableStream(
      { pull: (controller) => this.#pull(controller), cancel: () => this.#leave() },
      { highWaterMark: 0 },
    );
    // A quiet market is no reason to hang up: who does not read is found by its queue.
    of.connection.limitIdle(0);
  }

  /** Events that the connection has not taken, the one that it is taking included. */
  get waiting(): readonly SharedEvent[] {
    return this.#queue;
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Whether the stream was ended from this side and its connection, with what was sent on it, is still there. */
  get isEnding(): boolean {
    const sinceMs = this.#clock.monotonicMs() - this.#movedAtMs;
    return this.#state === "ending" && sinceMs < SURELY_CUT_AFTER_MS;
  }

  /** For how long nothing has been taken though something waits. */
  stalledMs(): number {
    return this.#queue.length === 0 ? 0 : this.#clock.monotonicMs() - this.#movedAtMs;
  }

  /** Sends an event after those before; nothing once the stream has ended. */
  send(event: SharedEvent): void {
    if (this.#state !== "open") return;
    this.#put(event);
  }

  /** Takes back what waits, says why and ends the stream. */
  end(reason: EndReason): void {
    if (this.#state !== "open") return;
    const isInEvent = this.#taken > 0;
    this.#queue.length = 0;
    this.#taken = 0;
    this.#state = "ending";
    this.#connection.limitIdle(FAREWELL_SECONDS);
    // Half an event cannot be taken back, and readers ignore one that the stream ends in: no other may follow it.
    this.#put(isInEvent ? endComment(reason) : endEvent(reason));
    this.#onGone(this);
  }

  #put(event: SharedEvent): void {
    if (this.#queue.length === 0) this.#movedAtMs = this.#clock.monotonicMs();
    this.#queue.push(event);
    const wanted = this.#wanted;
    this.#wanted = null;
    if (wanted !== null) this.#pull(wanted);
  }

  #pull(controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>): void {
    const chunk = this.#next();
    if (chunk !== null) controller.enqueue(chunk);
    else if (this.#state === "open") this.#wanted = controller;
    if (this.#state === "ending" && this.#queue.length === 0) {
      this.#state = "gone";
      controller.close();
    }
  }

  #next(): Uint8Array<ArrayBuffer> | null {
    const event = this.#queue[0];
    const chunk = event?.chunks[this.#taken];
    if (event === undefined || chunk === undefined) return null;
    this.#movedAtMs = this.#clock.monotonicMs();
    this.#taken += 1;
    if (this.#taken === event.chunks.length) {
      this.#queue.shift();
      this.#taken = 0;
    }
    return chunk;
  }

  /** The connection is closed. */
  #leave(): void {
    const wasOpen = this.#state === "open";
    this.#state = "gone";
    this.#queue.length = 0;
    this.#wanted = null;
    if (wasOpen) this.#onGone(this);
  }
}
