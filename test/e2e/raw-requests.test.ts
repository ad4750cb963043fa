import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { addressReader } from "../../src/http/protocol/request-address.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { nginxPath, startNginx } from "../support/nginx.ts";
import { type RawAnswer, rawRequest, serveApp, type ServedApp } from "../support/raw-http.ts";
import { LONG_MS } from "../support/patience.ts";

/** Requests by other clients while these are sent. */
const VICTIMS = [
  "/",
  "/livez",
  "/api/exchanges",
  "/api/funding/current",
  "/api/funding/current?limit=2",
  "/api/funding/arb",
  "/api/funding/arb?fees=okx:50,bybit:50",
  "/api/funding/symbol/BTC",
  "/api/funding/extremes",
] as const;

const ROWS = (["okx", "bybit", "gate"] as const).flatMap((exchange, n) =>
  ["BTC", "ETH", "SOL"].map((base) => rowOf(exchange, base, { fundingRate: 0.0001 * (n + 1) })),
);

const serve = (): ServedApp => serveApp(testApp(new TestBoard(snapshotOf("1-1", ROWS))));

interface Raw {
  /** As written in the request; null for none. */
  readonly host: string | null;
  readonly target: string;
  readonly version: "1.0" | "1.1";
}

function bytesOf({ host, target, version }: Raw): Buffer {
  const line = host === null ? "" : `Host:${host}\r\n`;
  return Buffer.from(`GET ${target} HTTP/${version}\r\n${line}Connection: close\r\n\r\n`, "latin1");
}

const WELL_FORMED = [
  " 127.0.0.1:8083",
  " localhost",
  " LOCALHOST.",
  " finder.example.com",
  " [::1]:80",
  " a_b",
  " xn--bcher-kva.test",
  // RFC 3986 3.2.3: an empty port means the default.
  " x:",
];
const MALFORMED = [
  "",
  " ",
  " a b",
  " x/y",
  " x?y",
  " x#y",
  " me@x",
  " x\\y",
  " \u00e9",
  " x:y",
  " 127.0.0.1:0",
  " 127.0.0.1:99999",
  " 256.1.1.1",
  " 1.2.3",
  " .",
  " ..",
  " a..b",
  " [::zz]",
  " [1:2]",
  " xn--a",
  " ://",
  " a, b",
  " a\r\nHost: b",
  " %41",
  " [::1",
  " x/api/funding/arb?q=",
];

const piece = fc.constantFrom(
  ":",
  "://",
  "/",
  "//",
  "?",
  "#",
  "\\",
  "%2f",
  "%3f",
  "%23",
  "%5c",
  "%00",
  "%0a",
  "%zz",
  "..",
  "/./",
  "z:xxx",
  "q=",
  "&",
  "\u00e9",
  "http://evil",
  "[::1]",
  "[1:2]",
  ":99999",
  "256.1.1.1",
  "@",
);
const victim = fc.constantFrom<string>(...VICTIMS);
const noise = fc.array(fc.oneof(piece, victim), { maxLength: 4 }).map((parts) => parts.join(""));
const target = fc.oneof(
  victim,
  fc.tuple(victim, noise).map(([first, rest]) => first + rest),
  fc.tuple(noise, victim).map(([first, rest]) => `/${first}${rest}`),
  fc.tuple(noise, victim).map(([first, rest]) => `http://${first}${rest}`),
  noise.map((text) => `/${text}`),
  fc.constantFrom(
    "/z:xxx/?q=:///api/funding/arb",
    "//api/funding/arb",
    "/?q=:///api/funding/arb?fees=okx:99",
    "http://evil/api/funding/arb",
    "/api/funding/arb#/api/funding/current",
    "\\api\\funding\\arb",
  ),
);
const request: fc.Arbitrary<Raw> = fc.record({
  host: fc.oneof(
    fc.constantFrom<string | null>(...WELL_FORMED, ...MALFORMED, null),
    fc.array(piece, { maxLength: 3 }).map((parts) => ` ${parts.join("")}`),
  ),
  target,
  version: fc.constantFrom("1.0", "1.1"),
});

function get(port: number, path: string): Promise<RawAnswer> {
  return rawRequest(port, bytesOf({ host: " 127.0.0.1", target: path, version: "1.1" }));
}

async function victimsAt(port: number): Promise<readonly RawAnswer[]> {
  const answers: RawAnswer[] = [];
  for (const path of VICTIMS) answers.push(await get(port, path));
  return answers;
}

/** Sends all in order; returns their responses in the order of `requests`, however they are sent. */
async function sendAll(
  port: number,
  requests: readonly Raw[],
  way: "forwards" | "backwards",
): Promise<readonly RawAnswer[]> {
  const ordered = way === "forwards" ? requests : requests.toReversed();
  const answers: RawAnswer[] = [];
  for (const one of ordered) answers.push(await rawRequest(port, bytesOf(one)));
  return way === "forwards" ? answers : answers.toReversed();
}

describe("a raw request", () => {
  test(
    "has the same response whatever was requested before, and affects no other client's",
    async () => {
      await using untouched = serve();
      const expected = await victimsAt(untouched.port);
      expect(expected.map(({ status }) => status)).toEqual(VICTIMS.map(() => 200));
      await fc.assert(
        fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 40 }), async (requests) => {
          await using attacked = serve();
          await using other = serve();
          const forwards = await sendAll(attacked.port, requests, "forwards");
          const backwards = await sendAll(other.port, requests, "backwards");
          expect(forwards).toEqual(backwards);
          expect(await victimsAt(attacked.port)).toEqual(expected);
        }),
        { numRuns: 40 },
      );
    },
    LONG_MS,
  );

  test("without a Host that names a host is refused before anything else", async () => {
    await using served = serve();
    for (const path of ["/livez", "/api/funding/current", "/z:xxx/?q=:///api/funding/arb"]) {
      for (const version of ["1.0", "1.1"] as const) {
        for (const host of [...MALFORMED, null]) {
          const { status } = await rawRequest(
            served.port,
            bytesOf({ host, target: path, version }),
          );
          expect([path, version, host, status]).toEqual([path, version, host, 400]);
        }
        for (const host of WELL_FORMED) {
          const { status } = await rawRequest(
            served.port,
            bytesOf({ host, target: path, version }),
          );
          expect([host, status]).not.toEqual([host, 400]);
        }
      }
    }
  });

  test("has a URL with its Host wherever that is accepted", async () => {
    const addressOf = addressReader();
    await using echo = serveApp({
      fetch: (received) => Response.json({ url: received.url, address: addressOf(received) }),
    });
    const generated = fc.sample(request, { numRuns: 1000, seed: 2 });
    const written = [...WELL_FORMED, ...MALFORMED].map((host) => ({
      host,
      target: "/a?b",
      version: "1.1" as const,
    }));
    let accepted = 0;
    for (const raw of [...written, ...generated]) {
      const { status, text } = await rawRequest(echo.port, bytesOf(raw));
      if (status !== 200 || raw.host === null) continue;
      const { url, address } = JSON.parse(text.slice(text.indexOf("\r\n\r\n")));
      if (typeof address === "string") continue;
      accepted += 1;
      const parsed = new URL(url);
      expect(parsed.host).toBe(new URL(`http://${raw.host.trim()}`).host);
      expect(parsed.pathname + parsed.search).toBe(address.target);
    }
    expect(accepted).toBeGreaterThan(50);
  });

  test("with a fragment in its target is refused", async () => {
    await using served = serve();
    for (const path of ["/livez#x", "/api/funding/current?limit=1#x", "/#/livez"]) {
      const { status, text } = await get(served.port, path);
      expect([path, status]).toEqual([path, 400]);
      expect(text).toContain('"code":"bad_request"');
    }
  });
});

if (nginxPath() === null && process.env["REQUIRE_NGINX"] === "1")
  test("nginx is installed for these tests", () => expect(nginxPath()).not.toBeNull());

describe.if(nginxPath() !== null)("a raw request through nginx", () => {
  test(
    "cannot change the responses of other clients",
    async () => {
      await using untouched = serve();
      const expected = await victimsAt(untouched.port);
      await using attacked = serve();
      await using nginx = await startNginx({
        upstream: attacked.origin,
        serverConfig: 'server_name ""; merge_slashes off; proxy_set_header Host $host;',
      });
      // Before anything is cached: the first response would be the one that others get.
      const attack = {
        host: null,
        target: "/z:xxx/?q=:///api/funding/arb",
        version: "1.0",
      } as const;
      await rawRequest(nginx.port, bytesOf(attack));
      expect(await victimsAt(attacked.port)).toEqual(expected);
      await sendAll(nginx.port, fc.sample(request, { numRuns: 400, seed: 1 }), "forwards");
      expect(await victimsAt(attacked.port)).toEqual(expected);
    },
    LONG_MS,
  );
});
