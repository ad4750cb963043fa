/** Releases a slot. Calling it again does nothing. */
export type Release = () => void;

interface Waiting {
  readonly rank: number;
  readonly enter: () => void;
}

/** At most `limit` holders at a time; others wait, the lowest rank first, equal ones in order of arrival. */
export class Semaphore {
  readonly #limit: number;
  readonly #waiting: Waiting[] = [];
  #held = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves with the slot, or rejects with the signal's reason if it aborts first. */
  async acquire(signal?: AbortSignal, rank = 0): Promise<Release> {
    signal?.throwIfAborted();
    if (this.#held < this.#limit) this.#held += 1;
    else await this.#queue(signal, rank);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const next = this.#waiting.shift();
      if (next) next.enter();
      else this.#held -= 1;
    };
  }

  /** Slots in use. */
  get held(): number {
    return this.#held;
  }

  #queue(signal: AbortSignal | undefined, rank: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const waiting = { rank, enter };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", leave, { once: true });
      const before = this.#waiting.findLastIndex((other) => other.rank <= rank);
      this.#waiting.splice(before + 1, 0, waiting);
    });
  }
}
