import { fullJitterMs, type Random } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import { ownFailure, RequestFailure, type RequestFailureKind } from "./request-failure.ts";

/** Tries after the first one, of calls that may be repeated. More would only delay the next refresh. */
const MAX_REPEATS = 2;
const REPEAT_BOUNDS = { baseMs: 250, capMs: 2_000 } as const;

/** How much of an unreadable body is shown to the operator. */
const BODY_START_CHARS = 300;

/** A server that asks for more patience than this is not obeyed to the letter: clocks and units go wrong. */
const RETRY_AFTER_CAP_MS = 3 * 24 * 3_600_000;

/** Some exchanges (BTSE) write the time to wait for, in unix seconds: no wait is of thirty years. */
const UNIX_SECONDS_FROM = 1_000_000_000;

export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  /** Sent as JSON when given. */
  readonly body?: unknown;
  /** May be sent again when it fails: a read, whatever its method. */
  readonly repeatable: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs: number | null;
}

export interface HttpLimits {
  /** From sending to the last byte of the body. */
  readonly timeoutMs: number;
  /** Of the decoded body. */
  readonly maxBodyBytes: number;
}

export interface HttpClientDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly userAgent: string;
  readonly limits: HttpLimits;
}

/** Leave to send one request; called before every try, so that waiting between tries holds nothing. */
export type Admission = (signal: AbortSignal | undefined) => Promise<() => void>;

export interface SendOptions {
  readonly signal?: AbortSignal;
  readonly admission?: Admission;
  /** Reads a failure status in the server's own terms; null leaves the general rule. */
  readonly classify?: (status: number, bodyStart: string) => RequestFailureKind | null;
  /** Reads a wait in milliseconds that the server states in its body instead of in Retry-After. */
  readonly readWait?: (bodyStart: string, nowMs: number) => number | null;
}

/**
 * The only place that calls fetch. Every call has a time-out, a body cap and a bound on repeats;
 * connections are kept alive by the runtime. Errors are RequestFailure and never hold the URL.
 */
export class HttpClient {
  readonly #deps: HttpClientDeps;

  constructor(deps: HttpClientDeps) {
    this.#deps = deps;
  }

  /** How long one try may take, from sending to the last byte. */
  get timeoutMs(): number {
    return this.#deps.limits.timeoutMs;
  }

  /** Sends and parses JSON. Throws RequestFailure for every status but 2xx and for a body that is no JSON. */
  async json(request: HttpRequest, options: SendOptions = {}): Promise<unknown> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await this.send(request, options);
        if (answer.status < 200 || answer.status > 299)
          throw statusFailure(answer, options, this.#deps.clock.nowMs());
        return parseJson(answer.text);
      } catch (error) {
        if (!this.#mayRepeat(request, error, attempt, options.signal)) throw error;
        await this.#deps.clock.sleep(
          fullJitterMs(attempt, REPEAT_BOUNDS, this.#deps.random),
          options.signal,
        );
      }
    }
  }

  /** Sends once and returns whatever status came. Throws RequestFailure: timeout, network, too_large. */
  async send(request: HttpRequest, options: SendOptions = {}): Promise<HttpAnswer> {
    const release = await admit(options);
    const ended = new AbortController();
    const { clock, limits } = this.#deps;
    let timedOut = false;
    const abort = new AbortController();
    const onAbort = (): void => abort.abort();
    if (options.signal?.aborted) onAbort();
    options.signal?.addEventListener("abort", onAbort, { once: true });
    void clock.sleep(limits.timeoutMs, ended.signal).then(() => {
      if (ended.signal.aborted) return;
      timedOut = true;
      abort.abort();
    });
    try {
      return await this.#fetchBounded(request, abort.signal);
    } catch (error) {
      if (error instanceof RequestFailure) throw error;
      if (timedOut)
        throw ownFailure("timeout", `no whole answer within ${limits.timeoutMs / 1000} s`);
      if (options.signal?.aborted) throw ownFailure("timeout", "the refresh ran out of time");
      throw ownFailure("network", networkReason(error));
    } finally {
      abort.abort();
      ended.abort();
      options.signal?.removeEventListener("abort", onAbort);
      release();
    }
  }

  async #fetchBounded(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const headers: Record<string, string> = {
      accept: "application/json",
      "user-agent": this.#deps.userAgent,
    };
    if (request.body !== undefined) headers["content-type"] = "application/json";
    const response = await fetch(request.url, {
      method: request.method,
      headers,
      redirect: "manual",
      signal,
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
    const text = await readBounded(response, this.#deps.limits.maxBodyBytes);
    return {
      status: response.status,
      text,
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

/** The body as text. Throws RequestFailure("too_large") as soon as it passes the cap, without reading on. */
async function readBounded(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) {
      throw ownFailure("too_large", `the answer is over ${maxBytes} bytes`, {
        status: response.status,
      });
    }
    parts.push(decoder.decode(chunk, { stream: true }));
  }
  parts.push(decoder.decode());
  return parts.join("");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const start = text.trimStart().slice(0, 1);
    if (start === "") throw ownFailure("bad_envelope", "expected JSON, got an empty body");
    if (start === "<") throw ownFailure("bad_envelope", "expected JSON, got an HTML page");
    const failure = ownFailure(
      "bad_envelope",
      `expected JSON, got ${text.length} characters that are none`,
    );
    failure.cause = cause;
    throw failure;
  }
}

function statusFailure(answer: HttpAnswer, options: SendOptions, nowMs: number): RequestFailure {
  const bodyStart = answer.text.slice(0, BODY_START_CHARS);
  const kind =
    unmistakableKind(answer.status) ??
    options.classify?.(answer.status, bodyStart) ??
    (answer.status === 429 ? "rate_limited" : "http");
  const stated = answer.retryAfterMs ?? options.readWait?.(bodyStart, nowMs) ?? null;
  const isHtml = bodyStart.trimStart().startsWith("<");
  return ownFailure(kind, `HTTP ${answer.status}${isHtml ? " with an HTML page" : ""}`, {
    status: answer.status,
    retryAfterMs: stated === null ? null : boundedWaitMs(stated),
    detail: isHtml ? null : bodyStart.replaceAll(/\s+/g, " ").trim() || null,
  });
}

/** Statuses that mean one thing on every server, whatever their body says. */
function unmistakableKind(status: number): RequestFailureKind | null {
  if (status === 418) return "banned";
  return status === 451 ? "geo_blocked" : null;
}

/** Seconds or an HTTP date, as RFC 9110 allows, or unix seconds; null when absent or unreadable. */
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

/** A name such as ECONNREFUSED; anything longer or with other letters is a text. */
const ERROR_CODE = /^\w{1,50}$/;

/** A runtime's error code without its message, which may hold the URL. */
function networkReason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return `the connection failed (${ERROR_CODE.test(code) ? code : "unknown"})`;
}
