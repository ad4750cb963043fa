import { yieldToEventLoop } from "../lib/event-loop.ts";
import type { Stepwise } from "../lib/stepwise.ts";

/** How long one question is worked on before the next one has its turn, in milliseconds. */
const TURN_MS = 5;

interface Running<Result> {
  readonly work: Stepwise<Result>;
  readonly done: (result: Result) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Works on several questions in turn, a few milliseconds each: a small one is answered in the time of a few turns,
 * whatever a large one needs. Between two turns the event loop runs, so that questions arrive and can be cancelled.
 */
export class Turns<Result> {
  readonly #monotonicMs: () => number;
  readonly #running = new Map<number, Running<Result>>();
  #isWorking = false;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /** Exactly one of the two functions is called at the end, unless the work is cancelled. */
  start(id: number, running: Running<Result>): void {
    this.#running.set(id, running);
    if (!this.#isWorking) void this.#work();
  }

  cancel(id: number): void {
    this.#running.delete(id);
  }

  /** Ends all work that is not done. */
  fail(error: unknown): void {
    const all = [...this.#running.values()];
    this.#running.clear();
    for (const { failed } of all) failed(error);
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    // Questions that come in meanwhile are added to the map, behind all others.
    while (this.#running.size > 0) {
      for (const [id, running] of this.#running) {
        this.#turn(id, running);
        await yieldToEventLoop();
      }
    }
    this.#isWorking = false;
  }

  #turn(id: number, { work, done, failed }: Running<Result>): void {
    const endMs = this.#monotonicMs() + TURN_MS;
    try {
      do {
        const step = work.next();
        if (step.done !== true) continue;
        this.#running.delete(id);
        done(step.value);
        return;
      } while (this.#monotonicMs() < endMs);
    } catch (error) {
      this.#running.delete(id);
      failed(error);
    }
  }
}
