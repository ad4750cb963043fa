import type { Snapshot } from "../../domain/market.ts";

/** What an answer is made from: the board as readers see it. */
export interface BoardView {
  /** The newest snapshot, null before the first accepted batch ever. */
  current(): Snapshot | null;
  /** The current snapshot, or one that was replaced less than 20 s ago; 120 s where somebody goes on in it. */
  byId(id: string): Snapshot | null;
  /** Somebody will go on in this snapshot: it is kept for longer. */
  pin(id: string): void;
  /** How long the current snapshot is the newest at least, in milliseconds; 0 when the next may come at once. */
  freshForMs(): number;
  /** Whether an instrument of this canonical base was ever seen, under any of the names that the table has for it. */
  knowsBase(base: string): boolean;
  /** Calls `listener` with each new snapshot; returns how to stop that. */
  onPublish(listener: (snapshot: Snapshot) => void): () => void;
}
