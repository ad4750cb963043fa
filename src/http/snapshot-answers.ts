import type { Snapshot } from "../domain/market.ts";
import type { BoardView } from "../services/board-view.ts";
import type { Release } from "../lib/semaphore.ts";
import { askerOf } from "./asker.ts";
import type { AnswerCache, HotAnswers } from "./answer-cache.ts";
import type { AnswerLoad } from "./answer-load.ts";
import type { Answer, AnswerContent } from "./answer.ts";
import { notReady } from "./problem.ts";
import type { RequestContext } from "./request-context.ts";

/** Answers made from the board: serialised once per snapshot and query, whoever asks. */
export class SnapshotAnswers {
  readonly #board: BoardView;
  readonly #cache: AnswerCache;
  readonly #hot: HotAnswers;
  readonly #load: AnswerLoad;
  /** Answers whose turn has not come, by key: all who ask for one wait for the same turn. */
  readonly #awaited = new Map<string, Promise<Answer>>();
  #newestId: string | null = null;

  constructor(board: BoardView, cache: AnswerCache, hot: HotAnswers, load: AnswerLoad) {
    this.#board = board;
    this.#cache = cache;
    this.#hot = hot;
    this.#load = load;
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

  /** A cursor into this snapshot is about to be sent. */
  pin(snapshot: Snapshot): void {
    this.#board.pin(snapshot.id);
  }

  /**
   * Sends the answer that `query` (canonical, without order and defaults, with the format) has on `snapshot`. One that
   * is not kept is made in a turn of its own. Throws the 503 problem `busy`.
   */
  respond(
    request: Request,
    context: RequestContext,
    of: { readonly snapshot: Snapshot; readonly query: string; readonly make: () => AnswerContent },
    mayJoin = true,
  ): Response | Promise<Response> {
    this.#letGo();
    const { route, address, accepts } = context;
    const key = `${of.snapshot.id}\n${route}\n${of.query}`;
    const send = (answer: Answer, turn: Release | null): Response | Promise<Response> => {
      this.#hot.remember(address, accepts, of.snapshot, { key, route });
      return answer.respond(request, context, turn);
    };
    const kept = this.#cache.kept(key);
    if (kept !== null) return send(kept, null);
    const awaited = mayJoin ? this.#awaited.get(key) : undefined;
    // Whose turn it would have been may have been sent away; then this one asks for itself.
    if (awaited !== undefined)
      return awaited.then(
        (answer) => send(answer, null),
        () => this.respond(request, context, of, false),
      );
    const turn = this.#load.work.enter(askerOf(request, context));
    const make = (release: Release): Response | Promise<Response> =>
      inTurn(release, () => send(this.#cache.get(key, of.make), release));
    if (!(turn instanceof Promise)) return make(turn);
    return this.#await(key, turn, of.make).then(make);
  }

  /** Makes the answer as soon as `turn` comes, for all who have asked for it by then. */
  async #await(key: string, turn: Promise<Release>, make: () => AnswerContent): Promise<Release> {
    const answer = turn.then((release) => unless(release, () => this.#cache.get(key, make)));
    this.#awaited.set(key, answer);
    try {
      await answer;
      return await turn;
    } finally {
      this.#awaited.delete(key);
    }
  }

  /**
   * The answers of replaced snapshots are asked for by cursors only, and rarely: letting them go keeps the memory at
   * what is in use instead of at the bound of the cache, and no row alive that the board has let go.
   */
  #letGo(): void {
    const current = this.#board.current();
    const id = current?.id ?? null;
    if (id === this.#newestId) return;
    const exchanges = current?.exchanges ?? [];
    this.#cache.clear(exchanges.reduce((rows, { symbols }) => rows + symbols, 0));
    this.#newestId = id;
  }
}

/** Releases when the work is over, however it ends. */
function inTurn<T>(release: Release, work: () => T | Promise<T>): T | Promise<T> {
  const done = unless(release, work);
  if (done instanceof Promise) return done.finally(release);
  release();
  return done;
}

/** Releases when the work fails at once. */
function unless<T>(release: Release, work: () => T): T {
  try {
    return work();
  } catch (error) {
    release();
    throw error;
  }
}
