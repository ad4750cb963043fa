import type { ExchangeHttp, Reply } from "../exchanges/exchange.ts";
import type { Clock } from "../lib/clock.ts";
import { ownFailure, RequestFailure } from "../lib/request-failure.ts";
import { asksForCooldown } from "./cooldown.ts";
import { FailureRun } from "./failure-run.ts";

/** A key that was not reached in time is acceptable while its reply is younger; it comes first in the next sweep. */
const OVERDUE_AFTER_PERIODS = 2;

/** A reply that was not renewed for this long is dropped: its row is stale by then (three periods). */
const EXPIRES_AFTER_PERIODS = 5;

/** Ends what still waits for a finished sweep. Without a reason given, each abort would make an error of its own. */
const SWEEP_ENDED = ownFailure("timeout", "the sweep has ended");

export interface SweepDeps {
  readonly clock: Clock;
  /** Concurrent requests: as many as the exchange may have. */
  readonly lanes: number;
  /** Of the cycles. */
  readonly periodMs: number;
}

/** What one cycle provides for its sweep; times are monotonic. */
export interface SweepCycle {
  /** The requests, which all end when `signal` aborts. */
  readonly during: (signal: AbortSignal) => ExchangeHttp;
  /** The end of the cycle. */
  readonly signal: AbortSignal;
  /** The requests are spread until then; if that has passed, only the exchange's pace limits them. */
  readonly spreadUntilMs: number;
  /** No request is started after this. */
  readonly lastStartMs: number;
  /** Requests without a response by then are aborted, so that the cycle succeeds with the others. */
  readonly endMs: number;
}

/** The result of one sweep. */
export interface Swept<T> {
  readonly known: ReadonlyMap<string, Reply<T>>;
  /** The last failure of a key, or that replies are overdue; null if all is well. */
  readonly failure: unknown;
}

interface Entry {
  readonly reply: Reply<unknown>;
  readonly atMonotonicMs: number;
}

/** A sweep in progress: `order[next]` is the next key, due at `startMs + next * gapMs`. */
interface Round {
  readonly order: readonly string[];
  readonly startMs: number;
  readonly gapMs: number;
  next: number;
  /** The first key that was skipped after it was due. */
  skipped: number;
  answered: number;
  readonly run: FailureRun;
  failure: unknown;
}

/**
 * One request per key and cycle. Replies are kept across cycles: a key that fails or is not reached keeps its older
 * reply with its own time, and the next sweep starts where this one stopped.
 */
export class Sweep {
  readonly #deps: SweepDeps;
  readonly #entries = new Map<string, Entry>();
  #resumeAt: string | null = null;
  #running: Round | null = null;

  constructor(deps: SweepDeps) {
    this.#deps = deps;
  }

  /** Whether a sweep is in progress and has keys that are overdue: other requests should wait. */
  get isBehind(): boolean {
    const round = this.#running;
    if (round === null || round.next >= round.order.length) return false;
    return this.#deps.clock.monotonicMs() >= round.startMs + round.next * round.gapMs;
  }

  /**
   * Requests every key once. Throws a RequestFailure if none was answered, and immediately if the exchange asks for a
   * pause; replies received until then are kept.
   */
  async run<T>(
    keys: readonly string[],
    loadOne: (http: ExchangeHttp, key: string) => Promise<T>,
    cycle: SweepCycle,
  ): Promise<Swept<T>> {
    this.#forget(new Set(keys));
    const round = this.#begin(keys, cycle);
    const ended = this.#endOf(cycle);
    this.#running = round;
    try {
      const http = cycle.during(ended.signal);
      const lane = (): Promise<void> =>
        this.#lane(round, cycle.lastStartMs, ended.signal, (key) => loadOne(http, key));
      await Promise.all(Array.from({ length: this.#deps.lanes }, lane));
    } finally {
      this.#running = null;
      ended.abort(SWEEP_ENDED);
    }
    this.#resumeAt = round.order[Math.min(round.next, round.skipped)] ?? null;
    if (isCooldownAsked(round.failure) || round.answered === 0) throw asFailure(round.failure);
    this.#forget(new Set(keys));
    const known = new Map<string, Reply<T>>();
    for (const [key, { reply }] of this.#entries) known.set(key, reply as Reply<T>);
    return { known, failure: round.failure ?? this.#overdue(keys) };
  }

  #begin(keys: readonly string[], { spreadUntilMs, lastStartMs }: SweepCycle): Round {
    const startMs = this.#deps.clock.monotonicMs();
    const order = this.#order(keys);
    // Nothing is known the first time, so only the exchange's pace limits the requests.
    const spreadMs = this.#entries.size === 0 ? 0 : Math.min(spreadUntilMs, lastStartMs) - startMs;
    const gapMs = Math.max(0, spreadMs) / Math.max(1, order.length);
    const counts = { next: 0, skipped: order.length, answered: 0, run: new FailureRun() };
    return { order, startMs, gapMs, ...counts, failure: null };
  }

  /** Aborts at the end set by the cycle, or with the cycle itself. */
  #endOf({ signal, endMs }: SweepCycle): AbortController {
    const { clock } = this.#deps;
    const ended = new AbortController();
    const onAbort = (): void => ended.abort(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    ended.signal.addEventListener("abort", () => signal.removeEventListener("abort", onAbort));
    if (Number.isFinite(endMs)) {
      void clock
        .sleep(endMs - clock.monotonicMs(), ended.signal)
        .then(() => ended.abort(SWEEP_ENDED));
    }
    return ended;
  }

  async #lane(
    round: Round,
    lastStartMs: number,
    signal: AbortSignal,
    ask: (key: string) => Promise<unknown>,
  ): Promise<void> {
    const { clock } = this.#deps;
    const mayAsk = (): boolean =>
      !signal.aborted && !isOver(round) && clock.monotonicMs() <= lastStartMs;
    while (round.next < round.order.length && mayAsk()) {
      const index = round.next;
      const key = round.order[index] ?? "";
      round.next += 1;
      const waitMs = round.startMs + index * round.gapMs - clock.monotonicMs();
      if (waitMs > 0) await clock.sleep(waitMs, signal);
      if (!mayAsk()) {
        round.skipped = Math.min(round.skipped, index);
        return;
      }
      try {
        const reply = { value: await ask(key), receivedAtMs: clock.nowMs() };
        this.#entries.set(key, { reply, atMonotonicMs: clock.monotonicMs() });
        round.answered += 1;
        round.run.answered();
      } catch (error) {
        if (signal.aborted) {
          round.skipped = Math.min(round.skipped, index);
          return;
        }
        // A failure that asks for a pause must not be overwritten by another lane's failure.
        if (!isCooldownAsked(round.failure)) round.failure = error;
        round.run.failed(error);
      }
    }
  }

  #order(keys: readonly string[]): readonly string[] {
    const from = this.#resumeAt === null ? 0 : Math.max(0, keys.indexOf(this.#resumeAt));
    return [...keys.slice(from), ...keys.slice(0, from)];
  }

  #forget(keys: ReadonlySet<string>): void {
    for (const [key, entry] of this.#entries) {
      if (!keys.has(key) || this.#periodsOf(entry) > EXPIRES_AFTER_PERIODS)
        this.#entries.delete(key);
    }
  }

  /** A failure with the number of keys whose reply is missing or old; null if there are none. */
  #overdue(keys: readonly string[]): RequestFailure | null {
    const overdue = keys.filter((key) => {
      const entry = this.#entries.get(key);
      return entry === undefined || this.#periodsOf(entry) > OVERDUE_AFTER_PERIODS;
    });
    if (overdue.length === 0) return null;
    return ownFailure("timeout", `${overdue.length} have no reply of the last two periods`);
  }

  #periodsOf({ atMonotonicMs }: Entry): number {
    return (this.#deps.clock.monotonicMs() - atMonotonicMs) / this.#deps.periodMs;
  }
}

function isOver(round: Round): boolean {
  return round.run.hasGivenUp || isCooldownAsked(round.failure);
}

function isCooldownAsked(failure: unknown): boolean {
  return failure instanceof RequestFailure && asksForCooldown(failure.kind);
}

function asFailure(failure: unknown): unknown {
  return failure ?? ownFailure("timeout", "no instrument was answered in time");
}
