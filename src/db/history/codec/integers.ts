import {
  type ByteReader,
  type ByteWriter,
  MalformedBytes,
  unzigzag,
  varintLength,
  zigzag,
} from "./bytes.ts";
import {
  lowBitsFor,
  MAX_LOW_BITS,
  MIN_LOW_BITS,
  readRice,
  riceLengthOf,
  writeRice,
} from "./rice.ts";

/** How integers become small ones. The numbers are stored. */
const PLAIN = 0;
const DELTA = 1;
const DELTA_OF_DELTA = 2;
/** Added to one of these if they are written as Rice codes. */
const RICE = 3;

/** Fewer numbers are not worth it … */
const MIN_RICE = 4;
/** … nor is it if bytes are nearly as short: those can be compressed. */
const MAX_RICE_BITS_PER_BYTE = 7.5;
const FEWER_LOW_BITS = [0, 1, 2, 4, 6];

const INT32_LIMIT = 2 ** 31;
const BITS = 32;
/** A short number costs more than its bits: its sign and its neighbours' variety. Keeps runs of zeros apart, too. */
const BITS_BESIDE = 1;

/** Integers must not be larger than this: twice their differences' differences must be exact. */
export const MAX_INTEGER = 2 ** 50;

/** The largest number that divides all values; 1 for zeros only. */
function commonStep(values: Float64Array): number {
  let step = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? 0;
    if (value === 0 || (step !== 0 && isMultiple(value, step))) continue;
    step = greatestDivisor(step, Math.abs(value));
    if (step === 1) break;
  }
  return step === 0 ? 1 : step;
}

/** Exact for integers below 2^53, and several times as fast as a remainder. */
function isMultiple(value: number, step: number): boolean {
  return Math.round(value / step) * step === value;
}

function greatestDivisor(one: number, other: number): number {
  let [larger, smaller] = [one, other];
  while (smaller !== 0) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}

function bitsOf(value: number): number {
  if (value === 0) return 0;
  const size = Math.abs(value);
  const bits = size < INT32_LIMIT ? BITS - Math.clz32(size) : Math.ceil(Math.log2(size + 1));
  return bits + BITS_BESIDE;
}

/** The order in which the values take the fewest bits. */
function shortestOrder(values: Float64Array): number {
  let plain = 0;
  let first = 0;
  let second = 0;
  let last = 0;
  let lastDelta = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? 0;
    const delta = value - last;
    plain += bitsOf(value);
    first += bitsOf(delta);
    second += bitsOf(delta - lastDelta);
    last = value;
    lastDelta = delta;
  }
  if (second < first && second < plain) return DELTA_OF_DELTA;
  return first < plain ? DELTA : PLAIN;
}

/** Writes integers up to MAX_INTEGER, whose number the reader knows. */
export function writeIntegers(out: ByteWriter, values: Float64Array): void {
  const step = commonStep(values);
  const scaled = new Float64Array(values.length);
  for (let index = 0; index < values.length; index += 1)
    scaled[index] = (values[index] ?? 0) / step;
  const order = shortestOrder(scaled);
  const codes = codesOf(scaled, order);
  const lowBits = riceBitsFor(codes);
  out.varint(step);
  out.byte(order + (lowBits === null ? 0 : RICE));
  if (lowBits === null)
    for (let index = 0; index < codes.length; index += 1) out.varint(codes[index] ?? 0);
  else {
    out.byte(lowBits);
    // The first is a value, not a difference: a number of another size.
    out.varint(codes[0] ?? 0);
    writeRice(out, codes.subarray(1), lowBits);
  }
}

function codesOf(scaled: Float64Array, order: number): Float64Array {
  const codes = new Float64Array(scaled.length);
  let last = 0;
  let lastDelta = 0;
  for (let index = 0; index < scaled.length; index += 1) {
    const value = scaled[index] ?? 0;
    const delta = value - last;
    if (order === PLAIN) codes[index] = zigzag(value);
    else codes[index] = zigzag(order === DELTA ? delta : delta - lastDelta);
    last = value;
    lastDelta = delta;
  }
  return codes;
}

/** The number of low bits with which Rice codes are shorter than bytes; null if bytes are better. */
function riceBitsFor(codes: Float64Array): number | null {
  if (codes.length < MIN_RICE) return null;
  let sum = 0;
  let bytes = 0;
  const differences = codes.subarray(1);
  for (let index = 0; index < differences.length; index += 1) {
    sum += differences[index] ?? 0;
    bytes += varintLength(differences[index] ?? 0);
  }
  let best: number | null = null;
  let least = MAX_RICE_BITS_PER_BYTE * bytes;
  const most = lowBitsFor(sum / differences.length);
  // A few large numbers raise the mean.
  for (const fewer of FEWER_LOW_BITS) {
    const lowBits = most - fewer;
    if (lowBits < MIN_LOW_BITS || lowBits > MAX_LOW_BITS) continue;
    const bits = riceLengthOf(differences, lowBits);
    if (bits < least) [best, least] = [lowBits, bits];
  }
  return best;
}

/** Reads as many integers as were written into the beginning of `into`, each times `factor` divided by `divisor`. */
export function readIntegers(
  from: ByteReader,
  into: Float64Array,
  count: number,
  factor = 1,
  divisor = 1,
): void {
  const scale = from.varint() * factor;
  const coding = from.byte();
  const order = coding % RICE;
  if (coding > RICE + DELTA_OF_DELTA) throw new MalformedBytes("an unknown order");
  if (coding < RICE) readCodes(from, into, count);
  else {
    const lowBits = from.byte();
    into[0] = unzigzag(from.varint());
    readRice(from, into, count, lowBits);
  }
  // A loop for each order is twice as fast as one for all.
  let value = 0;
  let delta = 0;
  if (order === PLAIN)
    for (let index = 0; index < count; index += 1)
      into[index] = ((into[index] ?? 0) * scale) / divisor;
  else if (order === DELTA)
    for (let index = 0; index < count; index += 1) {
      value += into[index] ?? 0;
      into[index] = (value * scale) / divisor;
    }
  else
    for (let index = 0; index < count; index += 1) {
      delta += into[index] ?? 0;
      value += delta;
      into[index] = (value * scale) / divisor;
    }
}

/** Reads signed numbers. Written out for the usual lengths: this is where reading a month spends its time. */
function readCodes(from: ByteReader, into: Float64Array, count: number): void {
  const { bytes } = from;
  let at = from.position;
  for (let index = 0; index < count; index += 1) {
    const first = bytes[at] ?? 0;
    at += 1;
    if (first < 0x80) {
      into[index] = (first >>> 1) ^ -(first & 1);
      continue;
    }
    const second = bytes[at] ?? 0;
    at += 1;
    let code = (first & 0x7f) | ((second & 0x7f) << 7);
    if (second < 0x80) {
      into[index] = (code >>> 1) ^ -(code & 1);
      continue;
    }
    const third = bytes[at] ?? 0;
    at += 1;
    code |= (third & 0x7f) << 14;
    if (third < 0x80) {
      into[index] = (code >>> 1) ^ -(code & 1);
      continue;
    }
    const fourth = bytes[at] ?? 0;
    at += 1;
    code |= (fourth & 0x7f) << 21;
    if (fourth < 0x80) {
      into[index] = (code >>> 1) ^ -(code & 1);
      continue;
    }
    from.position = at;
    into[index] = unzigzag(code + from.varint() * 2 ** 28);
    at = from.position;
  }
  if (at > bytes.length) throw new MalformedBytes("it ends too early");
  from.position = at;
}
