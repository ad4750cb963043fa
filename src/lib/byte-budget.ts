/** One holder's share of a budget. */
export interface Holding {
  /** Adds `bytes` to this holder. May force any holder to give up, including this one. */
  add(bytes: number): void;
  /** Releases everything. Calling it again does nothing. */
  release(): void;
}

interface Holder {
  bytes: number;
  readonly giveUp: () => void;
}

/**
 * A shared limit on the bytes that several holders keep at the same time. No holder waits: when the limit is exceeded
 * the largest holder gives up, so that one large holder does not affect the others.
 */
export class ByteBudget {
  readonly maxBytes: number;
  readonly #onAdd: (bytes: number) => void;
  readonly #holders = new Set<Holder>();
  #held = 0;

  /** `onAdd` is called with all added bytes, including those that make their holder give up. */
  constructor(maxBytes: number, onAdd: (bytes: number) => void = () => {}) {
    this.maxBytes = maxBytes;
    this.#onAdd = onAdd;
  }

  /** Bytes currently held. */
  get held(): number {
    return this.#held;
  }

  /** A new, empty holder. `giveUp` is called at most once; its bytes are already released by then. */
  hold(giveUp: () => void): Holding {
    const holder: Holder = { bytes: 0, giveUp };
    this.#holders.add(holder);
    return {
      add: (bytes) => {
        this.#onAdd(bytes);
        if (!this.#holders.has(holder)) return;
        holder.bytes += bytes;
        this.#held += bytes;
        while (this.#held > this.maxBytes) this.#dropLargest();
      },
      release: () => this.#drop(holder),
    };
  }

  #dropLargest(): void {
    let largest: Holder | null = null;
    for (const holder of this.#holders) {
      if (largest === null || holder.bytes > largest.bytes) largest = holder;
    }
    if (largest === null) return;
    this.#drop(largest);
    largest.giveUp();
  }

  #drop(holder: Holder): void {
    if (!this.#holders.delete(holder)) return;
    this.#held -= holder.bytes;
    holder.bytes = 0;
  }
}
