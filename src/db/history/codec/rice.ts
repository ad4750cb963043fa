import { type ByteReader, type ByteWriter, MalformedBytes, unzigzag } from "./bytes.ts";

/**
 * Rice codes: the low bits of a number as they are, then how often the rest fits, as ones and a zero. Numbers without any
 * pattern take a fifth less than as bytes, however those are compressed.
 */

/** With fewer low bits, numbers fit into bytes, which zstd compresses better: it finds their patterns. */
export const MIN_LOW_BITS = 6;
/** What one window of 32 bits always holds. */
export const MAX_LOW_BITS = 24;

/** So many ones mean that the whole number follows, in parts. */
const ESCAPE = 20;
const PART_BITS = 18;
const PARTS = 3;

/** What a window of 32 bits holds of the bits from any bit on. */
const WINDOW_BITS = 25;

/** The number of low bits that is about the best for numbers of this mean. */
export function lowBitsFor(mean: number): number {
  return mean < 1 ? 0 : Math.max(0, Math.floor(Math.log2(mean * Math.LN2) + 0.5));
}

/** How many bits some numbers take. */
export function riceLengthOf(codes: Float64Array, lowBits: number): number {
  const low = 2 ** lowBits;
  let bits = lowBits * codes.length;
  for (let index = 0; index < codes.length; index += 1) {
    const rest = Math.floor((codes[index] ?? 0) / low);
    bits += rest < ESCAPE ? rest + 1 : ESCAPE + PARTS * PART_BITS;
  }
  return bits;
}

/** Writes whole numbers from 0 to 2^53. */
export function writeRice(out: ByteWriter, codes: Float64Array, lowBits: number): void {
  let pending = 0;
  let count = 0;
  const put = (value: number, bits: number): void => {
    pending |= value << count;
    count += bits;
    while (count >= 8) {
      out.byte(pending & 0xff);
      pending >>>= 8;
      count -= 8;
    }
  };
  const low = 2 ** lowBits;
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0;
    const rest = Math.floor(code / low);
    put(code % low, lowBits);
    if (rest < ESCAPE) put((1 << rest) - 1, rest + 1);
    else {
      put((1 << ESCAPE) - 1, ESCAPE);
      for (let part = 0; part < PARTS; part += 1)
        put(Math.floor(code / 2 ** (PART_BITS * part)) % 2 ** PART_BITS, PART_BITS);
    }
  }
  if (count > 0) out.byte(pending & 0xff);
}

/** Reads signed numbers from zigzag codes into `into`, from index 1 up to `end`, which is not included. */
export function readRice(from: ByteReader, into: Float64Array, end: number, lowBits: number): void {
  if (lowBits > MAX_LOW_BITS) throw new MalformedBytes("too many low bits");
  const { bytes, position } = from;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mask = (1 << lowBits) - 1;
  const sureBits = WINDOW_BITS - lowBits;
  let bit = position * 8;
  for (let index = 1; index < end; index += 1) {
    const window = windowAt(view, bit);
    const value = window & mask;
    let ones = onesAtEnd(window >>> lowBits);
    bit += lowBits;
    // The zero that ends them may lie behind the window.
    if (ones >= sureBits) ones = onesAtEnd(windowAt(view, bit));
    if (ones < ESCAPE) {
      bit += ones + 1;
      // Below 2^29: an int32, which is several times as fast.
      const code = (ones << lowBits) | value;
      into[index] = (code >>> 1) ^ -(code & 1);
      continue;
    }
    bit += ESCAPE;
    let code = 0;
    for (let part = 0; part < PARTS; part += 1) {
      code += (windowAt(view, bit) & (2 ** PART_BITS - 1)) * 2 ** (PART_BITS * part);
      bit += PART_BITS;
    }
    into[index] = unzigzag(code);
  }
  from.position = Math.ceil(bit / 8);
  if (from.position > bytes.length) throw new MalformedBytes("it ends too early");
}

/** How many ones a number ends with: 32 if it has nothing else. */
function onesAtEnd(value: number): number {
  const firstZero = ~value & -~value;
  return firstZero === 0 ? 32 : 31 - Math.clz32(firstZero);
}

/** At least WINDOW_BITS bits from a place on; zeros after the end. */
function windowAt(view: DataView, bit: number): number {
  const at = bit >>> 3;
  if (at + 4 <= view.byteLength) return view.getUint32(at, true) >>> (bit & 7);
  let window = 0;
  for (let n = 0; at + n < view.byteLength; n += 1) window |= view.getUint8(at + n) << (8 * n);
  return window >>> (bit & 7);
}
