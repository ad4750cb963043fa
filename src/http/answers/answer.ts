import type { Release } from "../../lib/semaphore.ts";
import { requesterOf, type Requester } from "../protocol/requester.ts";
import type { AnswerLoad } from "./answer-load.ts";
import { chunksOf, CHUNK_BYTES, type SharedBytes } from "./bytes-in-flight.ts";
import { compress, compressChunks, gather } from "./compress.ts";
import { type FixedHeaders, HeaderSet } from "../protocol/headers.ts";
import { matchesEtag, type Encoding } from "../protocol/negotiate.ts";
import { REQUEST_ID_HEADER, type RequestContext } from "../protocol/request-context.ts";
import { MAX_SHARED_TRIES } from "./work-queue.ts";

/** Bodies below this are not compressed: that would not save a packet. */
const MIN_COMPRESSED_BYTES = 1024;

/** A chunk of the body; strings are encoded as UTF-8. */
export type Chunk = string | Uint8Array<ArrayBuffer>;

/** Describes a body that is generated on demand instead of being built up front. */
export interface Streamed {
  /** Equal names mean equal bytes. */
  readonly name: string;
  /** Memory that `chunks` retains in order to generate the body. */
  readonly heldBytes: number;
  /** Estimated size of the whole body. */
  readonly expectedBytes: number;
}

/** What an answer is built from. `headers` are those that are the same for all clients. */
export interface AnswerContent {
  /** Generates the body, chunk by chunk; the same chunks each time. */
  readonly chunks: () => Iterable<Chunk>;
  /** Set for bodies too large to be built before they are sent. Null: the body is built and hashed up front. */
  readonly streamed: Streamed | null;
  readonly isCompressed?: true;
  readonly contentType: string;
  /** Null: until the next snapshot, as given by the request's context. */
  readonly cacheControl: string | null;
  /** The request headers that the answer depends on. */
  readonly vary: string;
  readonly headers: FixedHeaders;
}

/** Headers that a 304 repeats besides Cache-Control and Date: those of RFC 9110 15.4.5, and one for other origins. */
const ON_NOT_MODIFIED: ReadonlySet<string> = new Set([
  "etag",
  "vary",
  "access-control-allow-origin",
]);

/** Up to this size a body is handed to the runtime in one part, which is fastest; longer ones are sent in chunks. */
const WHOLE_BYTES = 64 * 1024;

/** Approximate compression ratio of a list, measured with all three encodings. */
const COMPRESSED_SHARE = 1 / 8;

/** An answer in one encoding, with its header sets; only the request id is added per request. */
interface Representation extends SharedBytes {
  /** The same bytes as a single body; null if they are sent in chunks. */
  readonly whole: Blob | null;
  readonly headers: HeaderSet;
  /** For HEAD: the same headers plus the body's length. */
  readonly headHeaders: HeaderSet;
}

interface Tag {
  readonly etag: string;
  readonly notModifiedHeaders: HeaderSet;
}

/**
 * The bytes of one answer and its compressed representations. Each representation is built once, on first use;
 * concurrent requests wait for the same one. Compression runs off the main thread. A streamed answer holds only the
 * representations that were requested: it is compressed chunk by chunk while it is generated.
 */
export class Answer {
  readonly #content: Omit<AnswerContent, "chunks">;
  /** Generates a streamed body. Other bodies are already built, and what they were built from is released. */
  readonly #chunks: AnswerContent["chunks"];
  readonly #hash: string;
  readonly #representations = new Map<Encoding, Representation>();
  readonly #making = new Map<Encoding, Promise<Representation>>();
  readonly #tags = new Map<Encoding, Tag>();
  readonly #load: AnswerLoad;
  readonly #onGrow: () => void;
  #sizeBytes = 0;

  /** `onGrow` is called when a representation was added, i.e. when `sizeBytes` has grown. */
  constructor(
    { chunks, ...content }: AnswerContent,
    load: AnswerLoad,
    onGrow: () => void = () => {},
  ) {
    this.#load = load;
    this.#onGrow = onGrow;
    this.#content = content;
    this.#chunks = content.streamed === null ? () => [] : chunks;
    if (content.streamed === null) {
      const made = Array.from(chunks(), bytesOf);
      // Includes the headers: in CSV they carry the snapshot and the next page's link, and a 304 keeps the old ones.
      this.#hash = hashOf([JSON.stringify(content.headers), ...made]);
      this.#keep("identity", made);
    } else {
      this.#hash = Bun.hash.xxHash64(content.streamed.name).toString(36);
      this.#sizeBytes = content.streamed.heldBytes;
    }
  }

  /** Bytes of all representations so far, plus what a streamed body retains. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /**
   * The response to one GET or HEAD; 304 if the client has it. Synchronous unless a representation has to be built
   * first: within the caller's `turn`, else within a turn of its own. Throws the 503 problem `busy`.
   */
  respond(
    request: Request,
    context: RequestContext,
    turn: Release | null = null,
  ): Response | Promise<Response> {
    const encoding = this.#isSentAsIs() ? "identity" : context.encoding;
    const cacheControl = this.#content.cacheControl ?? context.cacheControl;
    const ifNoneMatch = request.headers.get("if-none-match");
    if (ifNoneMatch !== null) {
      const tag = this.#tag(encoding);
      if (matchesEtag(ifNoneMatch, tag.etag))
        return withRequestId(null, 304, tag.notModifiedHeaders.with(cacheControl), context);
    }
    const send = (representation: Representation): Response =>
      request.method === "HEAD"
        ? withRequestId(null, 200, representation.headHeaders.with(cacheControl), context)
        : withRequestId(
            this.#body(representation, context),
            200,
            representation.headers.with(cacheControl),
            context,
          );
    const representation = this.#representations.get(encoding);
    if (representation !== undefined) return send(representation);
    const isHeadOnly = this.#content.streamed !== null && request.method === "HEAD";
    if (isHeadOnly) return this.#head(encoding, cacheControl, context);
    return this.#made(encoding, requesterOf(request, context), turn).then(send);
  }

  #body(
    representation: Representation,
    { client, connection }: RequestContext,
  ): Blob | ReadableStream {
    return representation.whole ?? this.#load.flight.body(representation, client ?? "", connection);
  }

  /** HEAD of a streamed answer that has not been generated: without Content-Length it costs nothing. */
  #head(encoding: Encoding, cacheControl: string, context: RequestContext): Response {
    const headers = new Headers({ ...this.#fixedHeaders(encoding), "cache-control": cacheControl });
    return withRequestId(null, 200, headers, context);
  }

  #isSentAsIs(): boolean {
    if (this.#content.isCompressed === true) return true;
    const sizeBytes = this.#representations.get("identity")?.sizeBytes ?? Infinity;
    return this.#content.streamed === null && sizeBytes < MIN_COMPRESSED_BYTES;
  }

  /** Builds a missing representation; concurrent requests share one build. */
  async #made(
    encoding: Encoding,
    requester: Requester,
    turn: Release | null,
  ): Promise<Representation> {
    let held = turn;
    for (let tries = 0; tries < MAX_SHARED_TRIES; tries += 1) {
      const running = this.#making.get(encoding);
      if (running === undefined) break;
      // The running build may be waiting for the turn we hold.
      held?.();
      held = null;
      // The build may fail for its own client's reasons (no free turn); then the first request that waited takes over.
      const made = await running.catch(() => null);
      if (made !== null) return made;
    }
    const known = this.#representations.get(encoding);
    if (known !== undefined) return known;
    const making = this.#make(encoding, requester, held).finally(() =>
      this.#making.delete(encoding),
    );
    this.#making.set(encoding, making);
    return making;
  }

  async #make(
    encoding: Encoding,
    requester: Requester,
    held: Release | null,
  ): Promise<Representation> {
    const release = held ?? (await this.#load.work.enter(requester));
    try {
      const known = this.#representations.get(encoding);
      if (known !== undefined) return known;
      this.#requireRoom(encoding, requester.client);
      const representation = this.#keep(encoding, await this.#bytes(encoding));
      this.#onGrow();
      if (this.#content.streamed !== null) this.#load.garbage.add(representation.sizeBytes);
      return representation;
    } finally {
      release();
    }
  }

  /** Checked before building: generating megabytes only to refuse them would be the most expensive refusal. */
  #requireRoom(encoding: Encoding, client: string): void {
    const { streamed } = this.#content;
    if (streamed === null) return;
    const share = encoding === "identity" ? 1 : COMPRESSED_SHARE;
    this.#load.flight.requireRoom(streamed.expectedBytes * share, client);
  }

  async #bytes(encoding: Encoding): Promise<SharedBytes["chunks"]> {
    const made = { partBytes: CHUNK_BYTES, pauses: this.#load.pauses() };
    if (encoding === "identity") return gather({ ...made, chunks: this.#chunks() });
    const identity = this.#representations.get("identity");
    if (identity === undefined || identity.whole === null)
      return compressChunks(encoding, { ...made, chunks: identity?.chunks ?? this.#chunks() });
    return [await compress(encoding, await identity.whole.bytes())];
  }

  #keep(encoding: Encoding, chunks: SharedBytes["chunks"]): Representation {
    const representation = this.#representation(encoding, chunks);
    this.#sizeBytes +=
      representation.sizeBytes - (this.#representations.get(encoding)?.sizeBytes ?? 0);
    this.#representations.set(encoding, representation);
    return representation;
  }

  #representation(encoding: Encoding, made: SharedBytes["chunks"]): Representation {
    const fixed = this.#fixedHeaders(encoding);
    const sizeBytes = made.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const isWhole = sizeBytes <= WHOLE_BYTES;
    return {
      whole: isWhole ? new Blob([...made]) : null,
      chunks: isWhole ? [] : made.flatMap(chunksOf),
      sizeBytes,
      headers: new HeaderSet(fixed),
      headHeaders: new HeaderSet({ ...fixed, "content-length": String(sizeBytes) }),
    };
  }

  #fixedHeaders(encoding: Encoding): FixedHeaders {
    return {
      ...this.#sharedHeaders(encoding),
      "content-type": this.#content.contentType,
      ...(encoding === "identity" ? {} : { "content-encoding": encoding }),
    };
  }

  #tag(encoding: Encoding): Tag {
    const known = this.#tags.get(encoding);
    if (known !== undefined) return known;
    const shared = this.#sharedHeaders(encoding);
    const sent = Object.entries(shared).filter(([name]) => ON_NOT_MODIFIED.has(name));
    const tag = {
      etag: shared.etag,
      notModifiedHeaders: new HeaderSet(Object.fromEntries(sent)),
    };
    this.#tags.set(encoding, tag);
    return tag;
  }

  #sharedHeaders(encoding: Encoding): FixedHeaders & { readonly etag: string } {
    const suffix = encoding === "identity" ? "" : `-${encoding}`;
    return {
      ...this.#content.headers,
      etag: `"${this.#hash}${suffix}"`,
      vary: this.#content.vary,
    };
  }
}

const ENCODER = new TextEncoder();

const bytesOf = (chunk: Chunk) => (typeof chunk === "string" ? ENCODER.encode(chunk) : chunk);

/** xxHash64 over all chunks, each seeded with the hash so far: the same in every process and version. */
function hashOf(chunks: readonly Chunk[]): string {
  let hash = 0n;
  for (const chunk of chunks) hash = Bun.hash.xxHash64(chunk, hash);
  return hash.toString(36);
}

/** `new Response` copies the prepared headers natively, three times cheaper than an object of strings. */
function withRequestId(
  body: Blob | ReadableStream | null,
  status: number,
  headers: Headers,
  context: RequestContext,
): Response {
  const response = new Response(body, { status, headers });
  response.headers.set(REQUEST_ID_HEADER, context.requestId);
  return response;
}
