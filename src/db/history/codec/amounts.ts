import { SIGNIFICANT_DIGITS } from "../../../domain/sample.ts";
import { type ByteReader, type ByteWriter, MalformedBytes } from "./bytes.ts";
import { decadeOf, decimalOf, mantissaOf, MAX_EXPONENT, readRuns, writeRuns } from "./decimals.ts";
import { readIntegers, writeIntegers } from "./integers.ts";

/**
 * Writes amounts of different things, each with an exponent of its own; NaN means null. A value with more digits than a
 * sample's is written as it is. Their number is not written.
 */
export function writeAmounts(out: ByteWriter, values: Float64Array): void {
  const nulls: number[] = [];
  const exceptions: number[] = [];
  const exponents: number[] = [];
  const mantissas: number[] = [];
  values.forEach((value, index) => {
    if (Number.isNaN(value)) return nulls.push(index);
    const exponent = value === 0 ? 0 : decadeOf(Math.abs(value)) - SIGNIFICANT_DIGITS + 1;
    const mantissa = mantissaOf(value, exponent) + 0;
    if (!Object.is(decimalOf(mantissa, exponent), value)) return exceptions.push(index);
    return mantissas.push(mantissa) + exponents.push(exponent);
  });
  writeRuns(out, nulls);
  out.ascending(exceptions);
  for (const index of exceptions) out.float(values[index] ?? Number.NaN);
  writeIntegers(out, Float64Array.from(exponents));
  writeIntegers(out, Float64Array.from(mantissas));
}

/** Reads `count` amounts; NaN means null. */
export function readAmounts(from: ByteReader, count: number): Float64Array {
  const isNull = new Set(readRuns(from, count) ?? Array(count).keys());
  const exceptions = new Map<number, number>();
  for (const index of from.ascending()) exceptions.set(index, 0);
  for (const index of exceptions.keys()) exceptions.set(index, from.float());
  const regular = count - isNull.size - exceptions.size;
  if (regular < 0) throw new MalformedBytes("a count is too large");
  const exponents = new Float64Array(regular);
  const mantissas = new Float64Array(regular);
  readIntegers(from, exponents, regular);
  readIntegers(from, mantissas, regular);
  let next = 0;
  return Float64Array.from({ length: count }, (_, index) => {
    if (isNull.has(index)) return Number.NaN;
    const exception = exceptions.get(index);
    if (exception !== undefined) return exception;
    const exponent = exponents[next] ?? 0;
    if (Math.abs(exponent) > MAX_EXPONENT) throw new MalformedBytes("an exponent is too large");
    next += 1;
    return decimalOf(mantissas[next - 1] ?? 0, exponent);
  });
}
