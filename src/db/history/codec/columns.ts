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

  changes(): Changes {
    return { at: Uint32Array.from(this.#at), values: Float64Array.from(this.#values) };
  }
}

/** The samples [from, to) of some columns. */
interface Piece {
  readonly columns: SampleColumns;
  readonly from: number;
  readonly to: number;
}

/** Pieces of one series, one after the other. */
export function joined(pieces: readonly Piece[]): SampleColumns {
  const [first] = pieces;
  if (first !== undefined && pieces.length === 1 && isWhole(first)) return first.columns;
  const markets = pieces.map(marketRange);
  const market = (field: keyof MarketColumns): Float64Array =>
    concatenated(
      pieces.map(({ columns }, n) => columns.market[field].subarray(...(markets[n] ?? [0, 0]))),
    );
  let shift = 0;
  const at: number[] = [];
  pieces.forEach(({ columns, from, to }, n) => {
    for (const index of columns.market.at.subarray(...(markets[n] ?? [0, 0])))
      at.push(index - from + shift);
    shift += to - from;
  });
  const part = (column: "times" | "rates"): Float64Array =>
    concatenated(pieces.map(({ columns, from, to }) => columns[column].subarray(from, to)));
  return {
    times: part("times"),
    rates: part("rates"),
    intervals: joinedChanges(pieces, "intervals"),
    nextTimes: joinedChanges(pieces, "nextTimes"),
    market: {
      at: Uint32Array.from(at),
      markPrices: market("markPrices"),
      indexPrices: market("indexPrices"),
      openInterestUsd: market("openInterestUsd"),
      volume24hUsd: market("volume24hUsd"),
    },
  };
}

/** Several series of ascending times as one. */
export function joinedWhole(parts: readonly SampleColumns[]): SampleColumns {
  return joined(parts.map((columns) => ({ columns, from: 0, to: columns.times.length })));
}

function isWhole({ columns, from, to }: Piece): boolean {
  return from === 0 && to === columns.times.length;
}

/** The range of the prices and amounts in a piece. */
function marketRange({ columns, from, to }: Piece): readonly [from: number, to: number] {
  const { at } = columns.market;
  return [lastUpTo(at, from - 1) + 1, lastUpTo(at, to - 1) + 1];
}

function joinedChanges(pieces: readonly Piece[], column: "intervals" | "nextTimes"): Changes {
  const builder = new ChangesBuilder();
  let shift = 0;
  for (const { columns, from, to } of pieces) {
    const { at, values } = columns[column];
    // The value at the first sample has been set at it or before.
    const first = Math.max(0, lastUpTo(at, from));
    const end = from < to ? lastUpTo(at, to - 1) + 1 : first;
    for (let n = first; n < end; n += 1)
      builder.add(Math.max(from, at[n] ?? 0) - from + shift, values[n] ?? Number.NaN);
    shift += to - from;
  }
  return builder.changes();
}

function concatenated(parts: readonly ArrayLike<number>[]): Float64Array {
  const all = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Several axes as one. */
export function joinedAxis(axes: readonly Axis[]): Axis {
  return concatenated(axes);
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
