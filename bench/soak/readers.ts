import { createParser } from "eventsource-parser";
import Papa from "papaparse";
import type { FundingList } from "../../src/http/lists/funding-schema.ts";
import type { StreamChanges } from "../../src/http/stream/schema.ts";
import type { Held, TruthBook } from "./truth-book.ts";

/** Three readers of a running service that compare every number with the truth. */

const LIST = "/api/funding/current";
const STREAM = "/api/funding/stream";

/** More often than snapshots are published. */
const LIST_EVERY_MS = 1_000;
const CSV_EVERY_MS = 5_000;
const RECONNECT_AFTER_MS = 1_000;

/** Enough to see what is wrong; a wrong rule is wrong on every row. */
const KEPT_COMPLAINTS = 30;

/** The column names of a file, by field. */
const FIELDS = [
  "exchange",
  "exchange_symbol",
  "base",
  "quote",
  "multiplier",
  "funding_rate",
  "annualized_pct",
  "funding_interval_hours",
  "next_funding_time",
  "predicted_rate",
  "instant_rate",
  "settled_rate",
  "settled_at",
  "mark_price",
  "index_price",
  "volume_24h_usd",
  "open_interest_usd",
  "observed_at",
] as const satisfies readonly (keyof Held)[];

const TEXTS: ReadonlySet<string> = new Set(["exchange", "exchange_symbol", "base", "quote"]);

export class Readers {
  readonly #origin: string;
  readonly #book: TruthBook;
  readonly #over = new AbortController();
  readonly #running: readonly Promise<void>[];
  /** What was read so far. */
  readonly counts = { snapshots: 0, events: 0, files: 0, streams: 0 };
  /** Wrong numbers, in words; the first ones only. */
  readonly wrongs: string[] = [];
  wrongCount = 0;
  /** Failed requests, in words. */
  readonly troubles: string[] = [];
  rows = 0;

  constructor(origin: string, book: TruthBook) {
    this.#origin = origin;
    this.#book = book;
    this.#running = [
      this.#repeat(LIST_EVERY_MS, this.#list()),
      this.#repeat(CSV_EVERY_MS, () => this.#file()),
      this.#repeat(RECONNECT_AFTER_MS, () => this.#stream()),
    ];
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#running);
  }

  async #repeat(everyMs: number, read: () => Promise<void>): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      await read().catch((error: unknown) => {
        if (!signal.aborted) this.#trouble(String(error));
      });
      await Bun.sleep(everyMs);
    }
  }

  /** Reads each snapshot once. */
  #list(): () => Promise<void> {
    let etag = "";
    return async () => {
      const response = await this.#get(LIST, { "if-none-match": etag });
      if (response.status === 304) return;
      etag = response.headers.get("etag") ?? "";
      const list = (await response.json()) as FundingList;
      this.#check("snapshot", list.rows, list.fetched_at);
      this.rows = list.rows.length;
      this.counts.snapshots += 1;
    };
  }

  async #file(): Promise<void> {
    const response = await this.#get(`${LIST}?format=csv`);
    const { data, errors } = Papa.parse<Record<string, string>>(await response.text(), {
      header: true,
      skipEmptyLines: true,
    });
    if (errors.length > 0) this.#trouble(`CSV: ${JSON.stringify(errors[0])}`);
    const fetchedAt = Number(response.headers.get("x-fetched-at"));
    this.#check("CSV", data.map(rowOfFile), fetchedAt);
    this.counts.files += 1;
  }

  /** One stream until it ends, which happens only when the service ends it. */
  async #stream(): Promise<void> {
    const response = await this.#get(STREAM);
    this.counts.streams += 1;
    const parser = createParser({
      onEvent: ({ event, data }) => {
        if (event === "end") return this.#trouble(`the stream ended: ${data}`);
        const { rows, fetched_at: fetchedAt }: StreamChanges = JSON.parse(data);
        this.#check("event", rows, fetchedAt);
        this.counts.events += 1;
      },
    });
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) parser.feed(decoder.decode(bytes, STREAMED));
  }

  async #get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    const response = await fetch(this.#origin + path, { headers, signal: this.#over.signal });
    if (response.status === 200 || response.status === 304) return response;
    throw new Error(`${path}: ${response.status} ${await response.text()}`);
  }

  #check(where: string, rows: readonly Held[], fetchedAt: number): void {
    for (const row of rows) {
      const wrongs = this.#book.wrongs(row, fetchedAt);
      this.wrongCount += wrongs.length;
      for (const wrong of wrongs)
        if (this.wrongs.length < KEPT_COMPLAINTS) this.wrongs.push(`${where}: ${wrong}`);
    }
  }

  #trouble(text: string): void {
    if (this.troubles.length < KEPT_COMPLAINTS) this.troubles.push(text.slice(0, 300));
  }
}

const STREAMED = { stream: true } as const;

/** A parsed line of a file; an empty cell is unknown. */
function rowOfFile(cells: Readonly<Record<string, string>>): Held {
  const values = FIELDS.map((field) => {
    const cell = cells[field] ?? "no such column";
    return [field, TEXTS.has(field) ? cell : cell === "" ? null : Number(cell)];
  });
  return Object.fromEntries(values) as Held;
}
