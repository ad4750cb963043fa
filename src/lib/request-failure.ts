import { ExpectedError } from "./expected-error.ts";
import { errorText } from "./log.ts";

export type RequestFailureKind =
  | "timeout"
  | "network"
  | "http"
  | "rate_limited"
  | "banned"
  | "geo_blocked"
  | "bad_envelope"
  | "too_large";

/** The public texts for failures whose messages come from the remote side. */
const WORDS = {
  timeout: "no answer in time",
  network: "the connection failed",
  http: "it returned an error",
  rate_limited: "it limits our request rate",
  banned: "it temporarily bans this address",
  geo_blocked: "it blocks requests from this country",
  bad_envelope: "the answer is not in the documented format",
  too_large: "the answer is too large",
} satisfies Record<RequestFailureKind, string>;

interface FailureDetails {
  readonly status?: number | null;
  readonly retryAfterMs?: number | null;
  readonly detail?: string | null;
}

/**
 * A request that did not yield a usable answer. It never contains a URL, a header or a raw fetch error (those can
 * contain a token). The message may quote the remote side, including our address: it is for the log only.
 */
export class RequestFailure extends ExpectedError {
  readonly kind: RequestFailureKind;
  /** Safe to publish: texts and figures of this program, never of the remote side. */
  readonly publicWords: string;
  /** HTTP status, null if no response arrived. */
  readonly status: number | null;
  /** How long the server asked us to wait, null if it did not say. */
  readonly retryAfterMs: number | null;
  /** The start of the remote side's text, for the operator's log only. */
  readonly detail: string | null;

  constructor(
    kind: RequestFailureKind,
    message: string,
    details: FailureDetails & { readonly publicWords?: string } = {},
  ) {
    super(message);
    this.name = "RequestFailure";
    this.kind = kind;
    this.publicWords = details.publicWords ?? WORDS[kind];
    this.status = details.status ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.detail = details.detail ?? null;
  }
}

/** A failure detected by this program: `words` contain nothing from the remote side and are safe to publish. */
export function ownFailure(
  kind: RequestFailureKind,
  words: string,
  details: FailureDetails = {},
): RequestFailure {
  return new RequestFailure(kind, words, { ...details, publicWords: words });
}

/** A request that was not sent because of an earlier answer of the remote side: nothing new was learned. */
export class NotSent extends RequestFailure {
  readonly answer: RequestFailure;

  /** `words` are safe to publish. `leftMs`: remaining wait, null if the remote side did not state one. */
  constructor(answer: RequestFailure, words: string, leftMs: number | null = null) {
    super(answer.kind, words, { publicWords: words, retryAfterMs: leftMs });
    this.name = "NotSent";
    this.answer = answer;
  }
}

/** Bound on text from the remote side; enough to show the cause. */
const MAX_DETAIL_CHARS = 600;

/** How a failure is reported: a public text, and more detail for the operator's log. */
export interface FailureAccount {
  readonly publicWords: string;
  /** The text of the remote side or of the runtime; null if there is none. */
  readonly detail: string | null;
}

/** The one place that decides what is published about a failure. */
export function accountOf(error: unknown): FailureAccount {
  if (!(error instanceof RequestFailure)) {
    // An unforeseen exception caused by a payload: its message may quote the payload.
    const detail = errorText(error).slice(0, MAX_DETAIL_CHARS);
    return { publicWords: "the answer could not be read", detail };
  }
  const { publicWords, message, detail } = error;
  const kept = [message === publicWords ? null : message, detail].filter((text) => text !== null);
  return { publicWords, detail: kept.join("; ").slice(0, MAX_DETAIL_CHARS) || null };
}
