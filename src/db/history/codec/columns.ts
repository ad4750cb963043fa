/**
 * The samples of one series in ascending time. Times are unix seconds, NaN means null; `at` of changes and market values
 * are ascending indexes of samples.
 */
export interface SampleColumns {
  readonly times: Float64Array;
  readonly rates: Float64Array;
  /** In hours, where they differ from the sample before; the first sample always has one. */
  readonly intervals: Changes;
  /** Unix seconds, likewise. */
  readonly nextTimes: Changes;
  readonly market: MarketColumns;
}

/** The times of a blob's samples, ascending and distinct: those of all refreshes of an exchange in its period. */
export type Axis = Float64Array;

export interface Changes {
  readonly at: Uint32Array;
  readonly values: Float64Array;
}

/** Prices and amounts, for some of the samples. */
export interface MarketColumns {
  readonly at: Uint32Array;
  readonly markPrices: Float64Array;
  readonly indexPrices: Float64Array;
  readonly openInterestUsd: Float64Array;
  readonly volume24hUsd: Float64Array;
}

export const NO_MARKET: MarketColumns = {
  at: new Uint32Array(),
  markPrices: new Float64Array(),
  indexPrices: new Float64Array(),
  openInterestUsd: new Float64Array(),
  volume24hUsd: new Float64Array(),
};

/** One sample with what was known then. Times are unix seconds, NaN means null. */
export interface SampleAt {
  readonly at: number;
  readonly rate: number;
  readonly intervalHours: number;
  readonly nextTime: number;
  /** When the prices and amounts were sampled. */
  readonly marketAt: number;
  readonly markPrice: number;
  readonly indexPrice: number;
  readonly openInterestUsd: number;
  readonly volume24hUsd: number;
}

/** The columns of MarketColumns in the order in which they are stored. */
export const MARKET_FIELDS = [
  "markPrices",
  "indexPrices",
  "openInterestUsd",
  "volume24hUsd",
] as const;

/** The last sample at or before a time; null if there is none. */
export function sampleAtOf(columns: SampleColumns, atS: number): SampleAt | null {
  const { times, rates, intervals, nextTimes, market } = columns;
  const index = lastUpTo(times, atS);
  if (index < 0) return null;
  return {
    at: times[index] ?? Number.NaN,
    rate: rates[index] ?? Number.NaN,
    intervalHours: valueAt(intervals, index),
    nextTime: valueAt(nextTimes, index),
    ...marketAt(market, times, index),
  };
}

/** The prices and amounts that were known at a sample. */
export function marketAt(
  market: MarketColumns,
  times: Float64Array,
  index: number,
): Omit<SampleAt, "at" | "rate" | "intervalHours" | "nextTime"> {
  const place = lastUpTo(market.at, index);
  return {
    marketAt: times[market.at[place] ?? -1] ?? Number.NaN,
    markPrice: market.markPrices[place] ?? Number.NaN,
    indexPrice: market.indexPrices[place] ?? Number.NaN,
    openInterestUsd: market.openInterestUsd[place] ?? Number.NaN,
    volume24hUsd: market.volume24hUsd[place] ?? Number.NaN,
  };
}

/** The value that holds at a sample: that of the last change up to it; NaN before the first. */
export function valueAt({ at, values }: Changes, index: number): number {
  const found = lastUpTo(at, index);
  return found < 0 ? Number.NaN : (values[found] ?? Number.NaN);
}

/** The place of the last of ascending `values` that is at most `limit`; -1 if there is none. */
export function lastUpTo(values: ArrayLike<number>, limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Collects the samples of one series. */
export class ColumnsBuilder {
  readonly #times: number[] = [];
  readonly #rates: number[] = [];
  readonly #intervals = new ChangesBuilder();
  readonly #nextTimes = new ChangesBuilder();
  readonly #marketAt: number[] = [];
  readonly #market: readonly number[][] = MARKET_FIELDS.map(() => []);

  get length(): number {
    return this.#times.length;
  }

  /** Adds a sample after all others. */
  add(time: number, rate: number, intervalHours: number, nextTime: number): void {
    const index = this.#times.length;
    this.#times.push(time);
    this.#rates.push(rate);
    this.#intervals.add(index, intervalHours);
    this.#nextTimes.add(index, nextTime);
  }

  /** Gives the last sample its prices and amounts, in the order of MARKET_FIELDS. */
  addMarket(values: readonly number[]): void {
    this.#marketAt.push(this.#times.length - 1);
    this.#market.forEach((column, field) => column.push(values[field] ?? Number.NaN));
  }

  /** Adds the samples [from, to) of some columns after all others. */
  addColumns(columns: SampleColumns, from = 0, to = columns.times.length): void {
    const { times, rates, intervals, nextTimes, market } = columns;
    const shift = this.#times.length - from;
    for (let index = from; index < to; index += 1) {
      this.#times.push(times[index] ?? Number.NaN);
      this.#rates.push(rates[index] ?? Number.NaN);
    }
    this.#intervals.addRange(intervals, from, to, shift);
    this.#nextTimes.addRange(nextTimes, from, to, shift);
    for (let n = lastUpTo(market.at, from - 1) + 1; n < market.at.length; n += 1) {
      const index = market.at[n] ?? 0;
      if (index >= to) break;
      this.#marketAt.push(index + shift);
      MARKET_FIELDS.forEach((field, place) =>
        this.#market[place]?.push(market[field][n] ?? Number.NaN),
      );
    }
  }

  columns(): SampleColumns {
    const [markPrices, indexPrices, openInterestUsd, volume24hUsd] = this.#market.map((column) =>
      Float64Array.from(column),
    );
    return {
      times: Float64Array.from(this.#times),
      rates: Float64Array.from(this.#rates),
      intervals: this.#intervals.changes(),
      nextTimes: this.#nextTimes.changes(),
      market: {
        at: Uint32Array.from(this.#marketAt),
        markPrices: markPrices ?? new Float64Array(),
        indexPrices: indexPrices ?? new Float64Array(),
        openInterestUsd: openInterestUsd ?? new Float64Array(),
        volume24hUsd: volume24hUsd ?? new Float64Array(),
      },
    };
  }
}

class ChangesBuilder {
  readonly #at: number[] = [];
  readonly #values: number[] = [];
  #last: number | null = null;

  add(index: number, value: number): void {
    if (this.#last !== null && Object.is(value, this.#last)) return;
    this.#at.push(index);
    this.#values.push(value);
    this.#last = value;
  }

  addRange(changes: Changes, from: number, to: number, shift: number): void {
    if (from >= to) return;
    const first = Math.max(0, lastUpTo(changes.at, from));
    for (let n = first; n < changes.at.length; n += 1) {
      const index = Math.max(from, changes.at[n] ?? 0);
      if (index >= to) break;
      this.add(index + shift, changes.values[n] ?? Number.NaN);
    }
  }

  changes(): Changes {
    return { at: Uint32Array.from(this.#at), values: Float64Array.from(this.#values) };
  }
}

/** Whether two series have the same samples, value by value. */
export function areSame(one: SampleColumns, other: SampleColumns): boolean {
  return (
    sameNumbers(one.times, other.times) &&
    sameNumbers(one.rates, other.rates) &&
    sameChanges(one.intervals, other.intervals) &&
    sameChanges(one.nextTimes, other.nextTimes) &&
    sameNumbers(one.market.at, other.market.at) &&
    MARKET_FIELDS.every((field) => sameNumbers(one.market[field], other.market[field]))
  );
}

function sameChanges(one: Changes, other: Changes): boolean {
  return sameNumbers(one.at, other.at) && sameNumbers(one.values, other.values);
}

function sameNumbers(one: ArrayLike<number>, other: ArrayLike<number>): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index += 1)
    if (!Object.is(one[index], other[index])) return false;
  return true;
}
