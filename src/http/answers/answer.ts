import type { Release } from "../../lib/semaphore.ts";
import { askerOf, type Asker } from "../protocol/asker.ts";
import type { AnswerLoad } from "./answer-load.ts";
import { chunksOf, CHUNK_BYTES, type SharedBytes } from "./bytes-in-flight.ts";
import { compress, compressChunks, gather } from "./compress.ts";
import { type FixedHeaders, HeaderSet } from "../protocol/headers.ts";
import { matchesEtag, type Encoding } from "../protocol/negotiate.ts";
import { REQUEST_ID_HEADER, type RequestContext } from "../protocol/request-context.ts";
import { TRIES_TOGETHER } from "./work-queue.ts";

/** Bodies below this stay as they are: a compressed one would not save a packet. */
const MIN_COMPRESSED_BYTES = 1024;

/** A part of an answer's bytes; a text is sent in UTF-8. */
export type Chunk = string | Uint8Array<ArrayBuffer>;

/** What stands for bytes that are made when they are asked for. */
export interface Streamed {
  /** Equal names, equal bytes. */
  readonly name: string;
  /** What `chunks` keeps in memory so that they can be made. */
  readonly heldBytes: number;
  /** About what all chunks together will take. */
  readonly expectedBytes: number;
}

/** What an answer is made of. `headers` hold the caching policy and all that is the same for everyone. */
export interface AnswerContent {
  /** Makes the parts, one after the other; the same ones each time. */
  readonly chunks: () => Iterable<Chunk>;
  /** Where the bytes are too many to be made before they are sent. Null: they are made at once and hashed. */
  readonly streamed: Streamed | null;
  readonly contentType: string;
  /** Null: until the next snapshot, as the request's context says. */
  readonly cacheControl: string | null;
  /** Request headers that it depends on. */
  readonly vary: string;
  readonly headers: FixedHeaders;
}

/**
 * What a 304 repeats besides Cache-Control and Date: all that RFC 9110 15.4.5 asks for, and what lets a page of another
 * origin have it. The rest is kept with the body that the client has.
 */
const ON_NOT_MODIFIED: ReadonlySet<string> = new Set([
  "etag",
  "vary",
  "access-control-allow-origin",
]);

/** Up to here an answer is given to the runtime whole, which is the fastest way; what is longer is sent in chunks. */
const WHOLE_BYTES = 64 * 1024;

/** A compressed list is about so many times smaller; measured with all three encodings. */
const COMPRESSED_SHARE = 1 / 8;

/** One encoding of an answer with its header sets; only the request id is added per request. */
interface Representation extends SharedBytes {
  /** The same bytes as one body; null where they are sent chunk by chunk. */
  readonly whole: Blob | null;
  readonly headers: HeaderSet;
  /** For HEAD: as above, with the length that the body would have. */
  readonly headHeaders: HeaderSet;
}

interface Tag {
  readonly etag: string;
  readonly notModifiedHeaders: HeaderSet;
}

/**
 * The bytes of one answer and their compressed forms. Each form is made once, when it is first asked for;
 * requests that come meanwhile wait for the same one. Compression runs off the main thread. Of a large answer only
 * the forms that are asked for are ever in memory: it is compressed while it is made, chunk by chunk.
 */
export class Answer {
  readonly #content: Omit<AnswerContent, "chunks">;
  /** Makes the bytes of a large answer. Those of another are there: what it was made from is let go. */
  readonly #chunks: AnswerContent["chunks"];
  readonly #hash: string;
  readonly #representations = new Map<Encoding, Representation>();
  readonly #making = new Map<Encoding, Promise<Representation>>();
  readonly #tags = new Map<Encoding, Tag>();
  readonly #load: AnswerLoad;
  readonly #onGrow: () => void;
  #sizeBytes = 0;

  /** `onGrow` is called when a form was added: the answer weighs more. */
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
      const made = [...chunks()];
      // With its headers: a page of CSV has its snapshot and the way to the next page there, and a 304 keeps them.
      this.#hash = hashOf([JSON.stringify(content.headers), ...made]);
      this.#keep("identity", made.map(bytesOf));
    } else {
      this.#hash = Bun.hash.xxHash64(content.streamed.name).toString(36);
      this.#sizeBytes = content.streamed.heldBytes;
    }
  }

  /** Bytes of all forms made so far, and of what a large one is made from. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /**
   * The answer to one GET or HEAD: 304 where the client has it. At once, unless a form must be made first: in the
   * `turn` that the caller holds, else in one of its own. Throws the 503 problem `busy`.
   */
  respond(
    request: Request,
    context: RequestContext,
    turn: Release | null = null,
  ): Response | Promise<Response> {
    const encoding = this.#isSmall() ? "identity" : context.encoding;
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
    const isUnmade = this.#content.streamed !== null && request.method === "HEAD";
    if (isUnmade) return this.#head(encoding, cacheControl, context);
    return this.#made(encoding, askerOf(request, context), turn).then(send);
  }

  #body(
    representation: Representation,
    { client, connection }: RequestContext,
  ): Blob | ReadableStream {
    return representation.whole ?? this.#load.flight.body(representation, client ?? "", connection);
  }

  /** Of a large answer whose bytes nobody has asked for: without their length it costs nothing. */
  #head(encoding: Encoding, cacheControl: string, context: RequestContext): Response {
    const headers = new Headers({ ...this.#fixedHeaders(encoding), "cache-control": cacheControl });
    return withRequestId(null, 200, headers, context);
  }

  #isSmall(): boolean {
    if (this.#content.streamed !== null) return false;
    const identity = this.#representations.get("identity");
    return identity !== undefined && identity.sizeBytes < MIN_COMPRESSED_BYTES;
  }

  /** The form that is not there yet; whoever asks while it is made waits for the same one. */
  async #made(encoding: Encoding, asker: Asker, turn: Release | null): Promise<Representation> {
    let held = turn;
    for (let tries = 0; tries < TRIES_TOGETHER; tries += 1) {
      const running = this.#making.get(encoding);
      if (running === undefined) break;
      // It may be waiting for this very turn.
      held?.();
      held = null;
      // It may find no turn, as its own client's doing; then the first of those who waited makes it.
      const made = await running.catch(() => null);
      if (made !== null) return made;
    }
    const known = this.#representations.get(encoding);
    if (known !== undefined) return known;
    const making = this.#make(encoding, asker, held).finally(() => this.#making.delete(encoding));
    this.#making.set(encoding, making);
    return making;
  }

  async #make(encoding: Encoding, asker: Asker, held: Release | null): Promise<Representation> {
    const release = held ?? (await this.#load.work.enter(asker));
    try {
      const known = this.#representations.get(encoding);
      if (known !== undefined) return known;
      this.#requireRoom(encoding, asker.client);
      const representation = this.#keep(encoding, await this.#bytes(encoding));
      this.#onGrow();
      if (this.#content.streamed !== null) this.#load.garbage.add(representation.sizeBytes);
      return representation;
    } finally {
      release();
    }
  }

  /** Making megabytes that are then refused would be the dearest way to say no. */
  #requireRoom(encoding: Encoding, client: string): void {
    const { streamed } = this.#content;
    if (streamed === null) return;
    const share = encoding === "identity" ? 1 : COMPRESSED_SHARE;
    this.#load.flight.requireRoom(streamed.expectedBytes * share, client);
  }

  async #bytes(encoding: Encoding): Promise<SharedBytes["chunks"]> {
    if (encoding === "identity") return gather(this.#chunks(), CHUNK_BYTES);
    const identity = this.#representations.get("identity");
    if (identity === undefined) return compressChunks(encoding, this.#chunks(), CHUNK_BYTES);
    if (identity.whole === null) return compressChunks(encoding, identity.chunks, CHUNK_BYTES);
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

function bytesOf(chunk: Chunk): Uint8Array<ArrayBuffer> {
  return typeof chunk === "string" ? ENCODER.encode(chunk) : chunk;
}

/** Of all chunks in order, the same in every process and version: xxHash64, each chunk seeded with those before. */
function hashOf(chunks: readonly Chunk[]): string {
  let hash = 0n;
  for (const chunk of chunks) hash = Bun.hash.xxHash64(chunk, hash);
  return hash.toString(36);
}

/** `new Response` copies the prepared headers natively: three times cheaper than an object of strings. */
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
