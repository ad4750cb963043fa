import type { Snapshot } from "../domain/market.ts";
import type { BoardView } from "../services/board-view.ts";
import type { AnswerCache, HotAnswers } from "./answer-cache.ts";
import type { AnswerContent } from "./answer.ts";
import { notReady } from "./problem.ts";
import type { RequestContext } from "./request-context.ts";

/** Answers made from the board: serialised once per snapshot and query, whoever asks. */
export class SnapshotAnswers {
  readonly #board: BoardView;
  readonly #cache: AnswerCache;
  readonly #hot: HotAnswers;
  #newestId: string | null = null;

  constructor(board: BoardView, cache: AnswerCache, hot: HotAnswers) {
    this.#board = board;
    this.#cache = cache;
    this.#hot = hot;
  }

  /** The current snapshot, null before the first. */
  newest(): Snapshot | null {
    return this.#board.current();
  }

  /** The current snapshot; throws the 503 problem before the first. */
  current(): Snapshot {
    const snapshot = this.#board.current();
    if (snapshot === null) throw notReady();
    return snapshot;
  }

  /** The snapshot that a cursor names, null when it is gone. */
  byId(id: string): Snapshot | null {
    return this.#board.byId(id);
  }

  /** Sends the answer that `query` (canonical, without order and defaults, with the format) has on `snapshot`. */
  respond(
    request: Request,
    context: RequestContext,
    of: { readonly snapshot: Snapshot; readonly query: string; readonly make: () => AnswerContent },
  ): Response | Promise<Response> {
    this.#letGo();
    const key = `${of.snapshot.id}\n${context.route}\n${of.query}`;
    const answer = this.#cache.get(key, of.make);
    this.#hot.remember(context.target, context.accepts, of.snapshot, { key, route: context.route });
    return answer.respond(request, context);
  }

  /**
   * The answers of replaced snapshots are asked for by cursors only, and rarely: letting them go keeps the memory at
   * what is in use instead of at the bound of the cache, and no row alive that the board has let go.
   */
  #letGo(): void {
    const id = this.#board.current()?.id ?? null;
    if (id === this.#newestId) return;
    this.#cache.clear();
    this.#newestId = id;
  }
}
