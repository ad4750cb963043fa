import { yieldToEventLoop } from "../../lib/event-loop.ts";
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

/**
 * Compresses chunks while they are generated, off the main thread. The next chunk is generated when the last one has
 * been consumed, so only one is in memory at a time and other requests are served in between. Parts of up to
 * `partBytes`.
 */
export async function compressChunks(
  encoding: Compression,
  chunks: Iterable<string | Uint8Array<ArrayBuffer>>,
  partBytes: number,
): Promise<Buffer<ArrayBuffer>[]> {
  return through(compressor(encoding, partBytes), chunks);
}

/** Characters generated before other requests get a turn. */
const TURN_CHARACTERS = 256 * 1024;

/** Concatenates all chunks into parts of about `partBytes`, yielding to the event loop in between. */
export async function gather(
  chunks: Iterable<string | Uint8Array<ArrayBuffer>>,
  partBytes: number,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const encoder = new TextEncoder();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let text = "";
  let sinceTurn = 0;
  const flush = (): void => {
    if (text !== "") parts.push(encoder.encode(text));
    text = "";
  };
  for (const chunk of chunks) {
    if (typeof chunk === "string") text += chunk;
    else {
      flush();
      parts.push(chunk);
    }
    if (text.length >= partBytes) flush();
    sinceTurn += chunk.length;
    if (sinceTurn < TURN_CHARACTERS) continue;
    sinceTurn = 0;
    await yieldToEventLoop();
  }
  flush();
  return parts;
}

/** The output of `stream` for the chunks. If either side fails, both are closed and this rejects. */
export async function through(
  stream: Transform,
  chunks: Iterable<string | Uint8Array<ArrayBuffer>>,
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
