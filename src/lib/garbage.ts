/**
 * Has garbage collected after so many bytes were made and let go. The runtime judges by the objects of its heap and
 * hardly counts the bytes and texts that they stand for: megabytes a second pile up before it thinks of collecting.
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
