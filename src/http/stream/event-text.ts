import type { Snapshot } from "../../domain/market.ts";
import type { MissingExchange } from "../../domain/exchange.ts";
import type { MarketChanges } from "../../services/finder/market-changes.ts";

/** Why the service ends a stream. */
export const END_REASONS = [
  "slow_consumer",
  "overloaded",
  "too_many_filters",
  "shutting_down",
  "internal_error",
] as const;
export type EndReason = (typeof END_REASONS)[number];

/** The JSON of events, as a sequence of strings without line breaks. */
export interface EventData {
  /** All `rows` of a filter in `snapshot`, and its exchanges without data. */
  reset(
    snapshot: Snapshot,
    rows: Snapshot["rows"],
    missing: readonly MissingExchange[],
  ): Iterable<string>;
  /** What changed since the snapshot `sinceId`. */
  changes(
    snapshot: Snapshot,
    sinceId: string,
    changes: MarketChanges,
    missing: readonly MissingExchange[],
  ): Iterable<string>;
}

/** An encoded event shared by all its readers: built once, sent chunk by chunk, never changed. */
export interface SharedEvent {
  readonly chunks: readonly Uint8Array<ArrayBuffer>[];
  readonly sizeBytes: number;
}

/** How long readers wait before they reconnect. */
const RECONNECT_AFTER_MS = 5_000;

/** The text of an event, as a sequence; its `id` comes back as Last-Event-ID. */
export function* eventTexts(
  name: "reset" | "changes",
  id: string,
  data: Iterable<string>,
): Generator<string> {
  yield `event: ${name}\ndata: `;
  yield* data;
  // Last, so that a reader that applies ids immediately never has the id of a truncated event.
  yield `\nid: ${id}\n\n`;
}

/** The start of a stream: sets the reconnection delay. */
export function retryEvent(): SharedEvent {
  return eventOf([`retry: ${RECONNECT_AFTER_MS}\n\n`]);
}

/**
 * Keeps the stream alive for both ends and any proxy. It has no data, so readers do not dispatch it; they still store
 * its id, which makes the next resumption a short one.
 */
export function heartbeatEvent(id: string): SharedEvent {
  return eventOf([`: heartbeat\nid: ${id}\n\n`]);
}

/** The last event. It has no id: a reader that reconnects resumes from the event before it. */
export function endEvent(reason: EndReason): SharedEvent {
  return eventOf([`event: end\ndata: ${JSON.stringify({ reason })}\n\n`]);
}

/** The reason after a partly sent event: a comment, after which readers discard that part as the stream ends. */
export function endComment(reason: EndReason): SharedEvent {
  return eventOf([`\n: ${reason}\n`]);
}

/** Encodes an event in one batch. */
function eventOf(texts: Iterable<string>): SharedEvent {
  const writer = new EventWriter();
  for (const text of texts) writer.add(text);
  return writer.event();
}

/** Maximum size of a chunk: the runtime keeps a copy of one for each reader that has not taken it … */
const CHUNK_BYTES = 64 * 1024;

/** … and the minimum number of characters, so that there are few chunks. */
const CHUNK_CHARACTERS = CHUNK_BYTES;

/** Encodes an event text by text, so that a long one can be built with pauses. */
export class EventWriter {
  readonly #encoder = new TextEncoder();
  readonly #chunks: Uint8Array<ArrayBuffer>[] = [];
  #text = "";
  #sizeBytes = 0;

  add(text: string): void {
    this.#text += text;
    if (this.#text.length >= CHUNK_CHARACTERS) this.#encode();
  }

  /** The event built from all added texts. */
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
