import type { Clock } from "./clock.ts";
import { yieldToEventLoop } from "./event-loop.ts";

/** How long work runs before it yields to the event loop: a step that just passes this must end within 5 ms. */
const EVERY_MS = 2;

/** Runs a synchronous step and may measure how long it takes. */
export type RunStep = <Result>(step: () => Result) => Result;

/** Splits long work into parts that yield to the event loop. */
export class Pauses {
  /** Runs what is done between two pauses. */
  readonly run: RunStep;
  readonly #clock: Pick<Clock, "monotonicMs">;
  #sinceMs: number;

  constructor(clock: Pick<Clock, "monotonicMs">, run: RunStep = (step) => step()) {
    this.run = run;
    this.#clock = clock;
    this.#sinceMs = clock.monotonicMs();
  }

  /** Whether it is time to yield. Reads the clock: call it every few microseconds at most. */
  get isDue(): boolean {
    return this.#clock.monotonicMs() - this.#sinceMs >= EVERY_MS;
  }

  /** Yields to the event loop. */
  async take(): Promise<void> {
    await yieldToEventLoop();
    this.#sinceMs = this.#clock.monotonicMs();
  }
}
