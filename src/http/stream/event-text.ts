import type { Snapshot } from "../../domain/market.ts";
import type { MissingExchange } from "../../domain/exchange.ts";
import type { MarketChanges } from "../../services/finder/market-changes.ts";

/** Why a stream is ended from this side. */
export const END_REASONS = [
  "slow_consumer",
  "overloaded",
  "too_many_filters",
  "shutting_down",
  "internal_error",
] as const;
export type EndReason = (typeof END_REASONS)[number];

/** The JSON of events, as texts that belong one after the other; none of them holds a line break. */
export interface EventData {
  /** All `rows` of a filter in `snapshot`, and which of its exchanges are missing there. */
  reset(
    snapshot: Snapshot,
    rows: Snapshot["rows"],
    missing: readonly MissingExchange[],
  ): Iterable<string>;
  /** What became of them since the snapshot `sinceId`. */
  changes(
    snapshot: Snapshot,
    sinceId: string,
    changes: MarketChanges,
    missing: readonly MissingExchange[],
  ): Iterable<string>;
}

/** An event in the bytes that all its readers share: made once, sent chunk by chunk, never changed. */
export interface SharedEvent {
  readonly chunks: readonly Uint8Array<ArrayBuffer>[];
  readonly sizeBytes: number;
}

/** How long a reader waits before it connects again. */
const RECONNECT_AFTER_MS = 5_000;

/** The texts of an event of this name that carries `id` to Last-Event-ID. */
export function* eventTexts(
  name: "reset" | "changes",
  id: string,
  data: Iterable<string>,
): Generator<string> {
  yield `event: ${name}\ndata: `;
  yield* data;
  // Last, so that a reader which takes ids as they come never has the id of an event that was cut off.
  yield `\nid: ${id}\n\n`;
}

/** What a stream begins with: the pause between two connections. */
export function retryEvent(): SharedEvent {
  return eventOf([`retry: ${RECONNECT_AFTER_MS}\n\n`]);
}

/**
 * Shows that the stream lives, to both ends and all between. It has no data, so no reader is told of it; its id
 * is kept nevertheless, which makes the next resumption a short one.
 */
export function heartbeatEvent(id: string): SharedEvent {
  return eventOf([`: heartbeat\nid: ${id}\n\n`]);
}

/** The last event. Without an id: whoever comes back goes on after the last event before it. */
export function endEvent(reason: EndReason): SharedEvent {
  return eventOf([`event: end\ndata: ${JSON.stringify({ reason })}\n\n`]);
}

/** The reason where half an event was sent: a comment, after which readers let go of that half as the stream ends. */
export function endComment(reason: EndReason): SharedEvent {
  return eventOf([`\n: ${reason}\n`]);
}

/** Encodes texts at once. */
function eventOf(texts: Iterable<string>): SharedEvent {
  const writer = new EventWriter();
  for (const text of texts) writer.add(text);
  return writer.event();
}

/** A chunk has no more bytes, for the runtime keeps a copy of one for each reader who has not taken it … */
const CHUNK_BYTES = 64 * 1024;

/** … and is made of as many characters at least, so that there are few. */
const CHUNK_CHARACTERS = CHUNK_BYTES;

/** Puts an event together from its texts, so that a long one can be made with pauses. */
export class EventWriter {
  readonly #encoder = new TextEncoder();
  readonly #chunks: Uint8Array<ArrayBuffer>[] = [];
  #text = "";
  #sizeBytes = 0;

  add(text: string): void {
    this.#text += text;
    if (this.#text.length >= CHUNK_CHARACTERS) this.#encode();
  }

  /** The event of all that was added. */
  event(): SharedEvent {
    if (this.#text !== "") this.#encode();
    return { chunks: this.#chunks, sizeBytes: this.#sizeBytes };
  }

  #encode(): void {
    const bytes = this.#encoder.encode(this.#text);
    for (let from = 0; from < bytes.byteLength; from += CHUNK_BYTES)
      this.#chunks.push(bytes.subarray(from, from + CHUNK_BYTES));
    this.#sizeBytes += bytes.byteLength;
    this.#text = "";
  }
}
