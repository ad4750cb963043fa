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
  const mask = (1 << lowBits) - 1;
  let bit = 0;
  for (let index = 1; index < end; index += 1) {
    const value = windowAt(bytes, position, bit) & mask;
    bit += lowBits;
    const rest = windowAt(bytes, position, bit);
    // The lowest zero ends the ones.
    const ones = 31 - Math.clz32(~rest & -~rest);
    if (ones >= 0 && ones < ESCAPE) {
      bit += ones + 1;
      // Below 2^29: an int32, which is several times as fast.
      const code = (ones << lowBits) | value;
      into[index] = (code >>> 1) ^ -(code & 1);
      continue;
    }
    bit += ESCAPE;
    let code = 0;
    for (let part = 0; part < PARTS; part += 1) {
      code += (windowAt(bytes, position, bit) & (2 ** PART_BITS - 1)) * 2 ** (PART_BITS * part);
      bit += PART_BITS;
    }
    into[index] = unzigzag(code);
  }
  from.position = position + Math.ceil(bit / 8);
  if (from.position > bytes.length) throw new MalformedBytes("it ends too early");
}

/** At least 25 bits from a place on; zeros after the end. */
function windowAt(bytes: Uint8Array, start: number, bit: number): number {
  const at = start + (bit >>> 3);
  const window =
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24);
  return window >>> (bit & 7);
}
