import { REQUEST_ID_HEADER } from "./request-context.ts";

/** Header sets that never change: built once, sent with every response of their kind. */
export type FixedHeaders = Readonly<Record<string, string>>;

/** How long a client may use a stale answer while it revalidates. */
const REVALIDATE_SECONDS = 30;

/** Assets with a hash in their address never change. */
const IMMUTABLE_SECONDS = 31_536_000;

export const CACHE_IMMUTABLE = `public, max-age=${IMMUTABLE_SECONDS}, immutable`;
/** A state of the past that nothing is added to any more; a release may still write it differently. */
export const CACHE_CLOSED_SECONDS = 86_400;
export const CACHE_CLOSED = `public, max-age=${CACHE_CLOSED_SECONDS}`;
/** Documents that change only with a release: cheap to revalidate. */
export const CACHE_REVALIDATED = "public, max-age=300";
export const CACHE_NEVER = "no-store";
/** For streams: a proxy that compresses responses would hold events back until it has enough to compress. */
export const CACHE_NEVER_AS_SENT = "no-store, no-transform";

/** Cache-Control values by max-age: built once, since every request needs one. */
const UNTIL_NEXT = Array.from(
  { length: 61 },
  (_, seconds) => `public, max-age=${seconds}, stale-while-revalidate=${REVALIDATE_SECONDS}`,
);

/**
 * Cache-Control of an answer from the current snapshot, with the next one due in `freshForMs`. At least a second, so
 * that a shared cache can combine concurrent requests; at most a minute.
 */
export function cacheUntilNext(freshForMs: number): string {
  const seconds = Math.min(UNTIL_NEXT.length - 1, Math.max(1, Math.ceil(freshForMs / 1000)));
  return UNTIL_NEXT[seconds] ?? CACHE_NEVER;
}

/**
 * Strict-Transport-Security is omitted on purpose: TLS ends at the proxy in front of this service, and only that knows
 * whether the name is served over HTTPS.
 */
const EVERYWHERE: FixedHeaders = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

/** Headers that pages of other origins may read. */
const EXPOSED_HEADERS =
  "Content-Disposition, ETag, Link, Retry-After, X-Complete, X-As-Of, X-Did-You-Mean, X-Fetched-At, X-Missing-Exchanges, X-Missing-Fields, X-Of-Exchanges, X-Removed, X-Request-Id, X-Reset, X-Resolved, X-Snapshot, X-Thresholds, X-Total-Count";

/** Public data: any origin may read it; none may frame it or embed active content. */
export const API_HEADERS: FixedHeaders = {
  ...EVERYWHERE,
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "cross-origin",
  "access-control-allow-origin": "*",
  "access-control-expose-headers": EXPOSED_HEADERS,
};

const PAGE_POLICY =
  "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; img-src 'self' data:";

/** Server-rendered pages: our style sheet, no script at all. */
export const PAGE_HEADERS: FixedHeaders = {
  ...EVERYWHERE,
  "content-security-policy": `${PAGE_POLICY}; style-src 'self'; form-action 'self'`,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

/** The page that sends requests: its own script, which only calls this service. */
export const TRY_HEADERS: FixedHeaders = {
  ...PAGE_HEADERS,
  "content-security-policy": `${PAGE_POLICY}; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'`,
};

/** Headers of a response that is built per request and not cached. */
export function uncachedHeaders(contentType: string, requestId: string): Record<string, string> {
  return {
    ...API_HEADERS,
    "content-type": contentType,
    "cache-control": CACHE_NEVER,
    [REQUEST_ID_HEADER]: requestId,
  };
}

/** A header set combined with a Cache-Control value; within a snapshot there are as many of these as seconds. */
export class HeaderSet {
  readonly #fixed: FixedHeaders;
  readonly #byPolicy = new Map<string, Headers>();

  constructor(fixed: FixedHeaders) {
    this.#fixed = fixed;
  }

  with(cacheControl: string): Headers {
    const known = this.#byPolicy.get(cacheControl);
    if (known !== undefined) return known;
    const made = new Headers({ ...this.#fixed, "cache-control": cacheControl });
    this.#byPolicy.set(cacheControl, made);
    return made;
  }
}
