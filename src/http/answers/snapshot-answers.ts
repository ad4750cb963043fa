import type { Snapshot } from "../../domain/market.ts";
import type { ServedBoard } from "../../services/board/served-board.ts";
import type { Pauses } from "../../lib/pauses.ts";
import type { Release } from "../../lib/semaphore.ts";
import { requesterOf } from "../protocol/requester.ts";
import type { AnswerCache, HotAnswers } from "./answer-cache.ts";
import type { AnswerLoad } from "./answer-load.ts";
import type { Answer, AnswerContent } from "./answer.ts";
import { notReady } from "../protocol/problem.ts";
import type { RequestContext } from "../protocol/request-context.ts";
import { MAX_SHARED_TRIES } from "./work-queue.ts";

/** Builds an answer's content; long work is split into steps. */
type Make = () => AnswerContent | Promise<AnswerContent>;

/** An answer and the turn it was built in, which also covers encoding its bytes. */
interface Made {
  readonly answer: Answer;
  readonly turn: Release;
}

/** An answer that was built, and the response to the request that held the turn. */
interface Sent {
  readonly answer: Answer;
  readonly response: Response | Promise<Response>;
}

/** Answers built from the board, serialised once per snapshot and query for all clients. */
export class SnapshotAnswers {
  readonly #board: ServedBoard;
  readonly #cache: AnswerCache;
  readonly #hot: HotAnswers;
  readonly #load: AnswerLoad;
  /** Answers being built, by key: concurrent requests wait for the same one. */
  readonly #awaited = new Map<string, Promise<Sent>>();
  /** The snapshots whose answers are cached: the served one and the one being prepared. */
  #held: readonly (Snapshot | null)[] = [];
  /** Snapshots of the past whose answers are cached as well. */
  #past: readonly Snapshot[] = [];

  constructor(board: ServedBoard, cache: AnswerCache, hot: HotAnswers, load: AnswerLoad) {
    this.#board = board;
    this.#cache = cache;
    this.#hot = hot;
    this.#load = load;
    // Also if every request is answered from the cache: the replaced snapshot's answers are no longer needed.
    board.onPublish(() => this.#discardReplaced());
  }

  /** The snapshot that a request is answered from; null before the first. */
  currentOrNull({ snapshot }: RequestContext): Snapshot | null {
    return snapshot ?? this.#board.current();
  }

  /** The snapshot that a request is answered from; throws the 503 problem before the first. */
  current(context: RequestContext): Snapshot {
    const snapshot = this.currentOrNull(context);
    if (snapshot === null) throw notReady();
    return snapshot;
  }

  /** The snapshot that a cursor refers to; null if it is no longer retained. */
  byId(id: string): Snapshot | null {
    return this.#board.byId(id);
  }

  /** Pins a snapshot because a cursor into it is about to be sent. */
  pin(snapshot: Snapshot): void {
    this.#board.pin(snapshot.id);
  }

  /** Caches answers of these snapshots of the past from now on, and discards those of other ones. */
  retainPast(snapshots: readonly Snapshot[]): void {
    this.#past = snapshots;
    this.#retain();
  }

  /**
   * Responds with the answer to `query` (canonical: no order, no defaults, format included) on `snapshot`. If it is not
   * cached it is built in its own turn. Throws the 503 problem `busy`.
   */
  respond(
    request: Request,
    context: RequestContext,
    of: {
      readonly snapshot: Snapshot;
      readonly query: string;
      readonly make: Make;
      /** Whether `make` waits for what is read of the past. */
      readonly isPast?: boolean;
    },
    sharedTries = MAX_SHARED_TRIES,
  ): Response | Promise<Response> {
    this.#discardReplaced();
    const { route, address, accepts } = context;
    const key = `${prefixOf(of.snapshot)}${route}\n${of.query}`;
    const send = (answer: Answer, turn: Release | null): Response | Promise<Response> => {
      this.#hot.remember(address, accepts, of.snapshot, { key, route });
      return answer.respond(request, context, turn);
    };
    const kept = this.#cache.get(key);
    if (kept !== null) return send(kept, null);
    const awaited = sharedTries > 0 ? this.#awaited.get(key) : undefined;
    if (awaited !== undefined)
      return awaited.then(
        ({ answer }) => send(answer, null),
        () => this.respond(request, context, of, sharedTries - 1),
      );
    const turns = of.isPast === true ? this.#load.past : this.#load.work;
    const made = this.#made(key, of.make, turns.enter(requesterOf(request, context)));
    const finish = ({ answer, turn }: Made): Response | Promise<Response> =>
      releaseAfter(turn, () => send(answer, turn));
    if (!(made instanceof Promise)) return finish(made);
    // Waiting requests find the bytes being built within this turn; those for the same representation need no other.
    const sent = made.then((ready) => ({ answer: ready.answer, response: finish(ready) }));
    return this.#share(key, sent).then(({ response }) => response);
  }

  /** Pauses for one potentially long task: when to yield to the event loop. */
  pauses(): Pauses {
    return this.#load.pauses();
  }

  /** Builds and caches the answer when its turn comes; the turn is released on failure. */
  #made(key: string, make: Make, turn: Release | Promise<Release>): Made | Promise<Made> {
    const work = (held: Release): Made | Promise<Made> =>
      releaseOnFailure(held, () => {
        // Another request may have built it while this one waited for its turn.
        const kept = this.#cache.get(key);
        if (kept !== null) return { answer: kept, turn: held };
        const content = make();
        const keep = (known: AnswerContent): Made => ({
          answer: this.#load.run(() => this.#cache.getOrCreate(key, () => known)),
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
   * Answers of replaced snapshots are only requested by cursors, which is rare. Discarding them keeps memory at what is
   * in use instead of at the cache's limit, and retains no rows that the board has released.
   */
  #discardReplaced(): void {
    const [current, next] = [this.#board.current(), this.#board.next()];
    if (current === this.#held[0] && next === this.#held[1]) return;
    this.#held = [current, next];
    this.#hot.retain(this.#held.filter((snapshot) => snapshot !== null));
    this.#retain();
  }

  #retain(): void {
    const held = this.#held.filter((snapshot) => snapshot !== null);
    const prefixes = [...held, ...this.#past].map(prefixOf);
    this.#cache.retain(prefixes, Math.max(0, ...held.map(rowsIn)));
  }
}

function rowsIn({ exchanges }: Snapshot): number {
  return exchanges.reduce((rows, { symbols }) => rows + symbols, 0);
}

/** What the keys of a snapshot's answers start with; no id contains a line break. */
function prefixOf({ id }: Snapshot): string {
  return `${id}\n`;
}

/** Releases when the work is done, whether or not it succeeded. */
function releaseAfter<T>(release: Release, work: () => T | Promise<T>): T | Promise<T> {
  const done = releaseOnFailure(release, work);
  if (done instanceof Promise) return done.finally(release);
  release();
  return done;
}

/** Releases if the work fails. */
function releaseOnFailure<T>(release: Release, work: () => T | Promise<T>): T | Promise<T> {
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
