import { MARKET_EVERY_S, RATE_EXPONENT, SIGNIFICANT_DIGITS } from "../../../domain/sample.ts";
import { type ByteReader, ByteWriter, MalformedBytes, unzigzag, zigzag } from "./bytes.ts";
import {
  type Axis,
  type Changes,
  lastUpTo,
  MARKET_FIELDS,
  marketAt,
  type MarketColumns,
  NO_MARKET,
  type SampleAt,
  type SampleColumns,
  valueAt,
} from "./columns.ts";
import { readDecimals, readRuns, writeDecimals, writeRuns } from "./decimals.ts";

const RATE = { exponent: RATE_EXPONENT } as const;
const AMOUNT = { significantDigits: SIGNIFICANT_DIGITS } as const;

/** Which samples have prices and amounts: those listed, or the first of each period of so many seconds. */
const LISTED = 0;
const PERIODS_S = [MARKET_EVERY_S, 3600] as const;

/** A column of prices or amounts begins with its length in bytes if it has so many values: its end may be skipped. */
const SKIPPED_FROM = 32;

const MINUTES_PER_HOUR = 60;
/** The code of an unknown interval or time; others are one higher. */
const UNKNOWN = 0;

/** Writes one series. Each of its times must be on the axis. Rates come last, so that a reader may stop among them. */
export function writeSection(out: ByteWriter, columns: SampleColumns, axis: Axis): void {
  writeRuns(out, placesOn(axis, columns.times));
  writeIntervals(out, columns.intervals);
  writeNextTimes(out, columns.nextTimes, axis[0] ?? 0);
  const market = new ByteWriter();
  writeMarket(market, columns);
  out.varint(market.length);
  out.bytes(market.written());
  writeDecimals(out, columns.rates, RATE);
}

/** Reads one series, without its prices and amounts if they are not wanted. */
export function readSection(from: ByteReader, axis: Axis, withMarket: boolean): SampleColumns {
  const times = timesOf(from, axis);
  const intervals = readIntervals(from);
  const nextTimes = readNextTimes(from, axis[0] ?? 0);
  const length = from.count();
  const market = withMarket ? readMarket(from, times) : NO_MARKET;
  if (!withMarket) from.position += length;
  return { times, rates: readDecimals(from, times.length), intervals, nextTimes, market };
}

/** The last sample of one series at or before a time; null if there is none. */
export function readSampleAt(from: ByteReader, axis: Axis, atS: number): SampleAt | null {
  const times = timesOf(from, axis);
  const index = lastUpTo(times, atS);
  if (index < 0) return null;
  const intervalHours = valueAt(readIntervals(from), index);
  const nextTime = valueAt(readNextTimes(from, axis[0] ?? 0), index);
  const length = from.count();
  const end = from.position + length;
  const market = readMarket(from, times, index);
  from.position = end;
  return {
    at: times[index] ?? Number.NaN,
    rate: readDecimals(from, times.length, { only: index + 1 })[index] ?? Number.NaN,
    intervalHours,
    nextTime,
    ...marketAt(market, times, index),
  };
}

function timesOf(from: ByteReader, axis: Axis): Float64Array {
  const places = readRuns(from, axis.length);
  if (places === null) return axis;
  const times = new Float64Array(places.length);
  for (let index = 0; index < places.length; index += 1)
    times[index] = axis[places[index] ?? 0] ?? Number.NaN;
  return times;
}

function placesOn(axis: Axis, times: Float64Array): Uint32Array {
  const places = new Uint32Array(times.length);
  let place = 0;
  times.forEach((time, index) => {
    while (place < axis.length && (axis[place] ?? 0) < time) place += 1;
    if (axis[place] !== time) throw new Error(`no refresh at ${time}`);
    places[index] = place;
  });
  return places;
}

function writeIntervals(out: ByteWriter, { at, values }: Changes): void {
  out.ascending(at);
  for (const hours of values)
    out.varint(Number.isNaN(hours) ? UNKNOWN : Math.round(hours * MINUTES_PER_HOUR) + 1);
}

function readIntervals(from: ByteReader): Changes {
  const at = from.ascending();
  const values = new Float64Array(at.length);
  for (let n = 0; n < values.length; n += 1) {
    const code = from.varint();
    values[n] = code === UNKNOWN ? Number.NaN : (code - 1) / MINUTES_PER_HOUR;
  }
  return { at, values };
}

/** Each as the difference to the one before: for a steady interval the same again and again. */
function writeNextTimes(out: ByteWriter, { at, values }: Changes, start: number): void {
  out.ascending(at);
  let last = start;
  for (const time of values) {
    if (Number.isNaN(time)) {
      out.varint(UNKNOWN);
      continue;
    }
    out.varint(zigzag(time - last) + 1);
    last = time;
  }
}

function readNextTimes(from: ByteReader, start: number): Changes {
  const at = from.ascending();
  let last = start;
  const values = new Float64Array(at.length);
  for (let n = 0; n < values.length; n += 1) {
    const stored = from.varint();
    if (stored !== UNKNOWN) last += unzigzag(stored - 1);
    values[n] = stored === UNKNOWN ? Number.NaN : last;
  }
  return { at, values };
}

function writeMarket(out: ByteWriter, { times, market }: SampleColumns): void {
  const period = PERIODS_S.findIndex((seconds) => isSame(firstOfEach(times, seconds), market.at));
  if (period < 0) {
    out.byte(LISTED);
    out.ascending(market.at);
  } else out.byte(period + 1);
  for (const field of MARKET_FIELDS) {
    const column = new ByteWriter();
    writeDecimals(column, market[field], AMOUNT, baseOf(field, market));
    if (market.at.length >= SKIPPED_FROM) out.varint(column.length);
    out.bytes(column.written());
  }
}

/** Reads prices and amounts, as far as they are needed for the samples up to `last`. */
function readMarket(
  from: ByteReader,
  times: Float64Array,
  last = Number.POSITIVE_INFINITY,
): MarketColumns {
  const rule = from.byte();
  const seconds = PERIODS_S[rule - 1];
  if (rule !== LISTED && seconds === undefined) throw new MalformedBytes("an unknown rule");
  const at = seconds === undefined ? from.ascending() : firstOfEach(times, seconds);
  const only = lastUpTo(at, last) + 1;
  const next = (base: Float64Array | null = null): Float64Array => {
    if (at.length < SKIPPED_FROM) return readDecimals(from, at.length, { base });
    const length = from.count();
    const end = from.position + length;
    const values = readDecimals(from, at.length, { base, only });
    from.position = end;
    return values;
  };
  const markPrices = next();
  const indexPrices = next(markPrices);
  const openInterestUsd = next();
  const volume24hUsd = next();
  return { at, markPrices, indexPrices, openInterestUsd, volume24hUsd };
}

/** The index price stays near the mark price. */
function baseOf(field: keyof MarketColumns, market: MarketColumns): Float64Array | null {
  return field === "indexPrices" ? market.markPrices : null;
}

/** Those of whole axes: many series share one. */
const known = new WeakMap<Float64Array, Map<number, Uint32Array>>();

/** The indexes of the first sample in each period of the clock. */
function firstOfEach(times: Float64Array, seconds: number): Uint32Array {
  const periods = known.get(times) ?? new Map<number, Uint32Array>();
  const first = periods.get(seconds) ?? computedFirst(times, seconds);
  known.set(times, periods.set(seconds, first));
  return first;
}

function computedFirst(times: Float64Array, seconds: number): Uint32Array {
  const first: number[] = [];
  let last = Number.NaN;
  times.forEach((time, index) => {
    const period = Math.floor(time / seconds);
    if (period !== last) first.push(index);
    last = period;
  });
  return Uint32Array.from(first);
}

function isSame(one: Uint32Array, other: Uint32Array): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
