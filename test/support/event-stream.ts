import { createParser } from "eventsource-parser";
import type { FundingRow } from "../../src/http/lists/funding-schema.ts";

/** One event as a client gets it. */
export interface StreamedEvent {
  readonly name: string;
  readonly id: string | null;
  readonly data: {
    readonly snapshot: string;
    readonly since?: string;
    readonly rows: readonly FundingRow[];
    readonly removed?: readonly string[];
    readonly missing?: readonly { readonly exchange: string; readonly status: string }[];
    readonly reason?: string;
  };
}

/** Reads a stream of server-sent events with an independent parser. */
export class EventReader {
  readonly #reader: {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
    cancel(): Promise<void>;
  };
  readonly #decoder = new TextDecoder();
  readonly #events: StreamedEvent[] = [];
  readonly #parser = createParser({
    onEvent: ({ event, id, data }) => {
      this.#events.push({ name: event ?? "message", id: id ?? null, data: JSON.parse(data) });
    },
    onError: (error) => {
      throw error;
    },
  });
  /** Every chunk so far, and all of them as text. */
  readonly chunks: Uint8Array[] = [];
  text = "";
  hasEnded = false;

  constructor(body: ReadableStream<Uint8Array> | null) {
    if (body === null) throw new Error("no body");
    this.#reader = body.getReader();
  }

  /** The next event. Throws if the stream ends before it is complete. */
  async next(): Promise<StreamedEvent> {
    await this.#readUntil(() => this.#events.length > 0);
    const event = this.#events.shift();
    if (event === undefined) throw new Error(`the stream ended after ${this.text.slice(-200)}`);
    return event;
  }

  /** The events that arrived and were not read yet. */
  taken(): readonly StreamedEvent[] {
    return this.#events.splice(0);
  }

  /** Reads until `text` has arrived. */
  async sees(text: string): Promise<void> {
    await this.#readUntil(() => this.text.includes(text));
    if (!this.text.includes(text)) throw new Error(`the stream ended without ${text}`);
  }

  /** The events until the stream ends. */
  async rest(): Promise<readonly StreamedEvent[]> {
    await this.#readUntil(() => false);
    return this.taken();
  }

  /** Disconnects. */
  async close(): Promise<void> {
    await this.#reader.cancel();
  }

  async #readUntil(isEnough: () => boolean): Promise<void> {
    while (!isEnough() && !this.hasEnded) {
      const { done, value } = await this.#reader.read();
      this.hasEnded = done;
      if (value === undefined) continue;
      this.chunks.push(value);
      const text = this.#decoder.decode(value, { stream: true });
      this.text += text;
      this.#parser.feed(text);
    }
  }
}

/** The rows of a client that applies events, by uid. Throws on an event that does not fit. */
export class HeldRows {
  readonly #rows = new Map<string, FundingRow>();
  snapshot: string | null = null;

  apply({ name, id, data }: StreamedEvent): void {
    if (name === "reset") this.#rows.clear();
    else if (name !== "changes") throw new Error(`nothing to apply: ${name}`);
    for (const uid of data.removed ?? []) {
      if (!this.#rows.delete(uid)) throw new Error(`${uid} was not there`);
    }
    for (const row of data.rows) this.#rows.set(row.uid, row);
    if (id !== data.snapshot) throw new Error(`the id ${id} is not ${data.snapshot}`);
    this.snapshot = data.snapshot;
  }

  get uids(): readonly string[] {
    return [...this.#rows.keys()].toSorted();
  }

  get rows(): readonly FundingRow[] {
    return [...this.#rows.values()];
  }
}
