import type { Snapshot } from "../../domain/market.ts";
import type { Pauses } from "../../lib/pauses.ts";
import type { SnapshotAnswers } from "../answers/snapshot-answers.ts";
import { ApiError } from "../protocol/problem.ts";
import { badCursor } from "./cursor.ts";
import type { Page, Sources } from "./source.ts";

/** What a query selects: an array, or a list that makes the items of a page when it is asked for them. */
interface Selected<Item> {
  readonly length: number;
  slice(from: number, to: number): readonly Item[];
}

/** What of a list is shown, and when the event loop is to come round while it is selected. */
interface Part {
  /** The place behind the last item of the page; infinite where all are shown. */
  readonly end: number;
  readonly pauses: Pauses;
}

/** All that match in a snapshot, in order as far as the part that is shown. Long work comes in parts. */
export type SelectFromSnapshot<Item> = (
  snapshot: Snapshot,
  part: Part,
) => Selected<Item> | Promise<Selected<Item>>;

/**
 * The newest snapshot, or the one in which a chain of pages began: it is pinned when a page leads to another, and gone
 * after a while.
 */
export function snapshotSources<Item>(
  answers: Pick<SnapshotAnswers, "byId" | "pin">,
  select: SelectFromSnapshot<Item>,
): Sources<Item> {
  return {
    cursorKind: "snapshot",
    at: (cursor, newest) => {
      const snapshot = cursor === null ? newest : answers.byId(cursor.state);
      if (snapshot === null)
        throw new ApiError("cursor_expired", "Start again without a cursor: its snapshot is gone.");
      const [offset = 0] = cursor?.place ?? [];
      const pageOf = (selected: Selected<Item>, limit: number | null): Page<Item> => {
        const total = selected.length;
        // A cursor of ours always points before the end; one that does not was made up.
        if (offset > 0 && offset >= total) throw badCursor("points behind the last row");
        const end = Math.min(total, offset + (limit ?? total));
        if (end < total) answers.pin(snapshot);
        return { items: selected.slice(offset, end), total, next: end < total ? [end] : null };
      };
      return {
        version: snapshot.id,
        asOfMs: snapshot.asOfMs,
        freshFor: snapshot,
        select: (limit, pauses) => {
          const end = offset + (limit ?? Number.POSITIVE_INFINITY);
          const selected = select(snapshot, { end, pauses });
          return selected instanceof Promise
            ? selected.then((all) => pageOf(all, limit))
            : pageOf(selected, limit);
        },
      };
    },
  };
}
