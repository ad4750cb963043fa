import { getPath } from "hono/utils/url";
import { HeaderChoice } from "./negotiate.ts";

/** What a request asks for. Cache keys, routes, labels and limits are all made from this and from nothing else. */
export interface RequestAddress {
  /** Path and query as they came, percent-encoded. */
  readonly target: string;
  /** The path that is routed: `target` without its query, percent-decoded as far as no separator comes of it. */
  readonly path: string;
  /** What follows the first question mark, as it came; empty without one. */
  readonly query: string;
}

/** Labels of up to 63 characters (RFC 1035 2.3.4), one dot after an absolute name; the last is no number (see below). */
const NAME = String.raw`(?:[\w-]{1,63}\.)*(?!(?:\d+|0x[\da-f]*)\.?(?::|$))[\w-]{1,63}\.?`;

const BYTE = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;

/** What ends in a number is an address of IPv4 (URL Standard, "ends in a number"), here in its one plain form. */
const IPV4 = String.raw`${BYTE}(?:\.${BYTE}){3}`;

/** 1 to 65535. None after the colon is the default port (RFC 3986 3.2.3 and 6.2.3): nothing is wrong with it. */
const PORT = String.raw`(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])?`;

/** `uri-host [":" port]` of RFC 9110 7.2, for the hosts that can be: no user, no escapes, no letters beyond ASCII. */
const AUTHORITY = new RegExp(`^(?:${NAME}|${IPV4}|\\[[\\da-f:.]+\\])(?::${PORT})?$`, "i");

/** A name of 253 characters (RFC 1035 3.1), its dot and a port. */
const MAX_AUTHORITY_LENGTH = 260;

/** What only a parser can tell: whether an address of IPv6, or a name in Punycode, is one. */
const NEEDS_PARSER = /^\[|xn--/i;

/** A request whose address cannot be read: what is wrong with it, for the caller. */
export type UnreadableAddress = "host" | "target";

/**
 * Reads the address of a request once, for everybody. The server puts the Host before the target to make `request.url`
 * and leaves the bare target there when that makes no URL; two readers then take different parts of it for the path.
 * So a Host that is missing, comes twice or names no host is refused, as RFC 9112 3.2 asks; a request that was made
 * in this process has no Host and needs none. A fragment is part of no request target (RFC 9112 3.2.1).
 */
export function addressReader(): (request: Request) => RequestAddress | UnreadableAddress {
  const hosts = new HeaderChoice(namesHost, true);
  return (request) => {
    const { url } = request;
    const start = url.indexOf("/", schemeLength(url));
    if (start <= schemeLength(url) || !hosts.of(request.headers.get("host"))) return "host";
    if (url.includes("#")) return "target";
    const target = url.slice(start);
    const end = target.indexOf("?");
    return { target, path: getPath(request), query: end === -1 ? "" : target.slice(end + 1) };
  };
}

/** Whether a Host names a host and no impossible port: every one that does, the URL parser reads as well. */
function namesHost(host: string): boolean {
  if (host.length > MAX_AUTHORITY_LENGTH || !AUTHORITY.test(host)) return false;
  return !NEEDS_PARSER.test(host) || URL.canParse(`http://${host}`);
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
