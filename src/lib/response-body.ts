import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Holding } from "./byte-budget.ts";
import { type JsonBounds, JsonScan } from "./json-scan.ts";
import { ownFailure, type RequestFailure } from "./request-failure.ts";

/**
 * The only encoding that is requested: its window is 32 KB, those of others take up to 128 MB. The runtime would accept
 * more encodings and decompress by itself, but far ahead of the reader: 16 KB became 900 MB after the reader had gone.
 */
export const ACCEPTED_ENCODING = "gzip";

/** Decompressed at a time; the rest waits compressed. */
const INFLATE_BYTES = 64 * 1024;

/** The limits of a body. */
export interface BodyBounds {
  /** After decompression. */
  readonly maxBytes: number;
  /** Checked while the body arrives; null for a body that need not be JSON. */
  readonly json: JsonBounds | null;
}

/** A body within its limits, as bytes. */
export interface BoundedBody {
  readonly bytes: Uint8Array;
  /** Members of the longest list or object in it; 0 if it was not read as JSON. */
  readonly mostMembers: number;
}

/**
 * Reads a body as bytes and decompresses it. Throws RequestFailure("too_large") as soon as it exceeds a limit, without
 * reading on, and "bad_envelope" for an encoding that was not requested or is broken.
 */
export async function readBody(
  response: Response,
  bounds: BodyBounds,
  holding: Holding,
): Promise<BoundedBody> {
  const scan = bounds.json === null ? null : new JsonScan(bounds.json);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of decodedChunks(response)) {
    bytes += chunk.byteLength;
    if (bytes > bounds.maxBytes) throw tooLarge(response, `is over ${bounds.maxBytes} bytes`);
    const excess = scan?.push(chunk) ?? null;
    if (excess !== null) throw tooLarge(response, excess);
    holding.add(chunk.byteLength);
    chunks.push(chunk);
  }
  return { bytes: joined(chunks, bytes), mostMembers: scan?.mostMembers ?? 0 };
}

/** The first `maxBytes` of a body, for the log; the rest is not read. */
export async function readBodyStart(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of decodedChunks(response)) {
    chunks.push(chunk.subarray(0, maxBytes - bytes));
    bytes += chunk.byteLength;
    if (bytes >= maxBytes) break;
  }
  return joined(chunks, Math.min(bytes, maxBytes));
}

function tooLarge(response: Response, excess: string): RequestFailure {
  return ownFailure("too_large", `the answer ${excess}`, { status: response.status });
}

async function* decodedChunks(response: Response): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  const encoding = (response.headers.get("content-encoding") ?? "identity").trim().toLowerCase();
  switch (encoding) {
    case "":
    case "identity":
      yield* response.body;
      return;
    case ACCEPTED_ENCODING:
    case `x-${ACCEPTED_ENCODING}`:
      yield* inflated(response.body);
      return;
    default:
      throw badEncoding("the answer uses an encoding that was not requested");
  }
}

/** Decompresses a stream; also aborts the request if the reader stops early. */
async function* inflated(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: INFLATE_BYTES });
  // Errors on either side reach the reader below through gunzip.
  pipeline(Readable.fromWeb(body), gunzip, () => {});
  try {
    for await (const chunk of gunzip) yield bytesOf(chunk);
  } catch (error) {
    // A premature end has another code: the connection broke.
    const isBroken = error instanceof Error && "code" in error && error.code === "Z_DATA_ERROR";
    throw isBroken ? badEncoding("the answer claims to be gzip but is not") : error;
  }
}

function badEncoding(message: string): RequestFailure {
  return ownFailure("bad_envelope", message);
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new Error("assertion failed: a stream of zlib yields bytes");
}

/** Concatenates chunks and empties the list on the way, so that none is held longer than necessary. */
function joined(chunks: Uint8Array[], bytes: number): Uint8Array {
  const only = chunks.length === 1 ? chunks[0] : undefined;
  if (only !== undefined) return only;
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
