import type { Snapshot } from "../../domain/market.ts";
import type { BoardView } from "../../services/board/board-view.ts";
import type { Pauses } from "../../lib/pauses.ts";
import type { Release } from "../../lib/semaphore.ts";
import { askerOf } from "../protocol/asker.ts";
import type { AnswerCache, HotAnswers } from "./answer-cache.ts";
import type { AnswerLoad } from "./answer-load.ts";
import type { Answer, AnswerContent } from "./answer.ts";
import { notReady } from "../protocol/problem.ts";
import type { RequestContext } from "../protocol/request-context.ts";
import { TRIES_TOGETHER } from "./work-queue.ts";

/** Makes what an answer is made of; long work in parts. */
type Make = () => AnswerContent | Promise<AnswerContent>;

/** An answer, and the turn in which it was made: its bytes are made in the same one. */
interface Made {
  readonly answer: Answer;
  readonly turn: Release;
}

/** An answer that is there, and what was sent to the one who had the turn. */
interface Sent {
  readonly answer: Answer;
  readonly response: Response | Promise<Response>;
}

/** Answers made from the board: serialised once per snapshot and query, whoever asks. */
export class SnapshotAnswers {
  readonly #board: BoardView;
  readonly #cache: AnswerCache;
  readonly #hot: HotAnswers;
  readonly #load: AnswerLoad;
  /** Answers that are not made yet, by key: all who ask for one wait for the same. */
  readonly #awaited = new Map<string, Promise<Sent>>();
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
    of: { readonly snapshot: Snapshot; readonly query: string; readonly make: Make },
    triesTogether = TRIES_TOGETHER,
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
    const awaited = triesTogether > 0 ? this.#awaited.get(key) : undefined;
    if (awaited !== undefined)
      return awaited.then(
        ({ answer }) => send(answer, null),
        () => this.respond(request, context, of, triesTogether - 1),
      );
    const made = this.#made(key, of.make, this.#load.work.enter(askerOf(request, context)));
    const finish = ({ answer, turn }: Made): Response | Promise<Response> =>
      inTurn(turn, () => send(answer, turn));
    if (!(made instanceof Promise)) return finish(made);
    // Those who wait find its bytes in the making, in the turn that is held: who wants the same ones needs no other.
    const sent = made.then((ready) => ({ answer: ready.answer, response: finish(ready) }));
    return this.#share(key, sent).then(({ response }) => response);
  }

  /** For one work that may be long: when the event loop is to come round. */
  pauses(): Pauses {
    return this.#load.pauses();
  }

  /** Makes the answer when its turn comes, which is kept then, or given back where it fails. */
  #made(key: string, make: Make, turn: Release | Promise<Release>): Made | Promise<Made> {
    const work = (held: Release): Made | Promise<Made> =>
      unless(held, () => {
        // Others may have had it made while this one waited for its turn.
        const kept = this.#cache.kept(key);
        if (kept !== null) return { answer: kept, turn: held };
        const content = make();
        const keep = (known: AnswerContent): Made => ({
          answer: this.#cache.get(key, () => known),
          turn: held,
        });
        return content instanceof Promise ? content.then(keep) : keep(content);
      });
    return turn instanceof Promise ? turn.then(work) : work(turn);
  }

  async #share(key: string, sent: Promise<Sent>): Promise<Sent> {
    this.#awaited.set(key, sent);
    try {
      return await sent;
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

/** Releases when the work fails. */
function unless<T>(release: Release, work: () => T | Promise<T>): T | Promise<T> {
  const failed = (error: unknown): never => {
    release();
    throw error;
  };
  try {
    const done = work();
    return done instanceof Promise ? done.catch(failed) : done;
  } catch (error) {
    return failed(error);
  }
}
