/** Unsigned integers of variable length, seven bits a byte, the lowest first; signed ones zigzag. */

const FIRST_CAPACITY = 4096;
const CONTINUES = 0x80;
const SEVEN_BITS = 0x7f;
const BASE = 128;
/** Below this, bit operations are exact. */
const INT32_LIMIT = 2 ** 31;
const FLOAT_BYTES = Float64Array.BYTES_PER_ELEMENT;

const NONE = new Uint32Array();

/** 0, -1, 1, -2, … as 0, 1, 2, 3, … Exact for numbers up to 2^52. */
export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

export function unzigzag(code: number): number {
  return code % 2 === 0 ? code / 2 : -(code + 1) / 2;
}

/** How many bytes a code takes. */
export function varintLength(code: number): number {
  let length = 1;
  for (let rest = code; rest >= BASE; rest = Math.floor(rest / BASE)) length += 1;
  return length;
}

/** Collects bytes. */
export class ByteWriter {
  #bytes = new Uint8Array(FIRST_CAPACITY);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  /** A whole number from 0 to 2^53. */
  varint(code: number): void {
    this.#reserve(FLOAT_BYTES);
    const bytes = this.#bytes;
    let at = this.#length;
    let rest = code;
    while (rest >= INT32_LIMIT) {
      bytes[at] = (rest % BASE) | CONTINUES;
      at += 1;
      rest = Math.floor(rest / BASE);
    }
    while (rest >= BASE) {
      bytes[at] = (rest & SEVEN_BITS) | CONTINUES;
      at += 1;
      rest >>>= 7;
    }
    bytes[at] = rest;
    this.#length = at + 1;
  }

  signed(value: number): void {
    this.varint(zigzag(value));
  }

  float(value: number): void {
    this.#reserve(FLOAT_BYTES);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += FLOAT_BYTES;
  }

  /** Ascending whole numbers, as the distances between them. */
  ascending(values: ArrayLike<number>): void {
    this.varint(values.length);
    let last = 0;
    for (let index = 0; index < values.length; index += 1) {
      const value = values[index] ?? 0;
      this.varint(value - last);
      last = value;
    }
  }

  bytes(part: Uint8Array): void {
    this.#reserve(part.length);
    this.#bytes.set(part, this.#length);
    this.#length += part.length;
  }

  /** What was written, valid until the next write. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Forgets what was written and keeps the memory. */
  clear(): void {
    this.#length = 0;
  }

  #reserve(count: number): void {
    // A varint of 2^53 takes eight bytes.
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * (this.#bytes.length + count));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Bytes that do not mean what their reader expects: never the data of a valid blob. */
export class MalformedBytes extends Error {
  override readonly name = "MalformedBytes";
}

/** Reads what ByteWriter wrote. Throws MalformedBytes past the end. */
export class ByteReader {
  readonly bytes: Uint8Array;
  position: number;

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes;
    this.position = position;
  }

  byte(): number {
    const value = this.bytes[this.position];
    if (value === undefined) throw new MalformedBytes("it ends too early");
    this.position += 1;
    return value;
  }

  varint(): number {
    const first = this.byte();
    if (first < CONTINUES) return first;
    let scale = BASE;
    let code = first & SEVEN_BITS;
    for (;;) {
      const byte = this.byte();
      code += (byte & SEVEN_BITS) * scale;
      if (byte < CONTINUES) return code;
      scale *= BASE;
      if (scale > Number.MAX_SAFE_INTEGER) throw new MalformedBytes("a number is too long");
    }
  }

  signed(): number {
    return unzigzag(this.varint());
  }

  float(): number {
    const { buffer, byteOffset } = this.bytes;
    if (this.position + FLOAT_BYTES > this.bytes.length)
      throw new MalformedBytes("it ends too early");
    const value = new DataView(buffer, byteOffset).getFloat64(this.position, true);
    this.position += FLOAT_BYTES;
    return value;
  }

  /** A count of things of which each takes at least one byte, or at most `max`. */
  count(max = this.bytes.length - this.position): number {
    const count = this.varint();
    if (count > max) throw new MalformedBytes("a count is too large");
    return count;
  }

  ascending(): Uint32Array {
    const count = this.count();
    if (count === 0) return NONE;
    const values = new Uint32Array(count);
    let last = 0;
    for (let index = 0; index < values.length; index += 1) {
      last += this.varint();
      values[index] = last;
    }
    return values;
  }
}
