import type { Origin } from "../domain/origin.ts";
import type { Clock } from "../lib/clock.ts";

/** Time-out for an explanation: reading one exchange's payloads again takes milliseconds. */
export const EXPLAIN_WITHIN_MS = 2_000;

/** For all clients together; many times what a page of rows needs. */
const MAX_OPEN = 200;

/** Requests to the worker that are not answered yet. */
export class PendingRequests {
  readonly #clock: Clock;
  readonly #open = new Map<number, (origin: Origin) => void>();
  #lastId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `busy` if the answer does not arrive in time, or immediately if too many are pending. */
  async ask(send: (id: number) => void): Promise<Origin> {
    if (this.#open.size >= MAX_OPEN) return "busy";
    const id = (this.#lastId += 1);
    const { promise, resolve } = Promise.withResolvers<Origin>();
    this.#open.set(id, resolve);
    const cancelTimeout = this.#clock.after(EXPLAIN_WITHIN_MS, () => this.answer(id, "busy"));
    send(id);
    return promise.finally(cancelTimeout);
  }

  answer(id: number, origin: Origin): void {
    this.#open.get(id)?.(origin);
    this.#open.delete(id);
  }
}
