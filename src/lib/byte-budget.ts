/** One holder's share of a budget. */
export interface Holding {
  /** Counts `bytes` more. May make any holder give up, this one too. */
  add(bytes: number): void;
  /** Gives everything back. Calling it again does nothing. */
  release(): void;
}

interface Holder {
  bytes: number;
  readonly giveUp: () => void;
}

/**
 * Bytes that several holders keep at the same time, at most `maxBytes` together. Nobody waits for anybody: whoever
 * holds most when there are too many gives up, so that one glutton costs the others nothing.
 */
export class ByteBudget {
  readonly maxBytes: number;
  readonly #onAdd: (bytes: number) => void;
  readonly #holders = new Set<Holder>();
  #held = 0;

  /** `onAdd` is told of all bytes that are added, also of those that make their holder give up. */
  constructor(maxBytes: number, onAdd: (bytes: number) => void = () => {}) {
    this.maxBytes = maxBytes;
    this.#onAdd = onAdd;
  }

  /** Bytes that are held now. */
  get held(): number {
    return this.#held;
  }

  /** A new holder of nothing. `giveUp` is called at most once; what it held counts as given back by then. */
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
