import type { ExchangeHttp, Load, Reply, Source } from "../exchanges/exchange.ts";
import type { Clock } from "../lib/clock.ts";
import { accountOf, RequestFailure } from "../lib/request-failure.ts";
import { deadlineMs } from "./deadline.ts";
import type { ExchangeRequests } from "./exchange-http.ts";
import { Cooldown, RequestCooldown } from "./cooldown.ts";
import { Rotation, type RotationMode } from "./rotation.ts";
import { Sweep, type SweepCycle } from "./sweep.ts";

/** A cached instrument list remains useful for a day: it shows which contracts are live. */
export const INSTRUMENTS_SERVE_MS = 24 * 3_600_000;

/** A sweep ends this long before its cycle is aborted: the results must still be parsed, judged and stored. */
const SWEEP_MARGIN_MS = 3_000;

/** Intervals change within hours: an older list is worse than none. */
export const INTERVALS_SERVE_MS = 30 * 60_000;

interface Cached {
  readonly reply: Reply<unknown>;
  readonly atMonotonicMs: number;
}

/** What one cycle's requests revealed besides their payloads. */
export interface CycleNotes {
  /** Requests that failed without failing the refresh, in our wording: "name: kind: reason". */
  readonly failures: readonly string[];
  /** The exchange's wording about them, only for the operator's log. */
  readonly details: readonly string[];
  /** Instruments on the exchange's own list whose rates were requested one by one and are unknown. */
  readonly unanswered: ReadonlySet<string>;
  /** Whether a request that covers this instrument failed, so that its absence from the batch proves nothing. */
  readonly mayHide: (exchangeSymbol: string) => boolean;
}

export interface SourceDeps {
  readonly requests: Pick<ExchangeRequests, "during" | "inFlight" | "timeoutMs">;
  readonly clock: Clock;
  readonly rotationMode: RotationMode;
  /** Of the cycles. */
  readonly periodMs: number;
  /** How long after the start of a cycle the requests of a sweep are spread; 0 for none. */
  readonly sweepMs: number;
  /** Whether a cycle has a deadline: a sweep then ends before it, with what it has. */
  readonly deadline: boolean;
  /** Ends with the collector; background rotations run until then. */
  readonly lifetime: AbortSignal;
}

/** Fetches for one exchange over many cycles: owns its caches, rotations and pauses. */
export class ExchangeSource {
  readonly #deps: SourceDeps;
  readonly #cache = new Map<string, Cached>();
  /** Cached lists that are refetched early. */
  readonly #toRefetch = new Set<string>();
  readonly #rotations = new Map<string, Rotation>();
  readonly #sweeps = new Map<string, Sweep>();
  readonly #cooldown: Cooldown;
  /** Of requests that the refresh can do without for a while, by name. */
  readonly #pauses = new Map<string, RequestCooldown>();

  constructor(deps: SourceDeps) {
    this.#deps = deps;
    this.#cooldown = new Cooldown(deps.clock);
  }

  /** The source for one cycle; all its requests end when `signal` aborts. */
  cycle(signal: AbortSignal): { readonly source: Source; readonly notes: CycleNotes } {
    const failures: string[] = [];
    const details: string[] = [];
    const unanswered = new Set<string>();
    const hiding: ((exchangeSymbol: string) => boolean)[] = [(symbol) => unanswered.has(symbol)];
    const note = (name: string, error: unknown): void => {
      const { publicWords, detail } = accountOf(error);
      const kind = error instanceof RequestFailure ? error.kind : "bad_envelope";
      failures.push(`${name}: ${kind}: ${publicWords}`);
      if (detail !== null) details.push(`${name}: ${detail}`);
    };
    const startedMs = this.#deps.clock.monotonicMs();
    const http = this.#deps.requests.during(signal, this.#cooldown.refusal);
    const source: Source = {
      nowMs: () => this.#deps.clock.nowMs(),
      essential: (_name, load) => this.#load(http, load),
      instruments: async (name, everyMs, load) => {
        const ask = this.#asking(name, http, load);
        const reply = await this.#cached(name, everyMs, INSTRUMENTS_SERVE_MS, ask, note);
        if (reply instanceof RequestFailure) throw reply;
        return reply;
      },
      intervals: async (name, everyMs, load) => {
        const ask = this.#asking(name, http, load);
        const reply = await this.#cached(name, everyMs, INTERVALS_SERVE_MS, ask, note);
        return reply instanceof RequestFailure ? null : reply;
      },
      secondary: async (name, load, everyMs = 0, carries) => {
        const reply = await this.#secondary(name, everyMs, http, load, note);
        if (reply === null && carries !== undefined) hiding.push(carries);
        return reply;
      },
      rotation: (name, keys, rotationMs, loadOne) => {
        const rotation = this.#rotation(name);
        return rotation.known(keys, rotationMs, loadOne, note);
      },
      sweep: async (name, keys, loadOne) => {
        const { known, failure } = await this.#sweep(name)
          .run(keys, loadOne, this.#sweepCycle(startedMs, signal))
          .catch((error: unknown) => {
            this.#cooldown.note(error);
            throw error;
          });
        if (failure !== null) note(name, failure);
        for (const key of keys) if (!known.has(key)) unanswered.add(key);
        return known;
      },
    };
    const mayHide = (symbol: string): boolean => hiding.some((carries) => carries(symbol));
    return { source, notes: { failures, details, unanswered, mayHide } };
  }

  /** Resolves when a request may be sent, possibly minutes after another one was refused. */
  async ready(): Promise<void> {
    const { clock, lifetime } = this.#deps;
    const waitMs = this.#cooldown.blockedMs();
    if (waitMs > 0) await clock.sleep(waitMs, lifetime);
  }

  /**
   * Has every list with its own period refetched in the next cycle: the batch based on them was implausible, and one
   * bad list must not persist for the rest of its period. The old ones serve meanwhile.
   */
  refetchLists(): void {
    for (const name of this.#cache.keys()) this.#toRefetch.add(name);
  }

  async #load<T>(http: ExchangeHttp, load: Load<T>): Promise<Reply<T>> {
    try {
      const value = await load(http);
      return { value, receivedAtMs: this.#deps.clock.nowMs() };
    } catch (error) {
      this.#cooldown.note(error);
      throw error;
    }
  }

  /**
   * A list with its own period. If refetching fails, the old one serves for `serveMs`; then the failure is returned.
   */
  async #cached<T>(
    name: string,
    everyMs: number,
    serveMs: number,
    ask: () => Promise<Reply<T>>,
    note: (name: string, error: unknown) => void,
  ): Promise<Reply<T> | RequestFailure> {
    const nowMs = this.#deps.clock.monotonicMs();
    const cached = this.#cache.get(name);
    const isDue = this.#toRefetch.has(name) || nowMs - (cached?.atMonotonicMs ?? 0) >= everyMs;
    if (cached !== undefined && !isDue) return cached.reply as Reply<T>;
    try {
      const reply = await ask();
      // A reply that would never serve again is not retained.
      if (serveMs > 0) this.#cache.set(name, { reply, atMonotonicMs: nowMs });
      this.#toRefetch.delete(name);
      return reply;
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      note(name, error);
      if (cached !== undefined && nowMs - cached.atMonotonicMs < serveMs)
        return cached.reply as Reply<T>;
      return error;
    }
  }

  async #secondary<T>(
    name: string,
    everyMs: number,
    http: ExchangeHttp,
    load: Load<T>,
    note: (name: string, error: unknown) => void,
  ): Promise<Reply<T> | null> {
    const ask = this.#asking(name, http, load);
    const reply = await this.#cached(name, everyMs, everyMs, ask, note);
    return reply instanceof RequestFailure ? null : reply;
  }

  /** One try of a request that the refresh can do without for a while. */
  #asking<T>(name: string, http: ExchangeHttp, load: Load<T>): () => Promise<Reply<T>> {
    const pause = this.#pauseOf(name);
    return async () => {
      const { reason } = pause;
      if (reason !== null) throw reason;
      try {
        const value = await load(http);
        pause.answered();
        return { value, receivedAtMs: this.#deps.clock.nowMs() };
      } catch (error) {
        pause.failed(error);
        throw error;
      }
    };
  }

  #pauseOf(name: string): RequestCooldown {
    const { clock, periodMs } = this.#deps;
    const pause = this.#pauses.get(name) ?? new RequestCooldown(this.#cooldown, clock, periodMs);
    this.#pauses.set(name, pause);
    return pause;
  }

  #sweep(name: string): Sweep {
    const { clock, periodMs, requests } = this.#deps;
    const sweep =
      this.#sweeps.get(name) ?? new Sweep({ clock, periodMs, lanes: requests.inFlight });
    this.#sweeps.set(name, sweep);
    return sweep;
  }

  /** The last request still has its whole time-out, unless the period is too short for that. */
  #sweepCycle(startedMs: number, signal: AbortSignal): SweepCycle {
    const { requests, periodMs, sweepMs, deadline } = this.#deps;
    const lastMs = deadline ? deadlineMs(periodMs) - SWEEP_MARGIN_MS : Number.POSITIVE_INFINITY;
    const endMs = startedMs + lastMs;
    const spreadUntilMs = startedMs + sweepMs;
    const lastStartMs = Math.max(spreadUntilMs, endMs - requests.timeoutMs);
    const during = (until: AbortSignal) => requests.during(until, this.#cooldown.refusal);
    return { during, signal, spreadUntilMs, lastStartMs, endMs };
  }

  #isSweepBehind(): boolean {
    for (const sweep of this.#sweeps.values()) if (sweep.isBehind) return true;
    return false;
  }

  #rotation(name: string): Rotation {
    const known = this.#rotations.get(name);
    if (known !== undefined) return known;
    const { requests, clock, rotationMode, lifetime } = this.#deps;
    const rotation = new Rotation({
      name,
      http: requests.during(lifetime, this.#cooldown.refusal),
      clock,
      mode: rotationMode,
      pause: this.#pauseOf(name),
      hasToWait: () => this.#isSweepBehind(),
      lifetime,
    });
    this.#rotations.set(name, rotation);
    return rotation;
  }
}
