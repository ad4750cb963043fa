/** A process that reads many streams, so that reading does not delay the latency measurement. */
import { createParser } from "eventsource-parser";

/** Messages to the process and from it. */
export type ToReaders =
  | { readonly type: "open"; readonly port: number; readonly targets: readonly string[] }
  | { readonly type: "report" }
  | { readonly type: "close" };

/** What one stream has sent so far. */
export interface StreamReport {
  readonly target: string;
  /** Ids of its events in order, without the first list. */
  readonly ids: readonly string[];
  readonly bytes: number;
  /** Why it has ended; null while it is open. */
  readonly ended: string | null;
  /** uid and rate of every row that it holds; only for the first stream of each target. */
  readonly rates: Readonly<Record<string, number>> | null;
}

interface Held {
  readonly snapshot: string;
  readonly rows: readonly { readonly uid: string; readonly funding_rate: number }[];
  readonly removed?: readonly string[];
}

/** One stream, read and parsed by an independent parser; the first of each target keeps the rows. */
class Stream {
  readonly #target: string;
  readonly #rates: Map<string, number> | null;
  readonly #ids: string[] = [];
  readonly #decoder = new TextDecoder();
  #bytes = 0;
  #ended: string | null = null;

  constructor(target: string, keepsRows: boolean) {
    this.#target = target;
    this.#rates = keepsRows ? new Map() : null;
  }

  /** As a client at `address`, which the service accepts from us as a trusted proxy. */
  async open(port: number, address: string, signal: AbortSignal): Promise<void> {
    const response = await fetch(`http://127.0.0.1:${port}${this.#target}`, {
      headers: { "x-forwarded-for": address },
      signal,
    });
    if (response.status !== 200 || response.body === null)
      throw new Error(`${this.#target}: ${response.status}`);
    void this.#read(response.body);
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const parser = createParser({
      onEvent: ({ event = "message", id, data }) => this.#take(event, id, data),
    });
    try {
      for await (const chunk of body) {
        this.#bytes += chunk.byteLength;
        parser.feed(this.#decoder.decode(chunk, { stream: true }));
      }
      this.#ended ??= "closed";
    } catch (error) {
      this.#ended ??= String(error);
    }
  }

  #take(event: string, id: string | undefined, data: string): void {
    if (event === "end") this.#ended = data;
    if (event === "changes" && id !== undefined) this.#ids.push(id);
    if (this.#rates === null || (event !== "reset" && event !== "changes")) return;
    const { rows, removed = [] } = JSON.parse(data) as Held;
    if (event === "reset") this.#rates.clear();
    for (const row of rows) this.#rates.set(row.uid, row.funding_rate);
    for (const uid of removed) this.#rates.delete(uid);
  }

  report(): StreamReport {
    return {
      target: this.#target,
      ids: this.#ids,
      bytes: this.#bytes,
      ended: this.#ended,
      rates: this.#rates === null ? null : Object.fromEntries(this.#rates),
    };
  }
}

if (import.meta.main) {
  const streams: Stream[] = [];
  const lifetime = new AbortController();
  process.on("message", async (message: ToReaders) => {
    switch (message.type) {
      case "open": {
        const seen = new Set<string>();
        for (const [reader, target] of message.targets.entries()) {
          const stream = new Stream(target, !seen.has(target));
          seen.add(target);
          streams.push(stream);
          // Each has its own address, as one address may not have this many streams.
          await stream.open(message.port, `2001:db8:0:${reader.toString(16)}::1`, lifetime.signal);
        }
        process.send?.("opened");
        break;
      }
      case "report":
        process.send?.(streams.map((stream) => stream.report()));
        break;
      case "close":
        lifetime.abort();
        process.exit(0);
    }
  });
}
