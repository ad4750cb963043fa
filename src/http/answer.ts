import { promisify } from "node:util";
import { brotliCompress, constants, gzip, zstdCompress } from "node:zlib";
import type { FixedHeaders } from "./headers.ts";
import { matchesEtag, type Compression, type Encoding } from "./negotiate.ts";
import { REQUEST_ID_HEADER, type RequestContext } from "./request-context.ts";

/** Bodies below this stay as they are: a compressed one would not save a packet. */
const MIN_COMPRESSED_BYTES = 1024;

/** Measured on the full list: a higher level costs several times the time for a few percent. */
const GZIP_LEVEL = 6;
const ZSTD_LEVEL = 3;
const BROTLI_QUALITY = 4;

/** What an answer is made of. `headers` hold the caching policy and all that is the same for everyone. */
export interface AnswerContent {
  /** One after the other; texts are sent in UTF-8. */
  readonly pieces: readonly (string | Uint8Array<ArrayBuffer>)[];
  readonly contentType: string;
  readonly cacheControl: string;
  readonly headers: FixedHeaders;
}

/** One encoding of an answer with its header sets; only the request id is added per request. */
interface Form {
  readonly body: Blob;
  readonly headers: Headers;
  /** For HEAD: as above, with the length that the body would have. */
  readonly headHeaders: Headers;
}

interface Tag {
  readonly etag: string;
  readonly notModifiedHeaders: Headers;
}

/**
 * The bytes of one answer and their compressed forms. Each form is made once, off the main thread,
 * when it is first asked for; requests that come meanwhile wait for the same one.
 */
export class Answer {
  readonly #content: Omit<AnswerContent, "pieces">;
  /** The answer as it is. Compressed forms are made from it, so that the bytes are held once. */
  readonly #identity: Form;
  readonly #hash: string;
  readonly #forms = new Map<Encoding, Form>();
  readonly #making = new Map<Compression, Promise<Form>>();
  readonly #tags = new Map<Encoding, Tag>();
  readonly #onGrow: () => void;
  #sizeBytes: number;

  /** `onGrow` is called when a form was added and `sizeBytes` rose. */
  constructor(content: AnswerContent, onGrow: () => void = () => {}) {
    const { pieces, ...rest } = content;
    this.#content = rest;
    this.#hash = hashOf(pieces);
    this.#onGrow = onGrow;
    this.#identity = this.#form("identity", new Blob([...pieces]));
    this.#sizeBytes = this.#identity.body.size;
    this.#forms.set("identity", this.#identity);
  }

  /** Bytes of all forms made so far. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The answer to one GET or HEAD: 304 where the client has it. At once, unless a form must be made first. */
  respond(request: Request, context: RequestContext): Response | Promise<Response> {
    const encoding =
      this.#identity.body.size < MIN_COMPRESSED_BYTES ? "identity" : context.encoding;
    const ifNoneMatch = request.headers.get("if-none-match");
    if (ifNoneMatch !== null) {
      const tag = this.#tag(encoding);
      if (matchesEtag(ifNoneMatch, tag.etag))
        return withRequestId(null, 304, tag.notModifiedHeaders, context);
    }
    const form = this.#forms.get(encoding);
    if (form !== undefined) return send(form, request, context);
    // Only compressions can be missing: identity is made with the answer.
    if (encoding === "identity") throw new Error("assertion failed: an answer without its bytes");
    return this.#compressed(encoding).then((made) => send(made, request, context));
  }

  #compressed(encoding: Compression): Promise<Form> {
    const running = this.#making.get(encoding);
    if (running !== undefined) return running;
    const made = this.#identity.body
      .bytes()
      .then((bytes) => compress(encoding, bytes))
      .then((bytes) => {
        const form = this.#form(encoding, new Blob([bytes]));
        this.#forms.set(encoding, form);
        this.#sizeBytes += bytes.byteLength;
        this.#onGrow();
        return form;
      })
      .finally(() => this.#making.delete(encoding));
    this.#making.set(encoding, made);
    return made;
  }

  #form(encoding: Encoding, body: Blob): Form {
    const fixed = {
      ...this.#sharedHeaders(encoding),
      "content-type": this.#content.contentType,
      ...(encoding === "identity" ? {} : { "content-encoding": encoding }),
    };
    return {
      body,
      headers: new Headers(fixed),
      headHeaders: new Headers({ ...fixed, "content-length": String(body.size) }),
    };
  }

  #tag(encoding: Encoding): Tag {
    const known = this.#tags.get(encoding);
    if (known !== undefined) return known;
    const shared = this.#sharedHeaders(encoding);
    const tag = { etag: shared.etag, notModifiedHeaders: new Headers(shared) };
    this.#tags.set(encoding, tag);
    return tag;
  }

  #sharedHeaders(encoding: Encoding): FixedHeaders & { readonly etag: string } {
    const suffix = encoding === "identity" ? "" : `-${encoding}`;
    return {
      ...this.#content.headers,
      etag: `"${this.#hash}${suffix}"`,
      "cache-control": this.#content.cacheControl,
      vary: "Accept-Encoding",
    };
  }
}

/** Of all pieces in order, the same in every process and version: xxHash64, each piece seeded with those before. */
function hashOf(pieces: AnswerContent["pieces"]): string {
  let hash = 0n;
  for (const piece of pieces) hash = Bun.hash.xxHash64(piece, hash);
  return hash.toString(36);
}

function send(form: Form, request: Request, context: RequestContext): Response {
  return request.method === "HEAD"
    ? withRequestId(null, 200, form.headHeaders, context)
    : withRequestId(form.body, 200, form.headers, context);
}

/** `new Response` copies the prepared headers natively: three times cheaper than an object of strings. */
function withRequestId(
  body: Blob | null,
  status: number,
  headers: Headers,
  context: RequestContext,
): Response {
  const response = new Response(body, { status, headers });
  response.headers.set(REQUEST_ID_HEADER, context.requestId);
  return response;
}

const gzipAsync = promisify(gzip);
const zstdAsync = promisify(zstdCompress);
const brotliAsync = promisify(brotliCompress);

function compress(
  encoding: Compression,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  switch (encoding) {
    case "gzip":
      return gzipAsync(bytes, { level: GZIP_LEVEL });
    case "zstd":
      return zstdAsync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } });
    case "br":
      return brotliAsync(bytes, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength,
        },
      });
  }
}
