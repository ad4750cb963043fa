import type { Clock } from "./clock.ts";
import { yieldToEventLoop } from "./event-loop.ts";

/** Work on the event loop goes on for about so long before others get their turn. */
const EVERY_MS = 4;

/** Parts of one long work: between two of them the event loop comes round. */
export class Pauses {
  readonly #clock: Pick<Clock, "monotonicMs">;
  #sinceMs: number;

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock;
    this.#sinceMs = clock.monotonicMs();
  }

  /** Whether the work has gone on for long enough. Reads the clock: ask every few microseconds at most. */
  get isDue(): boolean {
    return this.#clock.monotonicMs() - this.#sinceMs >= EVERY_MS;
  }

  /** Lets the event loop serve what has come in. */
  async take(): Promise<void> {
    await yieldToEventLoop();
    this.#sinceMs = this.#clock.monotonicMs();
  }
}
