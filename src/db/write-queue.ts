import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { databaseFailure, type DatabaseFailure } from "./failure.ts";

/** A thread is held by its connection's wait once in this time at most, however many writes there are. */
const TRY_EVERY_MS = 250;

/** Two writers of ours meet for some milliseconds many times a day: that is no news. */
const LOCK_IS_NEWS_AFTER_MS = 1_000;

/** What went through at once may have had nothing to write: trouble is over when none came for this long. */
const OVER_AFTER_MS = 5_000;

/** Each exchange, subject and book has one write under way: several times of what there can be. */
const MAX_WAITING = 500;

/** A write that did not go through before the end, or found the queue full. Nothing of it is stored. */
export class WriteAbandoned extends Error {
  constructor(reason: string, cause?: unknown) {
    super(reason, { cause });
    this.name = "WriteAbandoned";
  }
}

export interface WriteQueueDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** After this writes are tried once more; the first that does not go through ends it for all behind it. */
  readonly until: AbortSignal;
}

/**
 * The writes of one thread, one after the other. Each is tried at once; one that fails for a reason that passes (see
 * db/failure) is tried again until it goes through, and all later ones wait behind it, so that their order stays.
 */
export class WriteQueue {
  readonly #deps: WriteQueueDeps;
  readonly #waiting: (() => boolean)[] = [];
  /** Why nothing is written any more. */
  #over: WriteAbandoned | null = null;
  #trouble: { readonly sinceMs: number; lastMs: number; isLogged: boolean } | null = null;

  constructor(deps: WriteQueueDeps) {
    this.#deps = deps;
  }

  /**
   * Runs `work`, which is one statement or one transaction: at once when nothing waits. Resolves to what it returns.
   * Rejects with what it throws when trying again would not help, and with WriteAbandoned.
   */
  run<T>(work: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const attempt = (): boolean => this.#attempt(work, resolve, reject);
    if (this.#waiting.length === 0 && attempt()) return promise;
    if (this.#waiting.length >= MAX_WAITING) {
      reject(new WriteAbandoned(`${MAX_WAITING} writes wait before this one`));
      return promise;
    }
    this.#waiting.push(attempt);
    if (this.#waiting.length === 1) void this.#drain();
    return promise;
  }

  /**
   * Runs `work` once, for what is decided anew at the next look anyway. Null, with nothing stored, when writes are
   * waiting or it fails for a reason that passes; throws what it throws otherwise.
   */
  attempt<T>(work: () => T): T | null {
    if (this.#waiting.length > 0) return null;
    try {
      const result = work();
      this.#noteSuccess(false);
      return result;
    } catch (error) {
      const failure = databaseFailure(error);
      if (failure?.running !== "again") throw error;
      this.#noteFailure(failure);
      return null;
    }
  }

  /** Tries the oldest until all are through. */
  async #drain(): Promise<void> {
    const { clock, until } = this.#deps;
    while (this.#waiting.length > 0) {
      await clock.sleep(TRY_EVERY_MS, until);
      while (this.#waiting[0]?.() === true) this.#waiting.shift();
    }
  }

  /** True when the write is settled, one way or the other. */
  #attempt<T>(
    work: () => T,
    resolve: (result: T) => void,
    reject: (error: unknown) => void,
  ): boolean {
    if (this.#over !== null) {
      reject(this.#over);
      return true;
    }
    try {
      resolve(work());
      // One that had failed before has certainly written.
      this.#noteSuccess(this.#waiting.length > 0);
      return true;
    } catch (error) {
      const failure = databaseFailure(error);
      if (failure?.running !== "again") {
        reject(error);
        return true;
      }
      this.#noteFailure(failure);
      if (!this.#deps.until.aborted) return false;
      this.#over = new WriteAbandoned(`not stored before the end: ${failure.code}`, error);
      reject(this.#over);
      return true;
    }
  }

  /** One line when it lasts, none for each try. */
  #noteFailure({ name, code, words }: DatabaseFailure): void {
    const { clock, log } = this.#deps;
    const nowMs = clock.monotonicMs();
    this.#trouble ??= { sinceMs: nowMs, lastMs: nowMs, isLogged: false };
    this.#trouble.lastMs = nowMs;
    const isNews = name !== "locked" || nowMs - this.#trouble.sinceMs >= LOCK_IS_NEWS_AFTER_MS;
    if (this.#trouble.isLogged || !isNews) return;
    this.#trouble.isLogged = true;
    log.error("database_not_writable", { code, reason: words, effect: "writes wait" });
  }

  #noteSuccess(hasWritten: boolean): void {
    const trouble = this.#trouble;
    if (trouble === null) return;
    const nowMs = this.#deps.clock.monotonicMs();
    if (!hasWritten && nowMs - trouble.lastMs < OVER_AFTER_MS) return;
    this.#trouble = null;
    if (!trouble.isLogged) return;
    const afterMs = Math.round(nowMs - trouble.sinceMs);
    this.#deps.log.info("database_writable_again", { after_ms: afterMs });
  }
}
