import type { ExchangeHttp, Reply } from "../exchanges/exchange.ts";
import type { Clock } from "../lib/clock.ts";
import type { RequestCooldown } from "./cooldown.ts";
import { FailureRun } from "./failure-run.ts";

/** A value leaves after this many rotations without a newer one. */
const EXPIRES_AFTER_ROTATIONS = 2;

/** The first round, in which nothing is known, is this many times as quick; the exchange's pace bounds it as ever. */
const FIRST_ROUND_SPEEDUP = 5;

/** How long a rotation waits before it looks again whether the rates of its exchange are still behind. */
const LOOK_AGAIN_MS = 250;

/** After a few failures in a row that are not of one key a rotation stands still for so long. */
const HOPELESS_WAIT_MS = 60_000;

/** A rotation that nobody has asked for in this time stands still. */
const IDLE_AFTER_MS = 180_000;

/**
 * `background`: keys are asked one after the other, spread over the rotation, while cycles go on.
 * `whole`: a call asks for every key and waits. `off`: nothing is asked.
 */
export type RotationMode = "background" | "whole" | "off";

type LoadOne = (http: ExchangeHttp, key: string) => Promise<unknown>;

export interface RotationDeps {
  readonly name: string;
  readonly http: ExchangeHttp;
  readonly clock: Clock;
  readonly mode: RotationMode;
  readonly pause: RequestCooldown;
  /** Whether the rates of the exchange want all its requests now. Heeded in the background alone. */
  readonly hasToWait: () => boolean;
  readonly lifetime: AbortSignal;
}

interface Entry {
  readonly reply: Reply<unknown>;
  readonly atMonotonicMs: number;
}

/** One value per key, each asked once per rotation and never in a burst. Resumes where it stood. */
export class Rotation {
  readonly #deps: RotationDeps;
  readonly #entries = new Map<string, Entry>();
  #keys: readonly string[] = [];
  #next = 0;
  #rounds = 0;
  #rotationMs = 0;
  #loadOne: LoadOne = () => Promise.reject(new Error("assertion failed: no loader yet"));
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #running = false;
  #failure: unknown = null;
  #run = new FailureRun();

  constructor(deps: RotationDeps) {
    this.#deps = deps;
  }

  /** What is known of `keys` now. Failures since the last call are noted once. */
  async known<T>(
    keys: readonly string[],
    rotationMs: number,
    loadOne: (http: ExchangeHttp, key: string) => Promise<T>,
    note: (name: string, error: unknown) => void,
  ): Promise<ReadonlyMap<string, Reply<T>>> {
    this.#keys = keys;
    this.#rotationMs = rotationMs;
    this.#loadOne = loadOne;
    this.#askedAtMs = this.#deps.clock.monotonicMs();
    if (this.#deps.mode === "whole") {
      this.#run = new FailureRun();
      for (const key of keys) {
        if (this.#deps.pause.leftMs() > 0 || this.#run.isHopeless) break;
        await this.#ask(key);
      }
    } else if (this.#deps.mode === "background" && !this.#running) {
      void this.#turn();
    }
    // What is refused for half an hour is missing all the time.
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
    while (!lifetime.aborted && clock.monotonicMs() - this.#askedAtMs < IDLE_AFTER_MS) {
      if (this.#keys.length === 0) break;
      const waitMs = pause.leftMs();
      if (waitMs > 0) {
        await clock.sleep(waitMs, lifetime);
        continue;
      }
      if (this.#deps.hasToWait()) {
        await clock.sleep(LOOK_AGAIN_MS, lifetime);
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
      const dueMs = startedMs + (this.#run.isHopeless ? Math.max(gapMs, HOPELESS_WAIT_MS) : gapMs);
      if (this.#run.isHopeless) this.#run = new FailureRun();
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
