import { columnsIn, type OpportunityColumns } from "../../domain/opportunity-columns.ts";

/** The first byte. A body of another layout is read as none. */
const LAYOUT = 2;

/** Of the hash, which follows the layout: a changed byte could make an age of years, and zstd would not notice. */
const HASH_BYTES = 8;
const HEAD_BYTES = 1 + HASH_BYTES;

const WORD_BYTES = Uint32Array.BYTES_PER_ELEMENT;

/** Level 1 makes a third of 2 MB in 4 ms; level 3 takes twice as long and saves 4 % of it. */
const ZSTD_LEVEL = 1;

/** The columns as one body: a byte for the layout, xxHash64 of what follows, then their words compressed with zstd. */
export function encodeOpportunities({ words }: OpportunityColumns): Uint8Array {
  const { buffer, byteOffset, byteLength } = words;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const compressed = Bun.zstdCompressSync(bytes, { level: ZSTD_LEVEL });
  const body = new Uint8Array(HEAD_BYTES + compressed.length);
  body[0] = LAYOUT;
  viewOf(body).setBigUint64(1, Bun.hash.xxHash64(compressed), true);
  body.set(compressed, HEAD_BYTES);
  return body;
}

/** What `encodeOpportunities` was given; null for anything that it has not made. */
export function decodeOpportunities(body: Uint8Array): OpportunityColumns | null {
  if (body[0] !== LAYOUT || body.length < HEAD_BYTES) return null;
  const compressed = body.subarray(HEAD_BYTES);
  if (viewOf(body).getBigUint64(1, true) !== Bun.hash.xxHash64(compressed)) return null;
  const words = inflated(compressed);
  return words === null ? null : columnsIn(words);
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function inflated(compressed: Uint8Array): Uint32Array | null {
  try {
    const bytes = Bun.zstdDecompressSync(new Uint8Array(compressed));
    if (bytes.length % WORD_BYTES !== 0) return null;
    // A copy is aligned, wherever in a shared buffer the bytes were put.
    const { buffer, byteOffset } =
      bytes.byteOffset % WORD_BYTES === 0 ? bytes : new Uint8Array(bytes);
    return new Uint32Array(buffer, byteOffset, bytes.length / WORD_BYTES);
  } catch {
    // Not a frame of zstd: nothing of ours.
    return null;
  }
}
