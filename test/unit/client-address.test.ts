import { expect, test } from "bun:test";
import fc from "fast-check";
import { addressGroup, clientAddresses } from "../../src/http/protocol/client-address.ts";

const TRUSTED = ["10.0.0.0/8", "::1", "2001:db8::/32"];

type Case = readonly [
  why: string,
  peer: string | undefined,
  forwarded: string,
  client: string | null,
];

const CASES: readonly Case[] = [
  ["an untrusted peer is itself, whatever it claims", "192.0.2.1", "198.51.100.7", "192.0.2.1"],
  ["a proxy names the client", "10.0.0.1", "198.51.100.7", "198.51.100.7"],
  [
    "the rightmost untrusted hop counts",
    "10.0.0.1",
    "1.1.1.1, 198.51.100.7, 10.2.2.2",
    "198.51.100.7",
  ],
  ["a proxy without the header is the client", "10.0.0.1", "", "10.0.0.1"],
  ["only proxies: the leftmost", "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
  ["garbage ends the chain", "10.0.0.1", "198.51.100.7, unknown", "10.0.0.1"],
  ["IPv6 proxies, too", "::1", "2001:db9::5", "2001:db9::5"],
  ["IPv4 in IPv6 is IPv4", "::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"],
  ["a hop with a port is its address", "10.0.0.1", "198.51.100.7:51000", "198.51.100.7"],
  ["IPv6 with a port, too", "10.0.0.1", "[2001:db9::5]:443", "2001:db9::5"],
  ["IPv6 in brackets without one", "10.0.0.1", "[2001:DB9::5]", "2001:DB9::5"],
  ["IPv4 in IPv6 in brackets is IPv4", "10.0.0.1", "[::ffff:198.51.100.7]:80", "198.51.100.7"],
  ["a proxy with a port vouches, too", "10.0.0.1", "1.1.1.1:1, [2001:db8::9]:2", "1.1.1.1"],
  ["more than a port after it is garbage", "10.0.0.1", "198.51.100.7:80:80", "10.0.0.1"],
  ["an empty port is garbage", "10.0.0.1", "198.51.100.7:", "10.0.0.1"],
  ["an invalid port is garbage", "10.0.0.1", "198.51.100.7:http", "10.0.0.1"],
  ["a port of six digits is garbage", "10.0.0.1", "[2001:db9::5]:123456", "10.0.0.1"],
  ["IPv4 in brackets is garbage", "10.0.0.1", "[198.51.100.7]:80", "10.0.0.1"],
  ["half a bracket is garbage", "10.0.0.1", "[2001:db9::5:80", "10.0.0.1"],
  ["IPv6 without brackets has no port", "10.0.0.1", "2001:db9::5:80", "2001:db9::5:80"],
  ["no peer, no client", undefined, "198.51.100.7", null],
];

test.each(CASES)("%s", (_why, peer, forwarded, client) => {
  const headers = new Headers(forwarded === "" ? {} : { "x-forwarded-for": forwarded });
  expect(clientAddresses(TRUSTED).of(peer, headers)).toBe(client);
});

test("an address is the same client with any port and with none, as a client and as a proxy", () => {
  const port = fc.integer({ min: 0, max: 65_535 });
  const chain = fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { minLength: 1, maxLength: 4 });
  const clients = clientAddresses(["10.0.0.1", "0.0.0.0/1", "::/1"]);
  const read = (hops: readonly string[]) =>
    clients.of("10.0.0.1", new Headers({ "x-forwarded-for": hops.join(", ") }));
  fc.assert(
    fc.property(chain, port, (hops, number) => {
      const client = read(hops);
      const inBrackets = hops.map((hop) => (hop.includes(":") ? `[${hop}]` : hop));
      expect(read(inBrackets)).toBe(client);
      expect(read(inBrackets.map((hop) => `${hop}:${number}`))).toBe(client);
    }),
  );
});

test.each(["proxy.test", "10.0.0.0/99", "10.0.0.0/x", ""])("%p is no network", (entry) => {
  expect(() => clientAddresses([entry])).toThrow();
});

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::FFFF:c000:0201", "192.0.2.1"],
  ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:DB8:1:2::", "2001:db8:1:2::/64"],
  ["2001:0db8:0001:0002:ffff::1", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  // NAT64 has the IPv4 address in its last words: all clients behind it share one limit.
  ["64:ff9b::192.0.2.1", "64:ff9b:0:0::/64"],
])("for limits, %p counts as %p", (address, group) => {
  expect(addressGroup(address)).toBe(group);
});

test("every spelling of an address in one /64 counts as the same, in two as different", () => {
  const word = fc.integer({ min: 0, max: 0xffff });
  const words = (count: number) => fc.array(word, { minLength: count, maxLength: count });
  fc.assert(
    fc.property(words(4), words(4), words(4), (network, here, there) => {
      fc.pre(network[0] !== 0);
      const long = [...network, ...here].map((one) => one.toString(16).padStart(4, "0"));
      // The URL parser writes an address in its shortest form.
      const short = (all: readonly number[]): string => {
        const { hostname } = new URL(`http://[${all.map((one) => one.toString(16)).join(":")}]/`);
        return hostname.slice(1, -1);
      };
      const group = addressGroup(long.join(":").toUpperCase());
      expect(addressGroup(short([...network, ...there]))).toBe(group);
      const next = [...network.slice(0, 3), ((network[3] ?? 0) + 1) % 0x1_0000];
      expect(addressGroup(short([...next, ...here]))).not.toBe(group);
    }),
  );
});
