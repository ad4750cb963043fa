import type { ExchangeHttp, Reply } from "../exchanges/exchange.ts";
import type { Clock } from "../lib/clock.ts";
import type { RequestCooldown } from "./cooldown.ts";
import { FailureRun } from "./failure-run.ts";

/** A value is dropped after this many rotations without a newer one. */
const EXPIRES_AFTER_ROTATIONS = 2;

/** The first rotation, when nothing is known, is this many times faster, still limited by the exchange's pace. */
const FIRST_ROUND_SPEEDUP = 5;

/** How long a rotation waits before it checks again whether its exchange's rates are still behind. */
const RECHECK_MS = 250;

/** A rotation pauses for this long after a few consecutive failures that are not specific to a key. */
const GIVE_UP_WAIT_MS = 60_000;

/** A rotation pauses if its values were not requested for this long. */
const IDLE_AFTER_MS = 180_000;

/**
 * `background`: keys are requested one by one, spread over the rotation, while cycles continue. `whole`: a call
 * requests every key and waits. `off`: nothing is requested.
 */
export type RotationMode = "background" | "whole" | "off";

type LoadOne = (http: ExchangeHttp, key: string) => Promise<unknown>;

export interface RotationDeps {
  readonly name: string;
  readonly http: ExchangeHttp;
  readonly clock: Clock;
  readonly mode: RotationMode;
  readonly pause: RequestCooldown;
  /** Whether the exchange's rates need all of its requests now. Only considered in background mode. */
  readonly hasToWait: () => boolean;
  readonly lifetime: AbortSignal;
}

interface Entry {
  readonly reply: Reply<unknown>;
  readonly atMonotonicMs: number;
}

/** One value per key, each requested once per rotation, never in a burst. Resumes where it stopped. */
export class Rotation {
  readonly #deps: RotationDeps;
  readonly #entries = new Map<string, Entry>();
  #keys: readonly string[] = [];
  #next = 0;
  #rounds = 0;
  #rotationMs = 0;
  #loadOne: LoadOne = () => Promise.reject(new Error("assertion failed: no loader yet"));
  #requestedAtMs = Number.NEGATIVE_INFINITY;
  #running = false;
  #failure: unknown = null;
  #run = new FailureRun();

  constructor(deps: RotationDeps) {
    this.#deps = deps;
  }

  /** The current values of `keys`. Failures since the last call are reported once. */
  async known<T>(
    keys: readonly string[],
    rotationMs: number,
    loadOne: (http: ExchangeHttp, key: string) => Promise<T>,
    note: (name: string, error: unknown) => void,
  ): Promise<ReadonlyMap<string, Reply<T>>> {
    this.#keys = keys;
    this.#rotationMs = rotationMs;
    this.#loadOne = loadOne;
    this.#requestedAtMs = this.#deps.clock.monotonicMs();
    if (this.#deps.mode === "whole") {
      this.#run = new FailureRun();
      for (const key of keys) {
        if (this.#deps.pause.leftMs() > 0 || this.#run.hasGivenUp) break;
        await this.#ask(key);
      }
    } else if (this.#deps.mode === "background" && !this.#running) {
      void this.#turn();
    }
    // While a request is refused for half an hour its values are missing throughout.
    const failure = this.#failure ?? this.#deps.pause.ownRefusal;
    if (failure !== null) note(this.#deps.name, failure);
    this.#failure = null;
    this.#expire(new Set(keys));
    const known = new Map<string, Reply<T>>();
    for (const [key, entry] of this.#entries) known.set(key, entry.reply as Reply<T>);
    return known;
  }

  async #turn(): Promise<void> {
    const { clock, lifetime, pause } = this.#deps;
    this.#running = true;
    while (!lifetime.aborted && clock.monotonicMs() - this.#requestedAtMs < IDLE_AFTER_MS) {
      if (this.#keys.length === 0) break;
      const waitMs = pause.leftMs();
      if (waitMs > 0) {
        await clock.sleep(waitMs, lifetime);
        continue;
      }
      if (this.#deps.hasToWait()) {
        await clock.sleep(RECHECK_MS, lifetime);
        continue;
      }
      const startedMs = clock.monotonicMs();
      const key = this.#keys[this.#next % this.#keys.length] ?? "";
      const roundMs =
        this.#rounds === 0 ? this.#rotationMs / FIRST_ROUND_SPEEDUP : this.#rotationMs;
      this.#next = (this.#next + 1) % this.#keys.length;
      if (this.#next === 0) {
        this.#rounds += 1;
        this.#run = new FailureRun();
      }
      await this.#ask(key);
      const gapMs = roundMs / Math.max(1, this.#keys.length);
      const dueMs = startedMs + (this.#run.hasGivenUp ? Math.max(gapMs, GIVE_UP_WAIT_MS) : gapMs);
      if (this.#run.hasGivenUp) this.#run = new FailureRun();
      await clock.sleep(Math.max(0, dueMs - clock.monotonicMs()), lifetime);
    }
    this.#running = false;
  }

  async #ask(key: string): Promise<void> {
    const { clock, http, pause } = this.#deps;
    try {
      const value = await this.#loadOne(http, key);
      pause.answered();
      this.#run.answered();
      this.#entries.set(key, {
        reply: { value, receivedAtMs: clock.nowMs() },
        atMonotonicMs: clock.monotonicMs(),
      });
    } catch (error) {
      this.#failure = error;
      this.#run.failed(error);
      pause.failed(error);
    }
  }

  #expire(keys: ReadonlySet<string>): void {
    const oldestMs = this.#deps.clock.monotonicMs() - EXPIRES_AFTER_ROTATIONS * this.#rotationMs;
    for (const [key, entry] of this.#entries) {
      if (!keys.has(key) || entry.atMonotonicMs < oldestMs) this.#entries.delete(key);
    }
  }
}
