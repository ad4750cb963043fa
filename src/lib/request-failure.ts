export type RequestFailureKind =
  | "timeout"
  | "network"
  | "http"
  | "rate_limited"
  | "banned"
  | "geo_blocked"
  | "bad_envelope"
  | "too_large";

/**
 * A request that did not yield a usable answer. The message is safe to show to anyone: it never holds a
 * URL, a header, a raw fetch error (those can carry a token) or what the other side wrote.
 */
export class RequestFailure extends Error {
  readonly kind: RequestFailureKind;
  /** HTTP status, null when no response arrived. */
  readonly status: number | null;
  /** How long the server asked us to wait, null when it did not say. */
  readonly retryAfterMs: number | null;
  /** The start of what the other side wrote, for the operator's log alone: it may name our address. */
  readonly detail: string | null;

  constructor(
    kind: RequestFailureKind,
    message: string,
    details: {
      status?: number | null;
      retryAfterMs?: number | null;
      detail?: string | null;
    } = {},
  ) {
    super(message);
    this.name = "RequestFailure";
    this.kind = kind;
    this.status = details.status ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.detail = details.detail ?? null;
  }
}
