import type { Snapshot } from "../domain/market.ts";
import type { AnswerContent } from "./answer.ts";
import { jsonListContent } from "./content.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { ApiError } from "./problem.ts";
import type { SnapshotAnswers } from "./snapshot-answers.ts";

/** One page: `limit` rows (null: all that are left) after the first `offset`. */
export interface Page {
  readonly offset: number;
  readonly limit: number | null;
  readonly queryHash: string;
}

/** The page that is asked for and the snapshot it belongs to: the cursor's own, else the current one. */
export function pageOf(
  answers: SnapshotAnswers,
  params: { readonly limit: number | null; readonly cursor: string | null },
  queryHash: string,
): { snapshot: Snapshot; page: Page } {
  const current = answers.current();
  const { limit } = params;
  if (params.cursor === null) return { snapshot: current, page: { offset: 0, limit, queryHash } };
  const cursor = decodeCursor(params.cursor);
  if (cursor === null) throw badCursor("is not a cursor of this service");
  if (cursor.queryHash !== queryHash)
    throw badCursor("belongs to another query: send it with the parameters of its first page");
  const snapshot = answers.byId(cursor.snapshotId);
  if (snapshot === null)
    throw new ApiError("cursor_expired", "Start again without a cursor: its snapshot is gone.");
  return { snapshot, page: { offset: cursor.offset, limit, queryHash } };
}

/** One page of `selected` as an answer. Throws bad_cursor for an offset that lies behind the end. */
export function listContent<Item>(
  snapshot: Snapshot,
  selected: readonly Item[],
  { offset, limit, queryHash }: Page,
  toRow: (item: Item) => unknown,
): AnswerContent {
  // A cursor of ours always points before the end; one that does not was made up.
  if (offset > 0 && offset >= selected.length) throw badCursor("points behind the last row");
  const end = Math.min(selected.length, offset + (limit ?? selected.length));
  const items = offset === 0 && end === selected.length ? selected : selected.slice(offset, end);
  const next = { snapshotId: snapshot.id, queryHash, offset: end };
  return jsonListContent({
    // What a snapshot and a query determine, except in another release: a row's fields tell those apart.
    name: `${snapshot.id} ${queryHash} ${offset} ${end} ${fieldsOf(items, toRow)}`,
    head: {
      fetched_at: Math.floor(snapshot.asOfMs / 1000),
      snapshot: snapshot.id,
      count: items.length,
      total: selected.length,
    },
    items,
    toRow,
    tail: { next_cursor: end < selected.length ? encodeCursor(next) : null },
  });
}

function fieldsOf<Item>(items: readonly Item[], toRow: (item: Item) => unknown): string {
  return items[0] === undefined ? "" : JSON.stringify(toRow(items[0]));
}

/** The part of a cache key that tells the pages of one query apart. */
export function pageKey({ offset, limit }: Page): string {
  return `${offset} ${limit ?? "all"}`;
}

function badCursor(rule: string): ApiError {
  return new ApiError("bad_cursor", `The cursor ${rule}.`, {
    errors: [{ parameter: "cursor", rule }],
  });
}
