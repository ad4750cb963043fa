/**
 * Triggers a garbage collection after a number of discarded bytes. The runtime goes by its heap objects and barely
 * counts the buffers and strings behind them: megabytes per second pile up before it collects.
 */
export class GarbageMeter {
  readonly #everyBytes: number;
  readonly #collect: () => void;
  #bytes = 0;

  constructor(everyBytes: number, collect: () => void) {
    this.#everyBytes = everyBytes;
    this.#collect = collect;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < this.#everyBytes) return;
    this.#bytes = 0;
    this.#collect();
  }
}

/**
 * Collects garbage beside the thread that calls it: after work on megabytes that the runtime would let lie until the heap
 * has doubled. Pauses the thread for a millisecond or two; a forced collection takes thirty.
 */
export function collectBeside(): void {
  Bun.gc(false);
}
