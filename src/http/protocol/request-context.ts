import type { Format } from "./list-format.ts";
import type { Encoding } from "./negotiate.ts";
import type { RequestAddress } from "./request-address.ts";

/** What the server knows of a request besides the request; nothing of it outside a server. */
export interface RequestInfo {
  /** Looked up when it is read. */
  readonly remoteAddress?: string | undefined;
  /** Cuts it off when nothing moves on it for this long; 0: never. */
  limitIdle?(seconds: number): void;
}

/** What one request carries through the application besides itself. */
export interface RequestContext {
  readonly connection?: RequestInfo;
  readonly requestId: string;
  readonly address: RequestAddress;
  /** Who asks, as limits count them; null where that is not known. Looked up when it is read. */
  readonly client: string | null;
  /** Pattern of the route, or what was wrong with the path; the label of metrics and log lines. */
  readonly route: string;
  /** The encoding that the client and this service like best. */
  readonly encoding: Encoding;
  /** The format that its Accept header likes best; a list's `format` parameter goes before it. */
  readonly accepts: Format;
  /** Cache-Control of answers that live until the next snapshot. */
  readonly cacheControl: string;
}

/** Hono's environment of every route here: the context travels as bindings. */
export interface AppEnv {
  Bindings: RequestContext;
}

export const REQUEST_ID_HEADER = "x-request-id";

/** What we echo of a caller's id: short, and unable to break a header or a log line. */
const SANE_REQUEST_ID = /^[\w.:-]{1,64}$/;

/** The caller's request id where it is sane, else a new one. */
export function requestIdOf(headers: Headers, newId: () => string): string {
  const given = headers.get(REQUEST_ID_HEADER);
  return given !== null && SANE_REQUEST_ID.test(given) ? given : newId();
}
