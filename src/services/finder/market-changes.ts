import type { BoardRow, Snapshot } from "../../domain/market.ts";
import { type FundingQuery, rowMatcher } from "./funding-query.ts";

/** An instrument whose row differs between two snapshots; null if it is not listed. */
export interface RowDifference {
  readonly before: BoardRow | null;
  readonly after: BoardRow | null;
}

/** How a reader of one filter gets from its rows of one snapshot to those of another. */
export interface MarketChanges {
  /** Rows to add, or to replace those with the same uid. */
  readonly rows: readonly BoardRow[];
  /** The uids of rows to remove: no longer listed, or no longer matching. */
  readonly removed: readonly string[];
}

/**
 * Every instrument whose row differs between `before` and `after` in any way; in the order of `after`, removed ones
 * last. Snapshots share unchanged rows, so most are cheap to skip.
 */
export function differences(before: Snapshot, after: Snapshot): readonly RowDifference[] {
  const old = new Map<string, BoardRow>();
  const fresh: BoardRow[] = [];
  const length = Math.max(before.rows.length, after.rows.length);
  // Rows at different indexes may still be equal: they are matched by uid below.
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
 * The part of `found` that readers of `query` need. Applied to the rows that matched before, it yields exactly those
 * that match after: a row that merely crosses a minimum of the query is included, since it appears or disappears.
 */
export function changesOf(found: readonly RowDifference[], query: FundingQuery): MarketChanges {
  const matches = rowMatcher(query);
  const rows: BoardRow[] = [];
  const removed: string[] = [];
  for (const one of found) {
    const was = one.before !== null && matches(one.before) ? one.before : null;
    const is = one.after !== null && matches(one.after) ? one.after : null;
    if (is === null) {
      if (was !== null) removed.push(was.record.uid);
    } else if (was === null || isRelevantChange(was, is)) {
      rows.push(is);
    }
  }
  return { rows, removed };
}

/** Rate, interval, next time, flags and identity matter; prices, volumes and times of observation do not. */
function isRelevantChange(before: BoardRow, after: BoardRow): boolean {
  const [old, now] = [before.record, after.record];
  return (
    old.fundingRate !== now.fundingRate ||
    old.fundingIntervalHours !== now.fundingIntervalHours ||
    wholeSeconds(before.nextFundingAtMs) !== wholeSeconds(after.nextFundingAtMs) ||
    before.flags !== after.flags ||
    old.assetId !== now.assetId
  );
}

/** Times are sent in whole seconds, so jitter of milliseconds is no change. */
function wholeSeconds(ms: number | null): number | null {
  return ms === null ? null : Math.floor(ms / 1000);
}
