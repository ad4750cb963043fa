import type { ExchangeHttp, Reply } from "../exchanges/exchange.ts";
import type { Clock } from "../lib/clock.ts";
import { RequestFailure } from "../lib/request-failure.ts";
import { asksForQuiet } from "./quiet-time.ts";

/** Requests in flight: as many as one exchange may have. */
const LANES = 2;

/** After this many failures in a row the rest of a sweep is not worth asking for. */
const GIVE_UP_AFTER = 3;

/** A sweep that lags behind its spread starts nothing more after this share of it, so that the cycle can end well. */
const LATE_SHARE = 1.2;

export interface SweepDeps {
  readonly clock: Clock;
  /** The time that one sweep is spread over; 0: as fast as the pace of the exchange allows. */
  readonly spreadMs: number;
}

/** How one sweep went. */
export interface Swept<T> {
  readonly known: ReadonlyMap<string, Reply<T>>;
  /** The last failure of a key that keeps its older reply, null when all were answered. */
  readonly failure: unknown;
}

/**
 * One request per key and cycle. What was fetched is kept over cycles: a key that fails or is not reached
 * keeps its older reply with its own time, and the next sweep begins where this one stopped.
 */
export class Sweep {
  readonly #deps: SweepDeps;
  readonly #entries = new Map<string, Reply<unknown>>();
  #resumeAt: string | null = null;

  constructor(deps: SweepDeps) {
    this.#deps = deps;
  }

  /**
   * Asks for every key once. Throws a RequestFailure when none was answered, and at once when the exchange
   * asks for quiet or `signal` aborts; what was fetched until then stays known.
   */
  async run<T>(
    keys: readonly string[],
    loadOne: (http: ExchangeHttp, key: string) => Promise<T>,
    http: ExchangeHttp,
    signal: AbortSignal,
  ): Promise<Swept<T>> {
    const { clock, spreadMs } = this.#deps;
    this.#forgetAllBut(new Set(keys));
    const order = this.#order(keys);
    const startMs = clock.monotonicMs();
    // Nothing is known yet at first: then the pace of the exchange is the only bound.
    const gapMs = this.#entries.size === 0 ? 0 : spreadMs / Math.max(1, order.length);
    const lateMs = spreadMs === 0 ? Number.POSITIVE_INFINITY : spreadMs * LATE_SHARE;
    const round = { next: 0, answered: 0, failedInRow: 0, failure: null as unknown };
    const lane = async (): Promise<void> => {
      while (round.next < order.length && !isOver(round)) {
        const index = round.next;
        const key = order[index] ?? "";
        const waitMs = startMs + index * gapMs - clock.monotonicMs();
        if (clock.monotonicMs() - startMs > lateMs || signal.aborted) return;
        round.next += 1;
        if (waitMs > 0) await clock.sleep(waitMs, signal);
        try {
          const value = await loadOne(http, key);
          this.#entries.set(key, { value, receivedAtMs: clock.nowMs() });
          round.answered += 1;
          round.failedInRow = 0;
        } catch (error) {
          round.failure = error;
          round.failedInRow += 1;
        }
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    this.#resumeAt = order[round.next] ?? null;
    if (isQuietAsked(round.failure) || round.answered === 0) throw asFailure(round.failure);
    const failure =
      round.failure ??
      (this.#resumeAt === null
        ? null
        : new RequestFailure("timeout", `${order.length - round.next} were not reached`));
    return { known: this.#entries as ReadonlyMap<string, Reply<T>>, failure };
  }

  #order(keys: readonly string[]): readonly string[] {
    const from = this.#resumeAt === null ? 0 : Math.max(0, keys.indexOf(this.#resumeAt));
    return [...keys.slice(from), ...keys.slice(0, from)];
  }

  #forgetAllBut(keys: ReadonlySet<string>): void {
    for (const key of this.#entries.keys()) if (!keys.has(key)) this.#entries.delete(key);
  }
}

function isOver(round: { readonly failedInRow: number; readonly failure: unknown }): boolean {
  return round.failedInRow >= GIVE_UP_AFTER || isQuietAsked(round.failure);
}

function isQuietAsked(failure: unknown): boolean {
  return failure instanceof RequestFailure && asksForQuiet(failure.kind);
}

function asFailure(failure: unknown): unknown {
  return failure ?? new RequestFailure("timeout", "no instrument was asked in time");
}
