import { median } from "./median.ts";

/** The votes of the exchanges in one group of listings: each has one, the median of its own prices. */
export class ExchangeVotes {
  /** By exchange: listings in the group, those read so far, their median price. */
  readonly #listings: Int32Array;
  readonly #read: Int32Array;
  readonly #middles: Float64Array;
  #present: number[] = [];

  /** Exchanges are numbers below `count`. */
  constructor(count: number) {
    this.#listings = new Int32Array(count);
    this.#read = new Int32Array(count);
    this.#middles = new Float64Array(count);
  }

  /** Counts a listing of an exchange. */
  add(exchange: number): void {
    if (this.#listings[exchange] === 0) this.#present.push(exchange);
    this.#listings[exchange] = (this.#listings[exchange] ?? 0) + 1;
  }

  /** Reads the price of a counted listing. Call it in ascending order of prices, after all listings were counted. */
  read(exchange: number, price: number): void {
    const listings = this.#listings[exchange] ?? 0;
    const place = this.#read[exchange] ?? 0;
    this.#read[exchange] = place + 1;
    const middle = listings >> 1;
    if (listings % 2 === 1 ? place === middle : place === middle - 1)
      this.#middles[exchange] = price;
    else if (place === middle)
      this.#middles[exchange] = ((this.#middles[exchange] ?? 0) + price) / 2;
  }

  /** The number of exchanges in the group. */
  get exchanges(): number {
    return this.#present.length;
  }

  /** The median of the votes; NaN for none. */
  get center(): number {
    return median(this.#present.map((exchange) => this.#middles[exchange] ?? 0)) ?? Number.NaN;
  }

  clear(): void {
    for (const exchange of this.#present) {
      this.#listings[exchange] = 0;
      this.#read[exchange] = 0;
    }
    this.#present = [];
  }
}
