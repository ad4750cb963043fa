import type { Snapshot } from "../../domain/market.ts";
import type { Clock } from "../../lib/clock.ts";
import type { BoardView } from "./board-view.ts";

/**
 * How long readers keep the previous snapshot while the next one is prepared: a fifth of the publish period, several
 * times what the answers of a page with all its lists take.
 */
const SWITCH_WITHIN_MS = 1_000;

/** Work to be done for a snapshot before it is served. Must not reject. */
export type Preparation = (next: Snapshot) => Promise<void>;

/**
 * The board as clients see it. A new snapshot would void every answer at once and make its first readers wait, so it is
 * served only when its preparations are done, at the latest after a second. All readers switch at the same moment: no
 * two answers given at one time are of different snapshots.
 */
export class ServedBoard implements BoardView {
  readonly #board: BoardView;
  readonly #clock: Clock;
  readonly #withinMs: number;
  readonly #preparations: Preparation[] = [];
  readonly #listeners = new Set<(snapshot: Snapshot) => void>();
  #current: Snapshot | null;
  #next: Snapshot | null = null;

  constructor(board: BoardView, clock: Clock, withinMs: number = SWITCH_WITHIN_MS) {
    this.#board = board;
    this.#clock = clock;
    this.#withinMs = withinMs;
    this.#current = board.current();
    board.onPublish((snapshot) => this.#prepare(snapshot));
  }

  current(): Snapshot | null {
    return this.#current;
  }

  /** The snapshot being prepared; null if the current one is the newest. */
  next(): Snapshot | null {
    return this.#next;
  }

  /**
   * As the board's. A client that names the snapshot being prepared got it from another process: it is served from now
   * on, so that this client's next answer is not older than its last.
   */
  byId(id: string): Snapshot | null {
    if (this.#next?.id === id) this.#serve(this.#next);
    return this.#board.byId(id);
  }

  pin(id: string): void {
    this.#board.pin(id);
  }

  freshForMs(): number {
    return this.#next === null ? this.#board.freshForMs() : 0;
  }

  knowsBase(base: string): boolean {
    return this.#board.knowsBase(base);
  }

  /** Calls `listener` with each snapshot when it is served; returns the function that unsubscribes. */
  onPublish(listener: (snapshot: Snapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Adds work to be done before each snapshot is served, after the work added earlier. */
  prepareWith(preparation: Preparation): void {
    this.#preparations.push(preparation);
  }

  #prepare(next: Snapshot): void {
    // Never two behind.
    if (this.#next !== null) this.#serve(this.#next);
    this.#next = next;
    const hasReaders = this.#current !== null && this.#withinMs > 0;
    if (!hasReaders) this.#serve(next);
    const prepared = this.#prepareAll(next);
    if (hasReaders) void this.#serveWhen(prepared, next);
  }

  async #prepareAll(next: Snapshot): Promise<void> {
    for (const preparation of this.#preparations) await preparation(next);
  }

  async #serveWhen(prepared: Promise<void>, next: Snapshot): Promise<void> {
    const cancel = this.#clock.after(this.#withinMs, () => this.#serve(next));
    await prepared;
    cancel();
    this.#serve(next);
  }

  #serve(next: Snapshot): void {
    if (this.#next !== next) return;
    this.#next = null;
    this.#current = next;
    for (const listener of this.#listeners) listener(next);
  }
}
