import { expect, test } from "bun:test";
import fc from "fast-check";
import { addressReader } from "../../src/http/protocol/request-address.ts";

const addressOf = addressReader();

/** The address of a request with this Host. */
function readWith(host: string) {
  return addressOf(new Request("http://finder.test/livez?x", { headers: { host } }));
}

const READ = { target: "/livez?x", path: "/livez", query: "x" };

const LONG_LABEL = "a".repeat(63);
const LONG_NAME = `${`${LONG_LABEL}.`.repeat(3)}${"a".repeat(61)}`;

test.each([
  "127.0.0.1",
  "127.0.0.1:1",
  "0.0.0.0:65535",
  "255.255.255.255",
  "localhost",
  "localhost.",
  "LocalHost:8083",
  "finder.example.com.:443",
  "a_b",
  "_x._y.test",
  "a-b--c",
  "3com.test",
  "4.test",
  "1.2.3.4.5.test",
  "0x7f.test",
  "a.0x1g",
  "xn--bcher-kva.test",
  "[::]",
  "[::1]:80",
  "[2001:DB8::1]",
  "[::ffff:192.0.2.1]:8083",
  LONG_LABEL,
  LONG_NAME,
  // RFC 3986 3.2.3: an empty port is allowed and means the default.
  "localhost:",
  "[::1]:",
])("the Host %p is valid", (host) => {
  expect(readWith(host)).toEqual(READ);
});

test.each([
  "",
  ".",
  "..",
  "a..b",
  "a..",
  ".a",
  ":80",
  "127.0.0.1:0",
  "127.0.0.1:00080",
  "localhost:080",
  "localhost:65536",
  "localhost:99999",
  "localhost:100000",
  "localhost:8o",
  "localhost:+1",
  "localhost:80:80",
  "256.1.1.1",
  "1.1.1.256",
  "01.1.1.1",
  "1.2.3",
  "1.2.3.4.5",
  "1.2.3.4.",
  "1",
  "2130706433",
  "0x7f.1",
  "0x7f000001",
  "a.0x",
  "a.1",
  "a.1.",
  "[::zz]",
  "[1:2]",
  "[1::2::3]",
  "[::1]x",
  "[::1%25lo]",
  "[1.2.3.4]",
  "[]",
  "::1",
  "xn--",
  "a.xn--a.b",
  `${LONG_LABEL}a`,
  `${LONG_NAME}.com.test`,
])("the Host %p is invalid", (host) => {
  expect(readWith(host)).toBe("host");
});

/** Parts of Hosts; some combinations are valid. */
const hosts = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ".",
        ":",
        "[",
        "]",
        "-",
        "_",
        "a",
        "xn--",
        "0x",
        "::",
        "1",
        "80",
        "255",
        "ff",
      ),
      fc.ipV4(),
      fc.ipV6().map((address) => `[${address}]`),
      fc.domain(),
      fc.nat({ max: 70_000 }).map((port) => `:${port}`),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => parts.join(""));

test("every accepted Host is one for the URL parser, which finds the same host and port", () => {
  let read = 0;
  fc.assert(
    fc.property(hosts, (host) => {
      if (readWith(host) === "host") return;
      read += 1;
      const { hostname, port } = new URL(`http://${host}`);
      const [, name = "", given = ""] = /^(.*?)(?::(\d*))?$/.exec(host) ?? [];
      // IPv6 has many spellings, and the parser has its own.
      if (!host.startsWith("[")) expect(hostname).toBe(name.toLowerCase());
      expect(port).toBe(given === "80" ? "" : given);
    }),
    { numRuns: 3000 },
  );
  expect(read).toBeGreaterThan(300);
});

test("every address, name and port is accepted", () => {
  // Not every spelling that ends in an IPv4 address: some of them Bun's own URL parser rejects.
  const words = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
  const long = words.map((all) => `[${all.map((word) => word.toString(16)).join(":")}]`);
  const short = long.map((address) => new URL(`http://${address}`).hostname);
  const host = fc.oneof(fc.ipV4(), long, short, fc.domain());
  fc.assert(
    fc.property(host, fc.option(fc.integer({ min: 1, max: 65_535 })), (name, port) => {
      expect(readWith(port === null ? name : `${name}:${port}`)).toEqual(READ);
    }),
  );
});

test("a Host is parsed the same however many others came between", () => {
  for (let round = 0; round < 2; round += 1) {
    for (let port = 1; port < 600; port += 1) expect(readWith(`localhost:${port}`)).toEqual(READ);
    expect(readWith("localhost:0")).toBe("host");
  }
});
