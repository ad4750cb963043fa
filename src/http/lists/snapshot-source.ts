import type { Snapshot } from "../../domain/market.ts";
import type { Pauses } from "../../lib/pauses.ts";
import { inSteps, type Stepwise } from "../../lib/stepwise.ts";
import type { SnapshotAnswers } from "../answers/snapshot-answers.ts";
import { ApiError } from "../protocol/problem.ts";
import { badCursor, type Cursor } from "./cursor.ts";
import type { Page, Source, Sources } from "./source.ts";

/** What a query selects: an array, or a list that creates the items of a page on demand. */
interface Selected<Item> {
  readonly length: number;
  slice(from: number, to: number): readonly Item[];
}

/** The part of a list that is shown, and when to yield to the event loop while selecting it. */
interface Part {
  /** The index of the page's first item. */
  readonly from: number;
  /** The index after the page's last item; infinite if all are shown. */
  readonly end: number;
  readonly pauses: Pauses;
}

/** All matching items of a snapshot, sorted as far as the part that is shown. Long work is done in steps. */
export type SelectFromSnapshot<Item> = (
  snapshot: Snapshot,
  part: Part,
) => Selected<Item> | Stepwise<Selected<Item>> | Promise<Selected<Item>>;

/**
 * The latest snapshot, or the one in which a chain of pages began: it is pinned when a page has a successor, and
 * released after a while.
 */
export function snapshotSources<Item>(
  answers: Pick<SnapshotAnswers, "byId" | "pin">,
  select: SelectFromSnapshot<Item>,
): Sources<Item> {
  const pin = (snapshot: Snapshot): void => answers.pin(snapshot);
  return {
    cursorKind: "snapshot",
    at: (cursor, newest) => {
      const snapshot = cursor === null ? newest : answers.byId(cursor.state);
      if (snapshot === null) throw cursorExpired("its snapshot is no longer kept");
      return sourceIn(snapshot, cursor, select, pin);
    },
  };
}

/**
 * The snapshot of a past moment, which is made again if it is no longer kept: its cursors work as long as the moment is
 * shown in the same way.
 */
export function pastSources<Item>(select: SelectFromSnapshot<Item>): Sources<Item> {
  return {
    cursorKind: "past",
    at: (cursor, snapshot) => {
      if (cursor !== null && cursor.state !== snapshot.id)
        throw cursorExpired("its moment is now shown as of the hour, or from more samples");
      return sourceIn(snapshot, cursor, select, () => {});
    },
  };
}

function cursorExpired(reason: string): ApiError {
  return new ApiError("cursor_expired", `Start again without a cursor: ${reason}.`);
}

function sourceIn<Item>(
  snapshot: Snapshot,
  cursor: Cursor | null,
  select: SelectFromSnapshot<Item>,
  pin: (snapshot: Snapshot) => void,
): Source<Item> {
  const [offset = 0] = cursor?.place ?? [];
  const pageOf = (selected: Selected<Item>, limit: number | null): Page<Item> => {
    const total = selected.length;
    // Our cursors always point before the end, so this one was invented.
    if (offset > 0 && offset >= total) throw badCursor("points past the last row");
    const end = Math.min(total, offset + (limit ?? total));
    if (end < total) pin(snapshot);
    return { items: selected.slice(offset, end), total, next: end < total ? [end] : null };
  };
  return {
    version: snapshot.id,
    asOfMs: snapshot.asOfMs,
    freshFor: snapshot,
    select: (limit, pauses) => {
      const end = offset + (limit ?? Number.POSITIVE_INFINITY);
      const made = select(snapshot, { from: offset, end, pauses });
      const selected = "next" in made ? inSteps(made, pauses) : made;
      return selected instanceof Promise
        ? selected.then((all) => pageOf(all, limit))
        : pageOf(selected, limit);
    },
  };
}
