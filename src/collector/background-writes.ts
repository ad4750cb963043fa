import { WriteQueueFull } from "../db/write-queue.ts";

/** Writes that no refresh waits for, in the order in which they were started. */
export class BackgroundWrites {
  readonly #failed = Promise.withResolvers<never>();
  #pending: Promise<unknown> = Promise.resolve();

  /**
   * Follows a write that has been started. `onLost` is called if the queue had no room for it: what comes from live rows
   * is read from the exchange later, or missing and named as such.
   */
  add(write: Promise<unknown>, onLost: () => void): void {
    write.catch((error: unknown) => {
      if (error instanceof WriteQueueFull) onLost();
      else this.#failed.reject(error);
    });
    // Without their results: each would keep the one before it, for as long as the process runs.
    this.#pending = Promise.allSettled([this.#pending, write]).then(() => undefined);
  }

  /** Resolves when `lifetime` has ended and every write is done. Rejects with the first failure of a write. */
  async run(lifetime: AbortSignal): Promise<void> {
    await Promise.race([endOf(lifetime), this.#failed.promise]);
    await this.#pending;
  }
}

function endOf(lifetime: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (lifetime.aborted) resolve();
    lifetime.addEventListener("abort", () => resolve(), { once: true });
  });
}
