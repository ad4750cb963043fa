import { fullJitterMs, type Random } from "./backoff.ts";
import { ByteBudget, type Holding } from "./byte-budget.ts";
import type { Clock } from "./clock.ts";
import type { JsonBounds } from "./json-scan.ts";
import { type Classify, refusalKind } from "./refusal-kind.ts";
import { ownFailure, RequestFailure } from "./request-failure.ts";
import { ACCEPTED_ENCODING, type BodyBounds, readBody, readBodyStart } from "./response-body.ts";

/** Retries of calls that may be repeated. More would only delay the next refresh. */
const MAX_REPEATS = 2;
const REPEAT_BOUNDS = { baseMs: 250, capMs: 2_000 } as const;

/** How much of an unreadable body is shown to the operator. */
const BODY_START_CHARS = 300;
/** How much of an error response's body is read: enough to get past the head of an HTML page. */
const BODY_START_BYTES = 4_096;

/** Cap on a server's Retry-After: a longer wait is a wrong clock or unit. */
const RETRY_AFTER_CAP_MS = 3 * 24 * 3_600_000;

/** From here on Retry-After is a point in time in unix seconds (BTSE), not a wait of thirty years. */
const UNIX_SECONDS_FROM = 1_000_000_000;

export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  /** Sent as JSON when given. */
  readonly body?: unknown;
  /** Whether it may be retried: true for reads, whatever the method. */
  readonly repeatable: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs: number | null;
}

/** A JSON body as decoded for the caller, and its size. */
export interface JsonReply<T> {
  readonly value: T;
  /** Size after decompression. */
  readonly bytes: number;
  /** Members of the longest list or object in it. */
  readonly mostMembers: number;
}

/** How a JSON body is read. */
export interface JsonReading<T> {
  /** Its limits, checked while it arrives, before any of it is parsed. */
  readonly bounds: { readonly maxBytes: number; readonly json: JsonBounds };
  /** Extracts what is needed from a parsed body, given with its text; the rest becomes garbage. */
  readonly decode: (body: unknown, bytes?: Uint8Array) => T;
}

export interface HttpLimits {
  /** From sending to the last byte of the body. */
  readonly timeoutMs: number;
  /** Size after decompression, for a body that is not read as JSON. */
  readonly maxBodyBytes: number;
  /** Total of all bodies being read or waiting to be parsed; beyond it the largest one is dropped. */
  readonly maxHeldBytes: number;
}

export interface HttpClientDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly userAgent: string;
  readonly limits: HttpLimits;
  /** Called with the bytes of every body as they are read, whatever becomes of it. */
  readonly onRead?: (bytes: number) => void;
}

/** Permission to send one request; acquired before every try, so that none is held between tries. */
export type Admission = (signal: AbortSignal | undefined) => Promise<() => void>;

export interface SendOptions {
  readonly signal?: AbortSignal;
  readonly admission?: Admission;
  readonly classify?: Classify;
  /** Reads a wait in milliseconds that the server states in the body instead of in Retry-After. */
  readonly readWait?: (bodyStart: string, nowMs: number) => number | null;
}

/**
 * The only caller of fetch. Every call has a time-out, a body limit and a bounded number of retries;
 * the runtime keeps connections alive. Errors are RequestFailure and never contain the URL.
 */
export class HttpClient {
  readonly #deps: HttpClientDeps;
  readonly #held: ByteBudget;

  constructor(deps: HttpClientDeps) {
    this.#deps = deps;
    this.#held = new ByteBudget(deps.limits.maxHeldBytes, deps.onRead);
  }

  /** Time-out of one try, from sending to the last byte. */
  get timeoutMs(): number {
    return this.#deps.limits.timeoutMs;
  }

  /**
   * Sends, parses JSON and decodes it; parsing is synchronous, so one body at a time. Throws RequestFailure for any
   * status but 2xx and for a body that exceeds a limit or is not JSON, and whatever `decode` throws.
   */
  async json<T>(
    request: HttpRequest,
    reading: JsonReading<T>,
    options: SendOptions = {},
  ): Promise<JsonReply<T>> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#try(request, options, async (response, holding) => {
          if (!response.ok) {
            const start = await readBodyStart(response, BODY_START_BYTES);
            throw statusFailure(this.#answer(response, start), options, this.#deps.clock.nowMs());
          }
          const { bytes, mostMembers } = await readBody(response, reading.bounds, holding);
          return () => {
            const value = reading.decode(parseJson(bytes), bytes);
            return { value, bytes: bytes.byteLength, mostMembers };
          };
        });
      } catch (error) {
        if (!this.#mayRepeat(request, error, attempt, options.signal)) throw error;
        await this.#deps.clock.sleep(
          fullJitterMs(attempt, REPEAT_BOUNDS, this.#deps.random),
          options.signal,
        );
      }
    }
  }

  /** Sends once and returns the response whatever its status. Throws RequestFailure: timeout, network, too_large. */
  async send(request: HttpRequest, options: SendOptions = {}): Promise<HttpAnswer> {
    const bounds: BodyBounds = { maxBytes: this.#deps.limits.maxBodyBytes, json: null };
    return this.#try(request, options, async (response, holding) => {
      const { bytes } = await readBody(response, bounds, holding);
      return () => this.#answer(response, bytes);
    });
  }

  /**
   * One try: admitted, sent and read, all within the time-out. The function that `read` returns builds the value while
   * the body still counts as held; its exceptions are not failures of the request and are passed on unchanged.
   */
  async #try<T>(
    request: HttpRequest,
    options: SendOptions,
    read: (response: Response, holding: Holding) => Promise<() => T>,
  ): Promise<T> {
    const release = await admit(options);
    const { clock, limits } = this.#deps;
    const abort = new AbortController();
    let ending: RequestFailure | null = null;
    const end = (failure: RequestFailure): void => {
      ending ??= failure;
      abort.abort(ending);
    };
    const onAbort = (): void => end(ownFailure("timeout", "the refresh ran out of time"));
    if (options.signal?.aborted) onAbort();
    options.signal?.addEventListener("abort", onAbort, { once: true });
    const holding = this.#held.hold(() => end(overHeld(limits.maxHeldBytes)));
    const cancelTimeout = clock.after(limits.timeoutMs, () =>
      end(ownFailure("timeout", `no complete answer within ${limits.timeoutMs / 1000} s`)),
    );
    try {
      const made = await this.#fetch(request, abort.signal)
        .then((response) => read(response, holding))
        .catch((error: unknown) => {
          // The rest of the body is not read.
          abort.abort(error);
          if (error instanceof RequestFailure) throw error;
          throw ending ?? ownFailure("network", networkReason(error));
        });
      if (ending !== null) throw ending;
      return made();
    } finally {
      cancelTimeout();
      options.signal?.removeEventListener("abort", onAbort);
      holding.release();
      release();
    }
  }

  #fetch(request: HttpRequest, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = {
      accept: "application/json",
      "accept-encoding": ACCEPTED_ENCODING,
      "user-agent": this.#deps.userAgent,
    };
    if (request.body !== undefined) headers["content-type"] = "application/json";
    return fetch(request.url, {
      method: request.method,
      headers,
      redirect: "manual",
      decompress: false,
      signal,
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
  }

  #answer(response: Response, bytes: Uint8Array): HttpAnswer {
    return {
      status: response.status,
      text: new TextDecoder().decode(bytes),
      retryAfterMs: retryAfterMs(response.headers.get("retry-after"), this.#deps.clock.nowMs()),
    };
  }

  #mayRepeat(request: HttpRequest, error: unknown, attempt: number, signal?: AbortSignal): boolean {
    if (!request.repeatable || attempt >= MAX_REPEATS || signal?.aborted) return false;
    if (!(error instanceof RequestFailure)) return false;
    if (error.kind === "network") return true;
    return (
      error.kind === "http" &&
      error.status !== null &&
      error.status >= 500 &&
      error.retryAfterMs === null
    );
  }
}

async function admit(options: SendOptions): Promise<() => void> {
  if (options.admission === undefined) return () => {};
  try {
    return await options.admission(options.signal);
  } catch (error) {
    if (error instanceof RequestFailure) throw error;
    throw ownFailure("timeout", "the refresh ran out of time while waiting for its turn");
  }
}

function overHeld(maxHeldBytes: number): RequestFailure {
  const message = `pending answers exceeded ${maxHeldBytes} bytes, this was the largest`;
  return ownFailure("too_large", message);
}

function parseJson(bytes: Uint8Array): unknown {
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const start = text.trimStart().slice(0, 1);
    if (start === "") throw ownFailure("bad_envelope", "expected JSON, got an empty body");
    if (start === "<") throw ownFailure("bad_envelope", "expected JSON, got an HTML page");
    const failure = ownFailure(
      "bad_envelope",
      `expected JSON, got ${text.length} characters that do not parse`,
    );
    failure.cause = cause;
    throw failure;
  }
}

function statusFailure(answer: HttpAnswer, options: SendOptions, nowMs: number): RequestFailure {
  const bodyStart = answer.text.slice(0, BODY_START_CHARS);
  const kind = refusalKind(answer.status, answer.text, options.classify);
  const stated = answer.retryAfterMs ?? options.readWait?.(bodyStart, nowMs) ?? null;
  const isHtml = bodyStart.trimStart().startsWith("<");
  return ownFailure(kind, `HTTP ${answer.status}${isHtml ? " with an HTML page" : ""}`, {
    status: answer.status,
    retryAfterMs: stated === null ? null : boundedWaitMs(stated),
    detail: isHtml ? null : bodyStart.replaceAll(/\s+/g, " ").trim() || null,
  });
}

/** Seconds or an HTTP date, as RFC 9110 allows, or unix seconds; null if absent or unreadable. */
function retryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null || header.trim() === "") return null;
  const seconds = Number(header);
  const waitMs = Number.isFinite(seconds)
    ? seconds * 1000 - (seconds > UNIX_SECONDS_FROM ? nowMs : 0)
    : Date.parse(header) - nowMs;
  if (!Number.isFinite(waitMs)) return null;
  return boundedWaitMs(waitMs);
}

function boundedWaitMs(waitMs: number): number {
  return Math.min(Math.max(0, waitMs), RETRY_AFTER_CAP_MS);
}

/** A code such as ECONNREFUSED; anything longer or with other characters is a message. */
const ERROR_CODE = /^\w{1,50}$/;

/** The runtime's error code without its message, which may contain the URL. */
function networkReason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return `the connection failed (${ERROR_CODE.test(code) ? code : "unknown"})`;
}
