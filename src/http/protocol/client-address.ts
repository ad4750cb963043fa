import { BlockList, isIP } from "node:net";

/** Determines a client's address behind trusted proxies. */
export interface ClientAddresses {
  /** `remoteAddress` is the peer of the connection; returns null if nothing is known. */
  of(remoteAddress: string | undefined, headers: Headers): string | null;
}

/**
 * `trusted` contains addresses and CIDR ranges. X-Forwarded-For is read from the right: each trusted hop vouches for
 * the one before it, and the first untrusted address is the client. A caller that is not a trusted proxy is the client
 * itself, whatever it claims. Throws on an entry that is neither.
 */
export function clientAddresses(trusted: readonly string[]): ClientAddresses {
  const proxies = new BlockList();
  for (const entry of trusted) addNetwork(proxies, entry);
  const isTrusted = (address: string): boolean =>
    proxies.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  return {
    of(remoteAddress, headers) {
      if (remoteAddress === undefined) return null;
      let client = plainAddress(remoteAddress);
      if (trusted.length === 0) return client;
      const hops = (headers.get("x-forwarded-for") ?? "").split(",").map((hop) => hop.trim());
      while (isIP(client) !== 0 && isTrusted(client)) {
        const hop = plainAddress(withoutPort(hops.pop() ?? ""));
        // A hop that is not an address ends the chain: no trusted hop vouches for what is left of it.
        if (isIP(hop) === 0) break;
        client = hop;
      }
      return client;
    },
  };
}

function addNetwork(list: BlockList, entry: string): void {
  const [address = "", prefix] = entry.split("/");
  const version = isIP(address);
  if (version === 0) throw new Error(`not an address or CIDR range: ${entry}`);
  const family = version === 6 ? "ipv6" : "ipv4";
  if (prefix === undefined) list.addAddress(address, family);
  else list.addSubnet(address, Number(prefix), family);
}

/** How some proxies write a hop: `1.2.3.4:5000`, `[2001:db8::1]:5000`, or IPv6 in brackets without a port. */
const IPV4_WITH_PORT = /^([\d.]+):\d{1,5}$/;
const IPV6_IN_BRACKETS = /^\[([\da-f:.]*:[\da-f:.]*)\](?::\d{1,5})?$/i;

/** Strips a hop's port, which changes with each connection; anything else is returned unchanged. */
function withoutPort(hop: string): string {
  return IPV4_WITH_PORT.exec(hop)?.[1] ?? IPV6_IN_BRACKETS.exec(hop)?.[1] ?? hop;
}

/** A dual-stack socket reports IPv4 peers as ::ffff:a.b.c.d. */
function plainAddress(address: string): string {
  return address.toLowerCase().startsWith("::ffff:") && address.includes(".")
    ? address.slice("::ffff:".length)
    : address;
}

/** The words of an IPv6 address that identify a network: a home or a server usually has its own /64. */
const NETWORK_WORDS = 4;
const WORDS = 8;

/** ::ffff:0:0/96: IPv4 in IPv6. */
const IPV4_PREFIX = "0:0:0:0:0:ffff";

/**
 * The unit that per-address limits count: IPv4 as it is, also if written as IPv6; for IPv6 the /64, since a client with
 * one of its addresses has all of them.
 */
export function addressGroup(address: string): string {
  const [plain = ""] = plainAddress(address).split("%");
  if (isIP(plain) !== 6) return plain;
  const words = wordsOf(plain);
  if (words.slice(0, -2).join(":") === IPV4_PREFIX) {
    const bytes = words.slice(-2).map((word) => Number.parseInt(word, 16));
    return bytes.flatMap((pair) => [pair >> 8, pair & 255]).join(".");
  }
  return `${words.slice(0, NETWORK_WORDS).join(":")}::/64`;
}

/** The eight words of an IPv6 address, in lower case and without leading zeroes. */
function wordsOf(address: string): readonly string[] {
  const [head = "", tail] = address.split("::");
  const left = wordsIn(head);
  const right = wordsIn(tail ?? "");
  const omitted = Array.from({ length: WORDS - left.length - right.length }, () => "0");
  return [...left, ...omitted, ...right];
}

/** The last two words may be written as IPv4. */
function wordsIn(part: string): readonly string[] {
  return part
    .split(":")
    .filter((word) => word !== "")
    .flatMap((word) => {
      if (!word.includes(".")) return [Number.parseInt(word, 16).toString(16)];
      const [a = 0, b = 0, c = 0, d = 0] = word.split(".").map(Number);
      return [(a * 256 + b).toString(16), (c * 256 + d).toString(16)];
    });
}
