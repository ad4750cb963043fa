import type { Explanation } from "../domain/quote.ts";
import type { Clock } from "../lib/clock.ts";

/** How long an explanation may take: reading one exchange's payloads again takes milliseconds. */
const EXPLAIN_WITHIN_MS = 2_000;

/** PendingRequests to the worker that are not answered yet. */
export class PendingRequests {
  readonly #clock: Clock;
  readonly #open = new Map<number, (explanation: Explanation | null) => void>();
  #lastId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async ask(send: (id: number) => void): Promise<Explanation | null> {
    const id = (this.#lastId += 1);
    const { promise, resolve } = Promise.withResolvers<Explanation | null>();
    this.#open.set(id, resolve);
    const answered = new AbortController();
    void this.#clock.sleep(EXPLAIN_WITHIN_MS, answered.signal).then(() => this.answer(id, null));
    send(id);
    return promise.finally(() => answered.abort());
  }

  answer(id: number, explanation: Explanation | null): void {
    this.#open.get(id)?.(explanation);
    this.#open.delete(id);
  }
}
