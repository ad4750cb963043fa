import { expect, test } from "bun:test";
import { clientAddresses } from "../../src/http/client-address.ts";

const TRUSTED = ["10.0.0.0/8", "::1", "2001:db8::/32"];

type Case = readonly [
  why: string,
  peer: string | undefined,
  forwarded: string,
  client: string | null,
];

const CASES: readonly Case[] = [
  ["a stranger is itself, whatever it claims", "192.0.2.1", "198.51.100.7", "192.0.2.1"],
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
  ["no peer, no client", undefined, "198.51.100.7", null],
];

test.each(CASES)("%s", (_why, peer, forwarded, client) => {
  const headers = new Headers(forwarded === "" ? {} : { "x-forwarded-for": forwarded });
  expect(clientAddresses(TRUSTED).of(peer, headers)).toBe(client);
});

test.each(["proxy.test", "10.0.0.0/99", "10.0.0.0/x", ""])("%p is no network", (entry) => {
  expect(() => clientAddresses([entry])).toThrow();
});
