import { DamagedBlob } from "./envelope.ts";

/** A blob of some series, named by the smallest id in it. */
export interface PackedBlob {
  readonly firstSeriesId: number;
  readonly blob: Uint8Array;
}

const MAGIC = [0x46, 0x50] as const;
const PACK_VERSION = 1;
/** Magic, version, count; then the checksum of these and of the index. */
const CHECKSUM_AT = 4;
const INDEX_AT = 8;
/** Of each blob: its first id and its length. */
const WORD_BYTES = 4;
const ENTRY_BYTES = 2 * WORD_BYTES;
const MAX_BLOBS = 255;

/**
 * Several blobs in one, each compressed and checked by itself: they fill the pages of the file together, and one is read
 * without the others. In the order of their ids, at most MAX_BLOBS.
 */
export function packed(parts: readonly PackedBlob[]): Uint8Array {
  if (parts.length > MAX_BLOBS) throw new Error(`more than ${MAX_BLOBS} blobs in a pack`);
  const start = INDEX_AT + ENTRY_BYTES * parts.length;
  const pack = new Uint8Array(parts.reduce((length, { blob }) => length + blob.length, start));
  pack.set([...MAGIC, PACK_VERSION, parts.length]);
  const view = viewOf(pack);
  let at = start;
  parts.forEach(({ firstSeriesId, blob }, n) => {
    view.setUint32(INDEX_AT + ENTRY_BYTES * n, firstSeriesId, true);
    view.setUint32(INDEX_AT + ENTRY_BYTES * n + WORD_BYTES, blob.length, true);
    pack.set(blob, at);
    at += blob.length;
  });
  view.setUint32(CHECKSUM_AT, checksumOf(pack, start), true);
  return pack;
}

/** The blobs of a pack. Throws DamagedBlob if its index is damaged; each blob has its own checksum. */
export function unpacked(pack: Uint8Array): readonly PackedBlob[] {
  const [first, second, version, count = 0] = pack;
  const start = INDEX_AT + ENTRY_BYTES * count;
  if (pack.length < start) throw new DamagedBlob("it is too short");
  const view = viewOf(pack);
  if (view.getUint32(CHECKSUM_AT, true) !== checksumOf(pack, start))
    throw new DamagedBlob("its checksum does not match");
  if (first !== MAGIC[0] || second !== MAGIC[1] || version !== PACK_VERSION)
    throw new DamagedBlob("it is not a pack of this version");
  let at = start;
  const parts = Array.from({ length: count }, (_, n) => {
    const length = view.getUint32(INDEX_AT + ENTRY_BYTES * n + WORD_BYTES, true);
    at += length;
    return {
      firstSeriesId: view.getUint32(INDEX_AT + ENTRY_BYTES * n, true),
      blob: pack.subarray(at - length, at),
    };
  });
  if (at !== pack.length) throw new DamagedBlob("its blobs do not fill it");
  return parts;
}

/** The blob that holds a series if the pack has it. Throws DamagedBlob as `unpacked` does. */
export function blobWith(pack: Uint8Array, seriesId: number): Uint8Array | null {
  return unpacked(pack).findLast(({ firstSeriesId }) => firstSeriesId <= seriesId)?.blob ?? null;
}

function checksumOf(pack: Uint8Array, start: number): number {
  const head = Bun.hash.crc32(pack.subarray(0, CHECKSUM_AT));
  return Bun.hash.crc32(pack.subarray(INDEX_AT, start), head);
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
