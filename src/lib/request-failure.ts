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

/** What may be shown of a failure that the other side worded. */
const WORDS = {
  timeout: "no answer in time",
  network: "the connection failed",
  http: "it answered with an error",
  rate_limited: "it asks for fewer requests",
  banned: "it refuses requests from here for a while",
  geo_blocked: "it refuses requests from this country",
  bad_envelope: "the answer is not in its documented form",
  too_large: "the answer is too large",
} satisfies Record<RequestFailureKind, string>;

interface FailureDetails {
  readonly status?: number | null;
  readonly retryAfterMs?: number | null;
  readonly detail?: string | null;
}

/**
 * A request that did not yield a usable answer. It never holds a URL, a header or a raw fetch error (those can
 * carry a token). The message may repeat what the other side wrote, our address among it: it is for the log alone.
 */
export class RequestFailure extends Error {
  readonly kind: RequestFailureKind;
  /** What anyone may read: words and figures of this program, never the other side's. */
  readonly publicWords: string;
  /** HTTP status, null when no response arrived. */
  readonly status: number | null;
  /** How long the server asked us to wait, null when it did not say. */
  readonly retryAfterMs: number | null;
  /** The start of what the other side wrote, for the operator's log alone. */
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

/** A failure that this program found itself: `words` hold nothing that the other side wrote, and anyone may read them. */
export function ownFailure(
  kind: RequestFailureKind,
  words: string,
  details: FailureDetails = {},
): RequestFailure {
  return new RequestFailure(kind, words, { ...details, publicWords: words });
}

/** A request of ours that was not sent, for what the other side answered before: it says nothing new. */
export class NotSent extends RequestFailure {
  readonly answer: RequestFailure;

  /** `words` are for anyone. `leftMs`: of the wait, null where nobody said how long. */
  constructor(answer: RequestFailure, words: string, leftMs: number | null = null) {
    super(answer.kind, words, { publicWords: words, retryAfterMs: leftMs });
    this.name = "NotSent";
    this.answer = answer;
  }
}

/** The other side decides how much it writes; this much tells the cause. */
const MAX_DETAIL_CHARS = 600;

/** What is told of a failure: words for anyone, and what the operator's log keeps besides. */
export interface FailureAccount {
  readonly publicWords: string;
  /** The other side's words or the runtime's; null where there are none. */
  readonly detail: string | null;
}

/** The one place that decides which words of a failure may leave this program. */
export function accountOf(error: unknown): FailureAccount {
  if (!(error instanceof RequestFailure)) {
    // A payload that broke the code in a way it did not foresee: the error may quote it.
    const detail = errorText(error).slice(0, MAX_DETAIL_CHARS);
    return { publicWords: "the answer could not be read", detail };
  }
  const { publicWords, message, detail } = error;
  const kept = [message === publicWords ? null : message, detail].filter((text) => text !== null);
  return { publicWords, detail: kept.join("; ").slice(0, MAX_DETAIL_CHARS) || null };
}
