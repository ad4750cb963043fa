import type { Snapshot } from "../../domain/market.ts";
import type { Accepts } from "./list-format.ts";
import type { Encoding } from "./negotiate.ts";
import type { RequestAddress } from "./request-address.ts";

/** What the server knows about a request besides the request itself; empty outside a server. */
export interface RequestInfo {
  /** Resolved on access. */
  readonly remoteAddress?: string | undefined;
  /** Closes the connection if nothing moves on it for this long; 0: never. */
  limitIdle?(seconds: number): void;
}

/** What travels through the application along with a request. */
export interface RequestContext {
  readonly connection?: RequestInfo;
  readonly requestId: string;
  readonly address: RequestAddress;
  /** The client as counted by limits; null if unknown. Resolved on access. */
  readonly client: string | null;
  /** The route's pattern, or what was wrong with the path; label for metrics and logs. */
  readonly route: string;
  /** The best encoding that both the client and this service support. */
  readonly encoding: Encoding;
  /** The format preferred by the Accept header; a list's `format` parameter takes precedence. */
  readonly accepts: Accepts;
  /** Cache-Control for answers that are valid until the next snapshot. */
  readonly cacheControl: string;
  /** The snapshot to answer from; by default the one being served. */
  readonly snapshot?: Snapshot;
}

/** Hono's environment of all our routes: the context is passed as bindings. */
export interface AppEnv {
  Bindings: RequestContext;
}

export const REQUEST_ID_HEADER = "x-request-id";

/** A caller's request id that is safe to echo: short, and unable to break a header or a log line. */
const SAFE_REQUEST_ID = /^[\w.:-]{1,64}$/;

/** The caller's request id if it is safe, else a new one. */
export function requestIdOf(headers: Headers, newId: () => string): string {
  const given = headers.get(REQUEST_ID_HEADER);
  return given !== null && SAFE_REQUEST_ID.test(given) ? given : newId();
}
