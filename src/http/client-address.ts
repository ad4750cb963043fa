import { BlockList, isIP } from "node:net";

/** Finds the address of the client behind proxies that the operator trusts. */
export interface ClientAddresses {
  /** `remoteAddress` is the peer of the connection; null when nothing is known. */
  of(remoteAddress: string | undefined, headers: Headers): string | null;
}

/**
 * `trusted` holds addresses and CIDR ranges. X-Forwarded-For is read from its right end: each trusted hop
 * vouches for the one before it, the first address that is not trusted is the client. A caller that is no
 * trusted proxy is the client itself, whatever it claims. Throws on an entry that is neither.
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
        const hop = plainAddress(hops.pop() ?? "");
        // A hop that is no address ends the chain: nobody trusted vouches for what stands left of it.
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

/** A dual-stack socket shows IPv4 peers as ::ffff:a.b.c.d. */
function plainAddress(address: string): string {
  return address.toLowerCase().startsWith("::ffff:") && address.includes(".")
    ? address.slice("::ffff:".length)
    : address;
}

/** Network bits of an IPv6 address that one subscriber has for himself: RFC 6177 gives each site a /64 at least. */
const SITE_GROUPS = 4;

/**
 * What stands for everybody behind one client address in limits: an IPv4 address itself, the /64 of an IPv6 address,
 * of which anyone has 2^64. Two spellings of one address are one.
 */
export function addressGroup(address: string): string {
  if (isIP(address) !== 6) return address;
  const [bare = ""] = address.split("%");
  const [head = "", tail] = bare.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  // A dotted end stands for two groups; it lies behind the first four of any address that is not written so above.
  const missing = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(missing).fill("0"), ...right].slice(0, SITE_GROUPS);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}
