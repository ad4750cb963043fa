import { MalformedBytes } from "./bytes.ts";

/** What a blob contains. The numbers are stored. */
export const BLOB_KINDS = { refresh: 1, axis: 2, sections: 3, pairs: 4 } as const;

export type BlobKind = keyof typeof BLOB_KINDS;

/** The version of the header and of everything in the body. An older one stays readable for ever. */
const CODEC_VERSION = 1;

/** Level 3: level 1 is a tenth larger, level 9 a hundredth smaller and ten times slower. */
const ZSTD_LEVEL = 3;

const MAGIC = [0x46, 0x48] as const;
const STORED = 0;
const COMPRESSED = 1;
/** Magic, codec version, kind, program version (3), packing; then the checksum of all other bytes. */
const CHECKSUM_AT = 8;
const CHECKSUM_BYTES = 4;
const HEAD_BYTES = CHECKSUM_AT + CHECKSUM_BYTES;
const MAX_VERSION_PART = 255;

/** A blob that is not what was stored, or that a newer version stored. Nothing of it may be served. */
export class DamagedBlob extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "DamagedBlob";
  }
}

/** A program version "1.20.3" as the three bytes that each blob carries. */
export function versionBytes(version: string): readonly [number, number, number] {
  const [major = 0, minor = 0, patch = 0] = version
    .split(".")
    .map((part) => Math.min(Number.parseInt(part, 10) || 0, MAX_VERSION_PART));
  return [major, minor, patch];
}

/** A body as a blob: with a versioned header and a checksum over every other byte, compressed if that is shorter. */
export function seal(
  kind: BlobKind,
  body: Uint8Array,
  program: readonly [number, number, number],
): Uint8Array {
  const compressed = Bun.zstdCompressSync(new Uint8Array(body), { level: ZSTD_LEVEL });
  const isShorter = compressed.length < body.length;
  const packed = isShorter ? compressed : body;
  const blob = new Uint8Array(HEAD_BYTES + packed.length);
  blob.set([
    ...MAGIC,
    CODEC_VERSION,
    BLOB_KINDS[kind],
    ...program,
    isShorter ? COMPRESSED : STORED,
  ]);
  blob.set(packed, HEAD_BYTES);
  viewOf(blob).setUint32(CHECKSUM_AT, checksumOf(blob), true);
  return blob;
}

/** The body of a blob of that kind. Throws DamagedBlob if any byte is not as it was sealed. */
export function unseal(kind: BlobKind, blob: Uint8Array): Uint8Array {
  if (blob.length < HEAD_BYTES) throw new DamagedBlob("it is too short");
  if (viewOf(blob).getUint32(CHECKSUM_AT, true) !== checksumOf(blob))
    throw new DamagedBlob("its checksum does not match");
  if (blob[0] !== MAGIC[0] || blob[1] !== MAGIC[1]) throw new DamagedBlob("it is not a blob");
  const [, , version = 0, stored] = blob;
  if (version === 0 || version > CODEC_VERSION)
    throw new DamagedBlob(`its version is ${version}, this program knows ${CODEC_VERSION}`);
  if (stored !== BLOB_KINDS[kind]) throw new DamagedBlob(`it is not of the kind ${kind}`);
  const packed = blob.subarray(HEAD_BYTES);
  if (blob[CHECKSUM_AT - 1] === STORED) return packed;
  try {
    return Bun.zstdDecompressSync(packed as Uint8Array<ArrayBuffer>);
  } catch {
    throw new DamagedBlob("it cannot be decompressed");
  }
}

/** Whether a blob is of that kind and has every byte as it was sealed. */
export function isWhole(kind: BlobKind, blob: Uint8Array): boolean {
  try {
    unseal(kind, blob);
    return true;
  } catch (error) {
    if (!(error instanceof DamagedBlob)) throw error;
    return false;
  }
}

/** Runs `decode` on a body; bytes that make no sense are damage, too. */
export function decoding<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof MalformedBytes) throw new DamagedBlob(error.message);
    throw error;
  }
}

/** CRC-32 of the header before the checksum and of everything after it: finds every flipped byte. */
function checksumOf(blob: Uint8Array): number {
  const head = Bun.hash.crc32(blob.subarray(0, CHECKSUM_AT));
  return Bun.hash.crc32(blob.subarray(HEAD_BYTES), head);
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
