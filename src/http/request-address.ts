import { getPath } from "hono/utils/url";

/** What a request asks for. Cache keys, routes, labels and limits are all made from this and from nothing else. */
export interface RequestAddress {
  /** Path and query as they came, percent-encoded. */
  readonly target: string;
  /** The path that is routed: `target` without its query, percent-decoded as far as no separator comes of it. */
  readonly path: string;
  /** What follows the first question mark, as it came; empty without one. */
  readonly query: string;
}

/** `uri-host [":" port]` of RFC 9110 7.2, for the names that exist: no user, no escapes, no letters beyond ASCII. */
const AUTHORITY = /^(?:\[[\d.:a-f]+\]|[\w.-]+)(?::\d{1,5})?$/i;

/** A request whose address cannot be read: what is wrong with it, for the caller. */
export type UnreadableAddress = "host" | "target";

/**
 * Reads the address of a request once, for everybody. The server puts the Host before the target to make `request.url`
 * and leaves the bare target there when that makes no URL; two readers then take different parts of it for the path.
 * So a Host that is missing, comes twice or is no authority is refused, as RFC 9112 3.2 asks; a request that was made
 * in this process has no Host and needs none. A fragment is part of no request target (RFC 9112 3.2.1).
 */
export function addressOf(request: Request): RequestAddress | UnreadableAddress {
  const { url } = request;
  const start = url.indexOf("/", schemeLength(url));
  const host = request.headers.get("host");
  if (start <= schemeLength(url) || !(host === null || AUTHORITY.test(host))) return "host";
  if (url.includes("#")) return "target";
  const target = url.slice(start);
  const end = target.indexOf("?");
  return { target, path: getPath(request), query: end === -1 ? "" : target.slice(end + 1) };
}

/** Characters before the authority of an absolute URL; an impossible place where it is none. */
function schemeLength(url: string): number {
  if (url.startsWith("http://")) return "http://".length;
  return url.startsWith("https://") ? "https://".length : url.length;
}

/** The path of a target as it came, to be shown or sent back. */
export function rawPathOf({ target }: Pick<RequestAddress, "target">): string {
  const end = target.indexOf("?");
  return end === -1 ? target : target.slice(0, end);
}
