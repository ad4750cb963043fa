import { REQUEST_ID_HEADER } from "./request-context.ts";

/** Header sets that never change: made once, sent with every answer of their kind. */
export type FixedHeaders = Readonly<Record<string, string>>;

/** A client may show what it has for this long while it asks again. */
const REVALIDATE_SECONDS = 30;

/** Assets whose address holds their hash never change. */
const IMMUTABLE_SECONDS = 31_536_000;

export const CACHE_IMMUTABLE = `public, max-age=${IMMUTABLE_SECONDS}, immutable`;
/** Documents that change with a release only: cheap to ask for again. */
export const CACHE_REVALIDATED = "public, max-age=300";
export const CACHE_NEVER = "no-store";
/** Of a stream: a proxy that compresses answers would hold its events until there is enough to compress. */
export const CACHE_NEVER_AS_SENT = "no-store, no-transform";

/** Texts of Cache-Control by their seconds: made once, every request has one. */
const UNTIL_NEXT = Array.from(
  { length: 61 },
  (_, seconds) => `public, max-age=${seconds}, stale-while-revalidate=${REVALIDATE_SECONDS}`,
);

/**
 * Cache-Control of an answer that is made from the current snapshot, `freshForMs` before the next one can come.
 * At least a second: it lets a shared cache gather the requests that come in it. At most a minute.
 */
export function cacheUntilNext(freshForMs: number): string {
  const seconds = Math.min(UNTIL_NEXT.length - 1, Math.max(1, Math.ceil(freshForMs / 1000)));
  return UNTIL_NEXT[seconds] ?? CACHE_NEVER;
}

/**
 * Strict-Transport-Security is missing on purpose: TLS ends in the proxy before this service, which alone
 * knows whether the name is served by HTTPS.
 */
const EVERYWHERE: FixedHeaders = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

/** Headers that a page of another origin may read. */
const EXPOSED_HEADERS =
  "Content-Disposition, ETag, Link, Retry-After, X-Did-You-Mean, X-Fetched-At, X-Missing-Exchanges, X-Of-Exchanges, X-Removed, X-Request-Id, X-Reset, X-Resolved, X-Snapshot, X-Thresholds, X-Total-Count";

/** Public data: any origin may read it, no origin may frame it or let it act. */
export const API_HEADERS: FixedHeaders = {
  ...EVERYWHERE,
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "cross-origin",
  "access-control-allow-origin": "*",
  "access-control-expose-headers": EXPOSED_HEADERS,
};

const PAGE_POLICY =
  "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; img-src 'self' data:";

/** Server-rendered pages: own style sheet, no script at all. */
export const PAGE_HEADERS: FixedHeaders = {
  ...EVERYWHERE,
  "content-security-policy": `${PAGE_POLICY}; style-src 'self'; form-action 'self'`,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

/** The page that sends requests: a script of its own, which calls this service alone. */
export const TRY_HEADERS: FixedHeaders = {
  ...PAGE_HEADERS,
  "content-security-policy": `${PAGE_POLICY}; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'`,
};

/** Headers of an answer that is made per request and kept by nobody. */
export function uncachedHeaders(contentType: string, requestId: string): Record<string, string> {
  return {
    ...API_HEADERS,
    "content-type": contentType,
    "cache-control": CACHE_NEVER,
    [REQUEST_ID_HEADER]: requestId,
  };
}

/** A header set as it is at one Cache-Control; within a snapshot that takes as many values as the snapshot has seconds. */
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
