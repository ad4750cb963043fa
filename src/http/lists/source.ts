import type { Snapshot } from "../../domain/market.ts";
import type { Pauses } from "../../lib/pauses.ts";
import type { Cursor, CursorKind } from "./cursor.ts";

/** The part of a query's result that a page shows. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** The number of matches on all pages of this state. */
  readonly total: number;
  /** Where the next page starts, as stored in a cursor; null on the last one. */
  readonly next: Cursor["place"] | null;
}

/** What a list is answered from: one state, from one position on. */
export interface Source<Item> {
  /** Identifies the state: in equal ones, equal queries select equal items. `snapshot` of the answer. */
  readonly version: string;
  /** The time of the state, unix milliseconds: `fetched_at` of the answer. */
  readonly asOfMs: number;
  /**
   * The answer is cached and considered fresh as long as this is the latest snapshot. Other data in it is from this
   * snapshot as well: which exchanges are missing, and the identity of assets.
   */
  readonly freshFor: Snapshot;
  /** The items of one page; null: all remaining ones. Long work is done in steps. */
  readonly select: (limit: number | null, pauses: Pauses) => Page<Item> | Promise<Page<Item>>;
}

/** Where a list gets its source. */
export interface Sources<Item> {
  readonly cursorKind: CursorKind;
  /** Whether its items are read from the history. */
  readonly isPast?: boolean;
  /**
   * The state in which a chain of pages continues, at the position of its cursor; null: the current state, from its
   * beginning. Throws the problem for a cursor whose state or position does not exist.
   */
  readonly at: (cursor: Cursor | null, newest: Snapshot) => Source<Item>;
}
