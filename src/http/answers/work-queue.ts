import type { Clock } from "../../lib/clock.ts";
import type { Release } from "../../lib/semaphore.ts";
import type { Requester } from "../protocol/requester.ts";
import { busy } from "../protocol/problem.ts";

export interface WorkLimits {
  /** Answers built concurrently: with two cores a third would only slow the other two and the event loop down. */
  readonly concurrent: number;
  /** Answers that may wait for their turn. */
  readonly waiting: number;
  /** A request that has waited this long is refused: its client has most likely given up. */
  readonly waitMs: number;
  /** Answers built concurrently for one client; without it, as many as for all. */
  readonly perClient?: number;
}

const WORK_LIMITS: WorkLimits = { concurrent: 2, waiting: 32, waitMs: 10_000 };

/**
 * Answers about the past: their turn lasts while the reader thread works on them, which takes turns itself. One client
 * cannot have all of them.
 */
export const PAST_LIMITS: WorkLimits = {
  concurrent: 4,
  waiting: 32,
  waitMs: 10_000,
  perClient: 2,
};

/**
 * How often a request waits for another one that builds the same answer. That one may disconnect or be refused; a
 * series of such failures must not multiply `waitMs`: the third time each request builds it itself.
 */
export const MAX_SHARED_TRIES = 2;

interface Waiter {
  readonly client: string;
  readonly enter: (release: Release) => void;
  readonly refuse: (reason: string) => void;
}

/**
 * Limits the building of answers that are not cached: a few at a time, the others queue, and when the queue is full the
 * request is refused with 503. The event loop runs between two builds, so cached answers and probes never queue behind.
 * Fair among clients: the next turn goes to the client with the fewest running, and a full queue makes room for a
 * client with fewer waiting requests by refusing the newest request of the client with the most.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #limits: WorkLimits;
  readonly #running = new Map<string, number>();
  readonly #waiting: Waiter[] = [];
  #runningCount = 0;

  constructor(clock: Clock, limits: WorkLimits = WORK_LIMITS) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get running(): number {
    return this.#runningCount;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * A turn; synchronous if one is free. Rejects with the 503 problem `busy`, also if the client disconnects while
   * waiting: then there is no one to build it for.
   */
  enter(requester: Requester): Release | Promise<Release> {
    if (this.#runningCount < this.#limits.concurrent && this.#mayRun(requester.client))
      return this.#start(requester.client);
    return this.#wait(requester);
  }

  #mayRun(client: string): boolean {
    return this.#runningOf(client) < (this.#limits.perClient ?? this.#limits.concurrent);
  }

  #start(client: string): Release {
    this.#runningCount += 1;
    this.#running.set(client, this.#runningOf(client) + 1);
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      // Requests that have arrived meanwhile are served before the next build starts.
      setImmediate(() => this.#end(client));
    };
  }

  #end(client: string): void {
    this.#runningCount -= 1;
    const left = this.#runningOf(client) - 1;
    if (left === 0) this.#running.delete(client);
    else this.#running.set(client, left);
    const next = this.#next();
    next?.enter(this.#start(next.client));
  }

  #runningOf(client: string): number {
    return this.#running.get(client) ?? 0;
  }

  /** Removes and returns the first waiter of the client with the fewest running. */
  #next(): Waiter | null {
    let chosen: Waiter | null = null;
    for (const waiter of this.#waiting) {
      if (!this.#mayRun(waiter.client)) continue;
      if (chosen === null || this.#runningOf(waiter.client) < this.#runningOf(chosen.client))
        chosen = waiter;
    }
    if (chosen !== null) this.#remove(chosen);
    return chosen;
  }

  #remove(waiter: Waiter): boolean {
    const index = this.#waiting.indexOf(waiter);
    if (index === -1) return false;
    this.#waiting.splice(index, 1);
    return true;
  }

  async #wait({ client, disconnected }: Requester): Promise<Release> {
    if (this.#waiting.length >= this.#limits.waiting && !this.#makeRoom(client))
      throw busy(`${this.#limits.waiting} answers are already waiting to be computed.`);
    const { promise, resolve, reject } = Promise.withResolvers<Release>();
    const done = new AbortController();
    const waiter: Waiter = {
      client,
      enter: resolve,
      refuse: (reason) => reject(busy(reason)),
    };
    this.#waiting.push(waiter);
    const refuse = (reason: string): void => {
      if (this.#remove(waiter)) waiter.refuse(reason);
    };
    void this.#clock
      .sleep(this.#limits.waitMs, done.signal)
      .then(() =>
        refuse(`The request waited ${this.#limits.waitMs / 1000} s without getting a turn.`),
      );
    const refuseWaiter = (): void => refuse("The client has disconnected.");
    if (disconnected.aborted) refuseWaiter();
    else disconnected.addEventListener("abort", refuseWaiter, { signal: done.signal });
    try {
      return await promise;
    } finally {
      done.abort();
    }
  }

  /** Refuses the newest request of the client with the most waiting, if that is more than `client` would then have. */
  #makeRoom(client: string): boolean {
    const counts = new Map<string, number>();
    for (const waiter of this.#waiting)
      counts.set(waiter.client, (counts.get(waiter.client) ?? 0) + 1);
    const most = Math.max(...counts.values());
    if (most <= (counts.get(client) ?? 0) + 1) return false;
    const evicted = this.#waiting.findLast((waiter) => counts.get(waiter.client) === most);
    if (evicted === undefined || !this.#remove(evicted)) return false;
    evicted.refuse("Clients with fewer waiting requests come first.");
    return true;
  }
}
