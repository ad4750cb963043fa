import type { MissingExchange } from "../../domain/exchange.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import { uncachedHeaders } from "./headers.ts";
import { rawPathOf } from "./request-address.ts";
import type { RequestContext } from "./request-context.ts";

/** Every kind of failure, with its status and title. Codes are part of the public contract. */
export const PROBLEMS = {
  bad_request: { status: 400, title: "The request cannot be read" },
  bad_parameter: { status: 400, title: "A parameter is invalid" },
  bad_cursor: { status: 400, title: "The cursor is not valid for this query" },
  not_found: { status: 404, title: "Nothing exists at this address" },
  unknown_base: { status: 404, title: "No exchange has ever listed this asset" },
  unknown_instrument: {
    status: 404,
    title: "This exchange does not currently list such an instrument",
  },
  no_history: { status: 404, title: "Nothing is recorded of this moment" },
  method_not_allowed: { status: 405, title: "This endpoint does not support this method" },
  cursor_expired: { status: 410, title: "The snapshot of this cursor is gone" },
  uri_too_long: { status: 414, title: "The request address is too long" },
  stream_limit: { status: 429, title: "This address has reached its limit of streams" },
  internal: { status: 500, title: "Something went wrong here" },
  not_ready: { status: 503, title: "There is no data yet" },
  no_data: { status: 503, title: "None of the requested exchanges has any data now" },
  busy: { status: 503, title: "Too many requests are being processed at once" },
  history_unavailable: { status: 503, title: "The history cannot be read now" },
  too_many_streams: { status: 503, title: "The server has no room for another stream" },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** A parameter and the rule that it broke. */
export interface ParameterError {
  readonly parameter: string;
  readonly rule: string;
}

/** A failure that is reported to the caller: thrown by handlers, rendered once. */
export class ApiError extends ExpectedError {
  readonly code: ProblemCode;
  readonly errors: readonly ParameterError[];
  readonly headers: Readonly<Record<string, string>>;
  /** The exchanges whose absence caused the failure; empty for other failures. */
  readonly missing: readonly MissingExchange[];
  /** Suggestions for a misspelt name; may be empty. */
  readonly didYouMean: readonly string[];

  constructor(
    code: ProblemCode,
    detail: string,
    more: {
      readonly errors?: readonly ParameterError[];
      readonly headers?: Readonly<Record<string, string>>;
      readonly didYouMean?: readonly string[];
      readonly missing?: readonly MissingExchange[];
    } = {},
  ) {
    super(detail);
    this.name = "ApiError";
    this.code = code;
    this.errors = more.errors ?? [];
    this.headers = more.headers ?? {};
    this.missing = more.missing ?? [];
    this.didYouMean = more.didYouMean ?? [];
  }
}

/** The problem for invalid parameters, at least one: the first is in the detail, all are in `errors`. */
export function badParameters(errors: readonly ParameterError[]): ApiError {
  return new ApiError("bad_parameter", detailOf(errors), { errors });
}

/** The first broken rule, followed by the number of further ones. */
function detailOf(errors: readonly ParameterError[]): string {
  const [first, ...others] = errors;
  if (first === undefined) return "";
  const more = others.length === 0 ? "" : ` (and ${others.length} more in errors)`;
  return asSentence(`${first.parameter || '""'} ${first.rule}${more}`);
}

/** Adds a full stop unless the text ends in a question mark. */
export function asSentence(text: string): string {
  return text.endsWith("?") ? text : `${text}.`;
}

/** Suggested retry time while the first batches arrive. */
const NOT_READY_RETRY_SECONDS = 5;

export function notReady(): ApiError {
  return new ApiError("not_ready", "No exchange has answered yet. Ask again in a few seconds.", {
    headers: { "retry-after": String(NOT_READY_RETRY_SECONDS) },
  });
}

/** Suggested retry time under overload: most of the current work is done by then. */
const BUSY_RETRY_SECONDS = 2;

/** The service is overloaded; `detail` says in which respect. */
export function busy(detail: string): ApiError {
  return new ApiError("busy", detail, { headers: { "retry-after": String(BUSY_RETRY_SECONDS) } });
}

/** The page that explains every problem, with an anchor for each code. */
const PROBLEMS_PATH = "/docs/problems";

/**
 * The URI of the page section that explains a code. RFC 9457 wants an absolute URI if possible, otherwise one with the
 * full path: with `origin`, the service's public origin, it is absolute.
 */
export function problemType(code: ProblemCode, origin: string | null): string {
  return `${origin ?? ""}${PROBLEMS_PATH}#${code}`;
}

/**
 * The response to a failed request: RFC 9457 problem+json with our `code` and `request_id`. See `problemType` for
 * `origin`.
 */
export function problemResponse(
  error: ApiError,
  context: RequestContext,
  origin: string | null,
): Response {
  const { status, title } = PROBLEMS[error.code];
  const body = {
    type: problemType(error.code, origin),
    title,
    status,
    detail: error.message,
    instance: rawPathOf(context.address).slice(0, MAX_INSTANCE_LENGTH),
    code: error.code,
    request_id: context.requestId,
    ...(error.errors.length > 0 ? { errors: error.errors } : {}),
    ...(error.didYouMean.length > 0 ? { did_you_mean: error.didYouMean } : {}),
    ...(error.missing.length > 0 ? { missing: error.missing } : {}),
  };
  const text = JSON.stringify(body);
  return new Response(text, {
    status,
    headers: {
      ...uncachedHeaders("application/problem+json", context.requestId),
      // Set here because HEAD, which has no body, must report the same length.
      "content-length": String(Buffer.byteLength(text)),
      ...error.headers,
    },
  });
}

/** A target that was rejected for its length is not echoed in full. */
const MAX_INSTANCE_LENGTH = 256;
