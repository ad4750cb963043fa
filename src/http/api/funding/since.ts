import type { BoardRow, Snapshot } from "../../../domain/market.ts";
import { type FundingQuery, selectRows, sortRows } from "../../../services/finder/funding-query.ts";
import { changesOf, differences } from "../../../services/finder/market-changes.ts";
import type { FixedHeaders } from "../../protocol/headers.ts";
import type { Format } from "../../protocol/list-format.ts";

/** What leads from the list of an older snapshot to that of another one. */
interface SinceThen {
  /** In the order of the list. */
  readonly rows: readonly BoardRow[];
  /** uids of rows to take out. */
  readonly removed: readonly string[];
  /** The rows are the whole list: what was there before is to be forgotten. */
  readonly isReset: boolean;
}

/** Formats without an envelope name what is gone in a header: as much as servers and proxies let through … */
const MAX_REMOVED_BYTES = 4_000;

/** … and the whole list says the same in place of more. */
function fits(removed: readonly string[], format: Format): boolean {
  return format === "json" || removedText(removed).length <= MAX_REMOVED_BYTES;
}

/**
 * How the rows of `query` changed from the snapshot `held` on; null: it is no longer held, and the whole list is the
 * answer. It is asked for rows, head and headers, and made once.
 */
export function changesSince(
  held: Snapshot | null,
  query: FundingQuery,
  format: Format,
): (snapshot: Snapshot) => SinceThen {
  let made: { readonly of: Snapshot; readonly since: SinceThen } | null = null;
  return (snapshot) => {
    if (made?.of !== snapshot) made = { of: snapshot, since: sinceThen(held, snapshot) };
    return made.since;
  };

  function sinceThen(before: Snapshot | null, after: Snapshot): SinceThen {
    if (before !== null) {
      const { rows, removed } = changesOf(differences(before, after), query, after);
      if (fits(removed, format))
        return { rows: sortRows(rows, query.sort, query.order), removed, isReset: false };
    }
    return { rows: selectRows(after, query), removed: [], isReset: true };
  }
}

/** What the envelope says of them. */
export function sinceMember(since: string, { removed, isReset }: SinceThen) {
  return { since, removed: [...removed], reset: isReset };
}

/** The same for formats that have rows alone. */
export function sinceHeaders({ removed, isReset }: SinceThen): FixedHeaders {
  return {
    "x-reset": String(isReset),
    ...(removed.length > 0 && { "x-removed": removedText(removed) }),
  };
}

/** A symbol may have letters that no header has. */
function removedText(removed: readonly string[]): string {
  return removed.map(encodeURIComponent).join(", ");
}
