import { LRUCache } from "lru-cache";
import type { Snapshot } from "../../domain/market.ts";
import { flatBytes, type FlatTable } from "../../lib/flat-table.ts";
import type { Pauses } from "../../lib/pauses.ts";
import type { HistoryQuestions, HistoryReader } from "../../services/history/history-reader.ts";
import type { SnapshotAnswers } from "../answers/snapshot-answers.ts";
import { badParameters } from "../protocol/problem.ts";
import { badCursor, issuedBy } from "./cursor.ts";
import { askPast } from "./past.ts";
import type { Page, Sources } from "./source.ts";

/** Questions whose answers are tables of series, refused if they cover too many payments. */
type SeriesTableKind = "cumulative" | "ledger";
/** Those and others whose answers are tables. */
type TableKind = SeriesTableKind | "persistence" | "forecast";
type Table<Kind extends TableKind> = Extract<
  HistoryQuestions[Kind]["answer"],
  { readonly kind: "table" }
>;

/** All tables together: two of 12,000 series, or many of a few. */
const MAX_BYTES = 6 * 1024 * 1024;

/** An entry that is still awaited. */
const MIN_BYTES = 1_024;

/**
 * Tables, each computed once per query however often it is asked for: reading the past of all series takes seconds. The
 * time in a query decides how long that is: a minute, or an hour.
 */
export class PastTables {
  readonly #history: HistoryReader;
  readonly #kept = new LRUCache<string, { readonly answer: Promise<unknown> }>({
    maxSize: MAX_BYTES,
  });

  constructor(history: HistoryReader) {
    this.#history = history;
  }

  /** The table. Throws the 503 problems of `askPast`, and a 400 for `parameter` if it covers too many payments. */
  async of<Kind extends SeriesTableKind>(
    kind: Kind,
    query: HistoryQuestions[Kind]["query"],
    parameter: string,
  ): Promise<Table<Kind>> {
    const answer = await this.answer(kind, query);
    if (answer.kind === "table") return answer as Table<Kind>;
    const { payments } = answer;
    const rule = `covers too much: ${payments} payments; choose a shorter one, or fewer exchanges or assets`;
    throw badParameters([{ parameter, rule }]);
  }

  /** The answer. Throws the 503 problems of `askPast`. */
  answer<Kind extends TableKind>(
    kind: Kind,
    query: HistoryQuestions[Kind]["query"],
  ): Promise<HistoryQuestions[Kind]["answer"]> {
    const key = JSON.stringify([kind, query]);
    const kept = this.#kept.get(key);
    // Stored below under a key that contains the kind.
    if (kept !== undefined) return kept.answer as Promise<HistoryQuestions[Kind]["answer"]>;
    // Others may wait for it when its first client has left.
    const request = new Request("http://localhost");
    const answer = askPast(this.#history, kind, query, request);
    const entry = { answer };
    this.#kept.set(key, entry, { size: MIN_BYTES + 2 * key.length });
    answer.then(
      (made) => this.#kept.set(key, entry, { size: MIN_BYTES + 2 * key.length + bytesOf(made) }),
      () => this.#kept.delete(key),
    );
    return answer;
  }
}

function bytesOf(answer: HistoryQuestions[TableKind]["answer"]): number {
  if (answer.kind !== "table") return 0;
  const { table } = answer;
  // A column of either kind of table is a column.
  const bytes = flatBytes<unknown>(table as FlatTable<unknown>);
  return "lacking" in answer ? bytes + flatBytes(answer.lacking) : bytes;
}

const MINUTE_MS = 60_000;

/**
 * A list computed from the past up to the last full minute. The cursor holds that minute and the number of rows before
 * the page: the next page is computed for the same time, or taken from what is kept.
 */
export function tableSources<Item>(
  answers: Pick<SnapshotAnswers, "byId" | "pin">,
  make: (asOfMs: number, snapshot: Snapshot, pauses: Pauses) => Promise<readonly Item[]>,
): Sources<Item> {
  return {
    cursorKind: "table",
    isPast: true,
    at: (cursor, newest) => {
      const [minute = Math.floor(newest.asOfMs / MINUTE_MS), offset = 0] = cursor?.place ?? [];
      const asOfMs = issuedBy(minute * MINUTE_MS, newest.asOfMs);
      return {
        version: cursor?.state ?? newest.id,
        asOfMs,
        freshFor: newest,
        select: async (limit, pauses): Promise<Page<Item>> => {
          const begun = cursor === null ? newest : (answers.byId(cursor.state) ?? newest);
          const all = await make(asOfMs, begun, pauses);
          if (offset > 0 && offset >= all.length) throw badCursor("points past the last row");
          const end = Math.min(all.length, offset + (limit ?? all.length));
          if (end < all.length) answers.pin(begun);
          return {
            items: all.slice(offset, end),
            total: all.length,
            next: end < all.length ? [minute, end] : null,
          };
        },
      };
    },
  };
}
