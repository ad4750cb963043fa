import { type ByteReader, type ByteWriter, MalformedBytes } from "./bytes.ts";
import { MAX_INTEGER, readIntegers, writeIntegers } from "./integers.ts";

/** Powers of ten that a double holds exactly. */
export const MAX_EXPONENT = 22;
const POWERS = Float64Array.from({ length: MAX_EXPONENT + 1 }, (_, power) => Number(`1e${power}`));

/** Digits of a mantissa that is below MAX_INTEGER, whatever they are. */
const MANTISSA_DIGITS = 15;

const NO_INDEXES = new Uint32Array();

/** What a column of decimals is made of: `exponent` fixed, or numbers of so many significant digits. */
export type DecimalScale = { readonly exponent: number } | { readonly significantDigits: number };

function powerOf(exponent: number): number {
  return POWERS[Math.abs(exponent)] ?? Number.NaN;
}

export function mantissaOf(value: number, exponent: number): number {
  const power = powerOf(exponent);
  return Math.round(exponent < 0 ? value * power : value / power);
}

export function decimalOf(mantissa: number, exponent: number): number {
  const power = powerOf(exponent);
  // Both are exact, so that the result is the double closest to the decimal.
  return exponent < 0 ? mantissa / power : mantissa * power;
}

/** The position of the first significant digit: 0 for 1 to 9.99. Corrects the logarithm's rounding. */
export function decadeOf(size: number): number {
  const decade = Math.floor(Math.log10(size));
  if (size >= Number(`1e${decade + 1}`)) return decade + 1;
  return size < Number(`1e${decade}`) ? decade - 1 : decade;
}

/** The exponent at which all values are integers, if their sizes are not too far apart. */
function exponentFor(values: Float64Array, scale: DecimalScale): number {
  if ("exponent" in scale) return scale.exponent;
  let smallest = Number.POSITIVE_INFINITY;
  let largest = 0;
  for (const value of values) {
    const size = Math.abs(value);
    if (!(size > 0 && size < Number.POSITIVE_INFINITY)) continue;
    if (size < smallest) smallest = size;
    if (size > largest) largest = size;
  }
  if (largest === 0) return 0;
  const finest = decadeOf(smallest) - scale.significantDigits + 1;
  const coarsest = decadeOf(largest) - MANTISSA_DIGITS + 1;
  return Math.max(-MAX_EXPONENT, Math.min(MAX_EXPONENT, Math.max(finest, coarsest)));
}

/**
 * Writes decimals as integers of one exponent; NaN means null. A value that is not one exactly (of another size, or
 * with more digits) is written as it is: the column goes there and back whatever it contains. Their number is not
 * written. With `base`, the differences to the values of another column are written.
 */
export function writeDecimals(
  out: ByteWriter,
  values: Float64Array,
  scale: DecimalScale,
  base: Float64Array | null = null,
): void {
  const exponent = exponentFor(values, scale);
  const integers = new Float64Array(values.length);
  const nulls: number[] = [];
  const exceptions: number[] = [];
  let count = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? Number.NaN;
    if (Number.isNaN(value)) {
      nulls.push(index);
      continue;
    }
    // Plus zero: negative zero is an exception.
    const mantissa = mantissaOf(value, exponent) + 0;
    if (Math.abs(mantissa) > MAX_INTEGER / 2 || !Object.is(decimalOf(mantissa, exponent), value)) {
      exceptions.push(index);
      continue;
    }
    integers[count] = mantissa - (base === null ? 0 : baseOf(base, index, exponent));
    count += 1;
  }
  writeRuns(out, nulls);
  out.ascending(exceptions);
  for (const index of exceptions) out.float(values[index] ?? Number.NaN);
  out.signed(exponent);
  writeIntegers(out, integers.subarray(0, count));
}

/**
 * Reads `count` decimals; NaN means null. With `base` as they were written; with `only`, the first so many, and where
 * the rest ends is not known then.
 */
export function readDecimals(
  from: ByteReader,
  count: number,
  {
    base = null,
    only = count,
  }: { readonly base?: Float64Array | null; readonly only?: number } = {},
): Float64Array {
  const nulls = readRuns(from, count) ?? allUpTo(count);
  const exceptions = from.ascending();
  const floats = new Float64Array(exceptions.length);
  for (let n = 0; n < floats.length; n += 1) floats[n] = from.float();
  const exponent = from.signed();
  if (Math.abs(exponent) > MAX_EXPONENT) throw new MalformedBytes("an exponent is too large");
  const power = powerOf(exponent);
  const regular = count - nulls.length - exceptions.length;
  if (regular < 0) throw new MalformedBytes("a count is too large");
  // With gaps among them, the first few integers are not the first few values.
  const size = regular < count ? count : Math.min(only, count);
  const values = new Float64Array(size);
  const wanted = Math.min(size, regular);
  if (base === null)
    readIntegers(from, values, wanted, exponent < 0 ? 1 : power, exponent < 0 ? power : 1);
  else readIntegers(from, values, wanted);
  if (regular < count) spread(values, regular, nulls, exceptions);
  if (base !== null) addBase(values, base, exponent);
  if (regular < count) {
    for (const index of nulls) values[index] = Number.NaN;
    exceptions.forEach((index, n) => {
      values[index] = floats[n] ?? Number.NaN;
    });
  }
  return values;
}

function allUpTo(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, index) => index);
}

/** Makes decimals of integers that are differences to `base`. */
function addBase(values: Float64Array, base: Float64Array, exponent: number): void {
  const power = powerOf(exponent);
  const isFraction = exponent < 0;
  for (let index = 0; index < values.length; index += 1) {
    const scaled = isFraction ? (base[index] ?? 0) * power : (base[index] ?? 0) / power;
    const rounded = Math.round(scaled);
    // As `baseOf`, which may not be called for each value: this is on the way of every answer.
    const integer = (values[index] ?? 0) + (Math.abs(rounded) <= MAX_INTEGER / 2 ? rounded : 0);
    values[index] = isFraction ? integer / power : integer * power;
  }
}

/** The integer that a value of another column is at this exponent, as far as it is one. */
function baseOf(base: Float64Array, index: number, exponent: number): number {
  const mantissa = mantissaOf(base[index] ?? Number.NaN, exponent);
  return Math.abs(mantissa) <= MAX_INTEGER / 2 ? mantissa : 0;
}

/** Moves the first `count` values to the places that are neither null nor an exception. */
function spread(
  values: Float64Array,
  count: number,
  nulls: Uint32Array,
  exceptions: Uint32Array,
): void {
  const taken = new Set([...nulls, ...exceptions]);
  let next = count - 1;
  for (let index = values.length - 1; index >= 0; index -= 1) {
    if (taken.has(index)) continue;
    values[index] = values[next] ?? 0;
    next -= 1;
  }
}

/** Writes ascending indexes as runs: the distance from the run before, then the length. */
export function writeRuns(out: ByteWriter, indexes: ArrayLike<number>): void {
  const runs: number[] = [];
  let end = 0;
  for (let n = 0; n < indexes.length;) {
    const start = indexes[n] ?? 0;
    let length = 1;
    while (n + length < indexes.length && indexes[n + length] === start + length) length += 1;
    runs.push(start - end, length);
    end = start + length;
    n += length;
  }
  out.varint(runs.length / 2);
  for (const part of runs) out.varint(part);
}

/** The indexes of runs, each below `limit`; null if that is all of them. */
export function readRuns(from: ByteReader, limit: number): Uint32Array | null {
  const number = from.count();
  if (number === 0) return limit === 0 ? null : NO_INDEXES;
  const runs: (readonly [gap: number, length: number])[] = [];
  while (runs.length < number) runs.push([from.varint(), from.varint()]);
  let count = 0;
  let end = 0;
  for (const [gap, length] of runs) {
    count += length;
    end += gap + length;
  }
  if (end > limit) throw new MalformedBytes("a run is too long");
  if (count === limit) return null;
  const indexes = new Uint32Array(count);
  let place = 0;
  let next = 0;
  for (const [gap, length] of runs) {
    next += gap;
    for (let n = 0; n < length; n += 1) {
      indexes[place] = next;
      place += 1;
      next += 1;
    }
  }
  return indexes;
}
