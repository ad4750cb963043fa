import type { Pauses } from "../../lib/pauses.ts";
import type { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import {
  brotliCompress,
  constants,
  createBrotliCompress,
  createGzip,
  createZstdCompress,
  gzip,
  zstdCompress,
} from "node:zlib";
import type { Compression } from "../protocol/negotiate.ts";

/** Measured on the full list: higher levels take several times as long for a few percent. */
const GZIP = { level: 6 };
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
const BROTLI_QUALITY = { [constants.BROTLI_PARAM_QUALITY]: 4 };

const gzipAsync = promisify(gzip);
const zstdAsync = promisify(zstdCompress);
const brotliAsync = promisify(brotliCompress);

/** Compresses bytes that are already in memory, off the main thread. */
export function compress(
  encoding: Compression,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  switch (encoding) {
    case "gzip":
      return gzipAsync(bytes, GZIP);
    case "zstd":
      return zstdAsync(bytes, ZSTD);
    case "br":
      return brotliAsync(bytes, {
        params: { ...BROTLI_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength },
      });
  }
}

/** The chunks of a body, and how they are made into bytes. */
interface Gathering {
  /** Each is generated when it is needed, so only one is in memory at a time. */
  readonly chunks: Iterable<string | Uint8Array<ArrayBuffer>>;
  /** The maximum size of a part of the result. */
  readonly partBytes: number;
  /** Other requests are served between two chunks. */
  readonly pauses: Pauses;
}

/** Compresses chunks while they are generated, off the main thread. */
export async function compressChunks(
  encoding: Compression,
  { chunks, partBytes, pauses }: Gathering,
): Promise<Buffer<ArrayBuffer>[]> {
  return through(compressor(encoding, partBytes), joinedTexts(paced(chunks, pauses)));
}

/**
 * Characters that are compressed at once. Each time is a task of its own on another thread, which takes as long as
 * compressing some kilobytes, and a hundred short rows have fewer.
 */
const TEXT_AT_ONCE = 65_536;

/** The same bytes, in texts of at least so many characters. */
async function* joinedTexts<Bytes>(
  chunks: AsyncIterable<string | Bytes>,
): AsyncGenerator<string | Bytes> {
  let text = "";
  for await (const chunk of chunks) {
    if (typeof chunk === "string") text += chunk;
    if (typeof chunk === "string" && text.length < TEXT_AT_ONCE) continue;
    if (text !== "") yield text;
    text = "";
    if (typeof chunk !== "string") yield chunk;
  }
  if (text !== "") yield text;
}

/** The stream asks for the next chunk as soon as it can take one, so a whole list would be generated in one go. */
async function* paced<Chunk>(chunks: Iterable<Chunk>, pauses: Pauses): AsyncGenerator<Chunk> {
  const rest = chunks[Symbol.iterator]();
  for (;;) {
    const next = pauses.run(() => rest.next());
    if (next.done === true) return;
    yield next.value;
    if (pauses.isDue) await pauses.take();
  }
}

/** Concatenates all chunks into parts of about `partBytes`. */
export async function gather({
  chunks,
  partBytes,
  pauses,
}: Gathering): Promise<Uint8Array<ArrayBuffer>[]> {
  const encoder = new TextEncoder();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let text = "";
  const flush = (): void => {
    if (text !== "") parts.push(encoder.encode(text));
    text = "";
  };
  for await (const chunk of paced(chunks, pauses)) {
    if (typeof chunk === "string") text += chunk;
    else {
      flush();
      parts.push(chunk);
    }
    if (text.length >= partBytes) flush();
  }
  flush();
  return parts;
}

/** The output of `stream` for the chunks. If either side fails, both are closed and this rejects. */
export async function through(
  stream: Transform,
  chunks:
    Iterable<string | Uint8Array<ArrayBuffer>> | AsyncIterable<string | Uint8Array<ArrayBuffer>>,
): Promise<Buffer<ArrayBuffer>[]> {
  const parts: Buffer<ArrayBuffer>[] = [];
  await pipeline(chunks, stream, async (made: AsyncIterable<Buffer<ArrayBuffer>>) => {
    for await (const part of made) parts.push(part);
  });
  return parts;
}

function compressor(encoding: Compression, chunkSize: number): Transform {
  switch (encoding) {
    case "gzip":
      return createGzip({ ...GZIP, chunkSize });
    case "zstd":
      return createZstdCompress({ ...ZSTD, chunkSize });
    case "br":
      return createBrotliCompress({ params: BROTLI_QUALITY, chunkSize });
  }
}
