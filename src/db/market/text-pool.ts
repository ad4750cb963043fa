import type { ExchangeId } from "../../domain/exchange.ts";

/** A row has at most five rarely shared texts: as many again may belong to removed listings … */
const TEXTS_PER_ROW = 10;
/** … and never fewer than this, which costs little memory. */
const MIN_TEXTS = 200_000;

/**
 * Keeps one copy of each text. The database creates a new string for every cell: otherwise the same names would be in
 * memory several times.
 */
export class TextPool {
  readonly #texts = new Map<string, string>();
  readonly #rows = new Map<ExchangeId, number>();
  #max = MIN_TEXTS;

  /** Sets how many rows an exchange has: if the pool grows beyond what all of them need, it is cleared. */
  expect(exchange: ExchangeId, rows: number): void {
    this.#rows.set(exchange, rows);
    const all = this.#rows.values().reduce((sum, count) => sum + count, 0);
    this.#max = Math.max(MIN_TEXTS, all * TEXTS_PER_ROW);
  }

  shared<T extends string | null>(text: T): T {
    if (text === null) return text;
    const known = this.#texts.get(text);
    // The pool returns an equal string, hence the same type.
    if (known !== undefined) return known as T;
    if (this.#texts.size >= this.#max) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}
