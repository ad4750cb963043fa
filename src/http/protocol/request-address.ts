import { getPath } from "hono/utils/url";
import { HeaderChoice } from "./negotiate.ts";

/** The address of a request. Cache keys, routes, labels and limits are all derived from this alone. */
export interface RequestAddress {
  /** Path and query as received, percent-encoded. */
  readonly target: string;
  /** The path used for routing: `target` without its query, percent-decoded except for separators. */
  readonly path: string;
  /** Everything after the first question mark, as received; empty if there is none. */
  readonly query: string;
}

/**
 * Labels of up to 63 characters (RFC 1035 2.3.4), optionally a trailing dot; the last one is not a number (see below).
 */
const NAME = String.raw`(?:[\w-]{1,63}\.)*(?!(?:\d+|0x[\da-f]*)\.?(?::|$))[\w-]{1,63}\.?`;

const BYTE = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;

/**
 * A host that ends in a number is an IPv4 address (URL Standard, "ends in a number"); only the dotted form is accepted.
 */
const IPV4 = String.raw`${BYTE}(?:\.${BYTE}){3}`;

/** 1 to 65535. An empty port after the colon is valid and means the default (RFC 3986 3.2.3 and 6.2.3). */
const PORT = String.raw`(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])?`;

/** `uri-host [":" port]` of RFC 9110 7.2, restricted to possible hosts: no user, no escapes, ASCII only. */
const AUTHORITY = new RegExp(`^(?:${NAME}|${IPV4}|\\[[\\da-f:.]+\\])(?::${PORT})?$`, "i");

/** A name of 253 characters (RFC 1035 3.1), a dot and a port. */
const MAX_AUTHORITY_LENGTH = 260;

/** Needs a parser to decide whether an IPv6 address or a Punycode name is valid. */
const NEEDS_PARSER = /^\[|xn--/i;

/** Which part of a request's address cannot be read, for the error message. */
export type UnreadableAddress = "host" | "target";

/**
 * Reads the address of a request once, for all consumers. The server prepends the Host to the target to form
 * `request.url`, and falls back to the bare target if the result is not a URL; two readers may then disagree about the
 * path. So a Host that is missing, repeated or invalid is refused, as RFC 9112 3.2 requires; in-process requests have
 * no Host and need none. A fragment is not part of a request target (RFC 9112 3.2.1).
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

/** Whether a Host is a valid host with a possible port, i.e. one that the URL parser accepts as well. */
function namesHost(host: string): boolean {
  if (host.length > MAX_AUTHORITY_LENGTH || !AUTHORITY.test(host)) return false;
  return !NEEDS_PARSER.test(host) || URL.canParse(`http://${host}`);
}

/** Length of an absolute URL up to its authority; -1 if the URL is not absolute. */
function schemeLength(url: string): number {
  if (url.startsWith("http://")) return "http://".length;
  return url.startsWith("https://") ? "https://".length : url.length;
}

/** The path of a target as received, to be logged or echoed. */
export function rawPathOf({ target }: Pick<RequestAddress, "target">): string {
  const end = target.indexOf("?");
  return end === -1 ? target : target.slice(0, end);
}
