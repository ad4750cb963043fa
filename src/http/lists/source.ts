import type { Snapshot } from "../../domain/market.ts";
import type { Pauses } from "../../lib/pauses.ts";
import type { Cursor, CursorKind } from "./cursor.ts";

/** What a page shows of all that a query selects. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** How many match, on all pages of this state. */
  readonly total: number;
  /** Where the next page starts, as a cursor holds it; null on the last one. */
  readonly next: Cursor["place"] | null;
}

/** What a list is answered from, in one state, from one place on. */
export interface Source<Item> {
  /** Names the state: of equal ones, equal queries select equal items. `snapshot` of the answer. */
  readonly version: string;
  /** The time that the state shows, unix milliseconds: `fetched_at` of the answer. */
  readonly asOfMs: number;
  /**
   * The answer is kept, and is called fresh, for as long as this is the newest snapshot. What else it shows is as of
   * this one: which exchanges are missing, and which asset something is.
   */
  readonly freshFor: Snapshot;
  /** The items of one page; null: of all that are left. Long work comes in parts. */
  readonly select: (limit: number | null, pauses: Pauses) => Page<Item> | Promise<Page<Item>>;
}

/** Where a list finds its source. */
export interface Sources<Item> {
  readonly cursorKind: CursorKind;
  /**
   * The state in which a chain of pages goes on, at the place of its cursor; null: the current state, from its
   * beginning. Throws the problem of a cursor whose state or place does not exist.
   */
  readonly at: (cursor: Cursor | null, newest: Snapshot) => Source<Item>;
}
