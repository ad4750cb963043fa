import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Holding } from "./byte-budget.ts";
import { type JsonBounds, JsonScan } from "./json-scan.ts";
import { ownFailure, type RequestFailure } from "./request-failure.ts";

/**
 * The one encoding that is asked for: its window is 32 KB, where those of others take up to 128 MB. The runtime would
 * ask for more and inflate by itself, but far ahead of who reads: 16 KB became 900 MB after the reader had gone.
 */
export const ACCEPTED_ENCODING = "gzip";

/** Inflated at a time; what is not yet read waits compressed. */
const INFLATE_BYTES = 64 * 1024;

/** What a body may hold. */
export interface BodyBounds {
  /** Decoded. */
  readonly maxBytes: number;
  /** Judged while the body comes in; null for a body that need not be JSON. */
  readonly json: JsonBounds | null;
}

/** A body that keeps its bounds, as bytes. */
export interface BoundedBody {
  readonly bytes: Uint8Array;
  /** Members of the longest list or object in it; 0 where it was not read as JSON. */
  readonly mostMembers: number;
}

/**
 * Reads a body as bytes, inflating it where it is compressed. Throws RequestFailure("too_large") as soon as it breaks
 * a bound, without reading on, and "bad_envelope" for an encoding that was not asked for or is broken.
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

/** The first `maxBytes` of a body that only a log will show: what comes after them is not read. */
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
      throw badEncoding("the answer is in an encoding that was not asked for");
  }
}

/** Ends the request, too, when whoever reads stops early. */
async function* inflated(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: INFLATE_BYTES });
  // A failure of either end reaches the reader below through gunzip.
  pipeline(Readable.fromWeb(body), gunzip, () => {});
  try {
    for await (const chunk of gunzip) yield bytesOf(chunk);
  } catch (error) {
    // An end that comes too early has another code: it is a connection that broke.
    const isBroken = error instanceof Error && "code" in error && error.code === "Z_DATA_ERROR";
    throw isBroken ? badEncoding("the answer says that it is gzip and is not") : error;
  }
}

function badEncoding(message: string): RequestFailure {
  return ownFailure("bad_envelope", message);
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new Error("assertion failed: a stream of zlib yields bytes");
}

/** The list is emptied on the way, so that no piece is held longer than it must be. */
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
