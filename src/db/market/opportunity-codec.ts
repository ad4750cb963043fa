import {
  cell,
  INSTRUMENT_ID_BOUND,
  longIdOf,
  type OpportunityColumns,
  pairKey,
  shortIdOf,
} from "../../domain/opportunity-columns.ts";

/** The first byte. A body of another layout is read as none. */
const LAYOUT = 2;

/** Of the hash, which follows the layout: a changed byte could make an age of years, and zstd would not notice. */
const HASH_BYTES = 8;
const HEAD_BYTES = 1 + HASH_BYTES;

/** Level 1 makes a third of 2 MB in 4 ms; level 3 takes twice as long and saves 4 % of it. */
const ZSTD_LEVEL = 1;

/** Long id, short id, first seen, last seen, peak, unobserved. */
const COLUMNS = 6;

/**
 * The columns as one body: a byte for the layout, xxHash64 of what follows, then compressed with zstd, as little-endian
 * words of 32 bits: how many pairs, their long ids, short ids, first and last seen (unix seconds), peaks (hundredths of
 * a percent a year) and unobserved seconds. Copies what it needs before it returns; compressing runs on another thread.
 */
export async function encodeOpportunities(columns: OpportunityColumns): Promise<Uint8Array> {
  const compressed = await Bun.zstdCompress(wordsOf(columns), { level: ZSTD_LEVEL });
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
  const count = words?.[0];
  if (words === null || count === undefined) return null;
  if (words.length !== 1 + COLUMNS * count) return null;
  const column = (index: number): Uint32Array =>
    words.subarray(1 + index * count, 1 + (index + 1) * count);
  const keys = keysOf(column(0), column(1));
  if (keys === null) return null;
  // Copies of just these columns: a view would hold on to the ids, too, which are in the keys.
  const copy = words.slice(1 + 2 * count);
  const own = (index: number): Uint32Array => copy.subarray(index * count, (index + 1) * count);
  return { count, keys, firstSeen: own(0), lastSeen: own(1), peak: own(2), unobserved: own(3) };
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function wordsOf({ count, keys, ...columns }: OpportunityColumns): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(1 + COLUMNS * count);
  words[0] = count;
  for (let index = 0; index < count; index += 1) {
    const key = cell(keys, index);
    words[1 + index] = longIdOf(key);
    words[1 + count + index] = shortIdOf(key);
  }
  const rest = [columns.firstSeen, columns.lastSeen, columns.peak, columns.unobserved];
  for (const [index, column] of rest.entries())
    words.set(column.subarray(0, count), 1 + (2 + index) * count);
  return words;
}

function inflated(compressed: Uint8Array): Uint32Array | null {
  try {
    const bytes = Bun.zstdDecompressSync(new Uint8Array(compressed));
    if (bytes.length % Uint32Array.BYTES_PER_ELEMENT !== 0) return null;
    // A copy is aligned, wherever in a shared buffer the bytes were put.
    return new Uint32Array(new Uint8Array(bytes).buffer);
  } catch {
    // Not a frame of zstd: nothing of ours.
    return null;
  }
}

/** The keys of two columns of ids; null unless they rise, without which nothing is found in them. */
function keysOf(longIds: Uint32Array, shortIds: Uint32Array): Float64Array | null {
  const keys = new Float64Array(longIds.length);
  let previous = -1;
  for (let index = 0; index < keys.length; index += 1) {
    const longId = cell(longIds, index);
    const shortId = cell(shortIds, index);
    const key = pairKey(longId, shortId);
    if (longId >= INSTRUMENT_ID_BOUND || shortId >= INSTRUMENT_ID_BOUND || key <= previous)
      return null;
    keys[index] = key;
    previous = key;
  }
  return keys;
}
