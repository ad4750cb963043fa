/** Writes that no refresh waits for, in the order in which they were started. */
export class BackgroundWrites {
  readonly #failed = Promise.withResolvers<never>();
  #pending: Promise<unknown> = Promise.resolve();

  /** Follows a write that has been started. */
  add(write: Promise<unknown>): void {
    write.catch(this.#failed.reject);
    this.#pending = Promise.allSettled([this.#pending, write]);
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
