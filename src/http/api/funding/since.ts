import type { BoardRow, Snapshot } from "../../../domain/market.ts";
import { type FundingQuery, selectRows, sortRows } from "../../../services/finder/funding-query.ts";
import type { Stepwise } from "../../../lib/stepwise.ts";
import { changesOf, differences } from "../../../services/finder/market-changes.ts";
import type { FixedHeaders } from "../../protocol/headers.ts";
import type { Format } from "../../protocol/list-format.ts";

/** The changes that lead from the list of an older snapshot to the current one. */
interface ListChanges {
  /** In the list's order. */
  readonly rows: readonly BoardRow[];
  /** The uids of rows to remove. */
  readonly removed: readonly string[];
  /** The rows are the whole list: clients discard what they had. */
  readonly isReset: boolean;
}

/** Formats without an envelope name removed rows in a header: as many bytes as servers and proxies accept … */
const MAX_REMOVED_BYTES = 4_000;

/** … otherwise the whole list is sent instead. */
function fitsInHeader(removed: readonly string[], format: Format): boolean {
  return format === "json" || removedText(removed).length <= MAX_REMOVED_BYTES;
}

/**
 * How the rows of `query` changed since the snapshot `held`. Null: it is no longer retained, and the result is the
 * whole list. Computed once, although it is needed for rows, head and headers.
 */
export function changesSince(
  held: Snapshot | null,
  query: FundingQuery,
  format: Format,
): (snapshot: Snapshot) => Stepwise<ListChanges> {
  let made: { readonly of: Snapshot; readonly since: ListChanges } | null = null;
  return function* changes(snapshot) {
    if (made?.of === snapshot) return made.since;
    const since = yield* changesFrom(held, snapshot);
    made = { of: snapshot, since };
    return since;
  };

  function* changesFrom(before: Snapshot | null, after: Snapshot): Stepwise<ListChanges> {
    if (before !== null) {
      const { rows, removed } = changesOf(differences(before, after), query);
      if (fitsInHeader(removed, format)) {
        const sorted = yield* sortRows(rows, query.sort, query.order);
        return { rows: sorted, removed, isReset: false };
      }
    }
    return { rows: yield* selectRows(after, query), removed: [], isReset: true };
  }
}

/** The envelope's members about changes. */
export function sinceMember(since: string, { removed, isReset }: ListChanges) {
  return { since, removed: [...removed], reset: isReset };
}

/** The same as headers, for formats without an envelope. */
export function sinceHeaders({ removed, isReset }: ListChanges): FixedHeaders {
  return {
    "x-reset": String(isReset),
    ...(removed.length > 0 && { "x-removed": removedText(removed) }),
  };
}

/** A symbol may contain characters that are not allowed in headers. */
function removedText(removed: readonly string[]): string {
  return removed.map(encodeURIComponent).join(", ");
}
