import type { Snapshot } from "../../domain/market.ts";

/** The board as its readers see it: the source of all answers. */
export interface BoardView {
  /** The latest snapshot; null before the first accepted batch. */
  current(): Snapshot | null;
  /** The current snapshot, or one replaced less than 20 s ago (120 s if it is pinned). */
  byId(id: string): Snapshot | null;
  /** Retains this snapshot for longer because a cursor refers to it. */
  pin(id: string): void;
  /** Milliseconds for which the current snapshot will remain the latest; 0 if the next may come at any time. */
  freshForMs(): number;
  /** Whether an instrument with this canonical base was ever seen, under any of its names in the table. */
  knowsBase(base: string): boolean;
  /** Calls `listener` with each new snapshot; returns the function that unsubscribes. */
  onPublish(listener: (snapshot: Snapshot) => void): () => void;
}
