import type { BoardRow, Snapshot } from "../../domain/market.ts";
import { type FundingQuery, selectRows } from "./funding-query.ts";

/** An instrument whose row is not the same in two snapshots; null where it is not listed. */
export interface RowDifference {
  readonly before: BoardRow | null;
  readonly after: BoardRow | null;
}

/** What a reader of one filter has to do with its rows to get from one snapshot to another. */
export interface MarketChanges {
  /** Rows to put in place of those with the same uid, or to add. */
  readonly rows: readonly BoardRow[];
  /** uids of rows to take out: no longer listed, or no longer matching. */
  readonly removed: readonly string[];
}

/**
 * Every instrument with another row in `after` than in `before`, whatever differs; in the order of `after`, those
 * that are gone last. Snapshots share the rows that did not change, which makes most of them cheap to pass over.
 */
export function differences(before: Snapshot, after: Snapshot): readonly RowDifference[] {
  const old = new Map<string, BoardRow>();
  const fresh: BoardRow[] = [];
  const length = Math.max(before.rows.length, after.rows.length);
  // Rows at unequal places may still be the same ones: found by uid below.
  for (let index = 0; index < length; index += 1) {
    const left = before.rows[index];
    const right = after.rows[index];
    if (left === right) continue;
    if (left !== undefined) old.set(left.record.uid, left);
    if (right !== undefined) fresh.push(right);
  }
  const found: RowDifference[] = [];
  for (const row of fresh) {
    const { uid } = row.record;
    const known = old.get(uid) ?? null;
    old.delete(uid);
    if (known !== row) found.push({ before: known, after: row });
  }
  for (const gone of old.values()) found.push({ before: gone, after: null });
  return found;
}

/**
 * What of `found` the readers of `query` must be told. Applied to the rows that matched before, it gives exactly
 * those that match after: a row that only crosses a minimum of the query is told, too, because it comes or goes.
 */
export function changesOf(
  found: readonly RowDifference[],
  query: FundingQuery,
  after: Snapshot,
): MarketChanges {
  const matchedBefore = matching(
    found.flatMap((one) => one.before ?? []),
    query,
    after,
  );
  const matchesNow = matching(
    found.flatMap((one) => one.after ?? []),
    query,
    after,
  );
  const rows: BoardRow[] = [];
  const removed: string[] = [];
  for (const one of found) {
    const was = one.before !== null && matchedBefore.has(one.before) ? one.before : null;
    const is = one.after !== null && matchesNow.has(one.after) ? one.after : null;
    if (is === null) {
      if (was !== null) removed.push(was.record.uid);
    } else if (was === null || isNews(was, is)) {
      rows.push(is);
    }
  }
  return { rows, removed };
}

function matching(
  rows: readonly BoardRow[],
  query: FundingQuery,
  snapshot: Snapshot,
): ReadonlySet<BoardRow> {
  return new Set(selectRows({ ...snapshot, rows }, query));
}

/** Rate, interval, next time, flags and identity are news; prices, volumes and times of observation are not. */
function isNews(before: BoardRow, after: BoardRow): boolean {
  const [old, now] = [before.record, after.record];
  return (
    old.fundingRate !== now.fundingRate ||
    old.fundingIntervalHours !== now.fundingIntervalHours ||
    wholeSeconds(before.nextFundingAtMs) !== wholeSeconds(after.nextFundingAtMs) ||
    before.flags !== after.flags ||
    old.assetId !== now.assetId
  );
}

/** Times are sent in whole seconds: an exchange whose times jitter by milliseconds says nothing new. */
function wholeSeconds(ms: number | null): number | null {
  return ms === null ? null : Math.floor(ms / 1000);
}
