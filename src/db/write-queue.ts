import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { databaseFailure, type DatabaseFailure } from "./failure.ts";

/** The thread blocks on its connection's busy time-out at most once in this time, however many writes there are. */
const TRY_EVERY_MS = 250;

/** Two of our writers collide for some milliseconds many times a day: not worth a log line. */
const LOCK_IS_NEWS_AFTER_MS = 1_000;

/** A write that succeeds at once may have had nothing to write: trouble is over after this long without a failure. */
const OVER_AFTER_MS = 5_000;

/** Several times the possible number: each exchange, subject and book has at most one pending write. */
const MAX_WAITING = 500;

/** A write that did not succeed before shutdown, or found the queue full. Nothing of it is stored. */
export class WriteAbandoned extends Error {
  constructor(reason: string, cause?: unknown) {
    super(reason, { cause });
    this.name = "WriteAbandoned";
  }
}

/** The queue was full: the file has been locked for minutes. */
export class WriteQueueFull extends WriteAbandoned {}

export interface WriteQueueDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Once aborted, writes are tried once more; the first failure abandons all later ones. */
  readonly until: AbortSignal;
}

/**
 * The writes of one thread, in order. Each is tried immediately; one that fails for a temporary reason (see db/failure)
 * is retried until it succeeds, and all later ones wait behind it.
 */
export class WriteQueue {
  readonly #deps: WriteQueueDeps;
  readonly #waiting: (() => boolean)[] = [];
  /** Why nothing more is written. */
  #over: WriteAbandoned | null = null;
  #trouble: { readonly sinceMs: number; lastMs: number; isLogged: boolean } | null = null;

  constructor(deps: WriteQueueDeps) {
    this.#deps = deps;
  }

  /**
   * Runs `work`, one statement or one transaction, immediately if the queue is empty. Resolves to its result. Rejects
   * with its exception if a retry would not help, and with WriteAbandoned.
   */
  run<T>(work: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const attempt = (): boolean => this.#attempt(work, resolve, reject);
    if (this.#waiting.length === 0 && attempt()) return promise;
    if (this.#waiting.length >= MAX_WAITING) {
      reject(new WriteQueueFull(`${MAX_WAITING} writes are already waiting`));
      return promise;
    }
    this.#waiting.push(attempt);
    if (this.#waiting.length === 1) void this.#drain();
    return promise;
  }

  /**
   * Runs `work` once, for writes that the caller repeats anyway. Null, with nothing stored, if writes are waiting or it
   * fails for a temporary reason; otherwise throws its exception.
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

  /** Retries the oldest write until the queue is empty. */
  async #drain(): Promise<void> {
    const { clock, until } = this.#deps;
    while (this.#waiting.length > 0) {
      await clock.sleep(TRY_EVERY_MS, until);
      while (this.#waiting[0]?.() === true) this.#waiting.shift();
    }
  }

  /** True if the write is settled, either way. */
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
      // A write that had failed before has certainly written something.
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
      this.#over = new WriteAbandoned(`not stored before the shutdown: ${failure.code}`, error);
      reject(this.#over);
      return true;
    }
  }

  /** Logs one line if the failure persists, not one per try. */
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
