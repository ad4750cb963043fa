import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { httpShared } from "../../src/collector/collector.ts";
import { ExchangeRequests } from "../../src/collector/exchange-http.ts";
import { fetchBatch, type Fetched } from "../../src/collector/fetch-batch.ts";
import { ExchangeSource } from "../../src/collector/source.ts";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { systemClock } from "../../src/lib/clock.ts";
import {
  accountOf,
  RequestFailure,
  type RequestFailureKind,
} from "../../src/lib/request-failure.ts";

/** One machine's addresses in the spellings of RFC 4291, RFC 5952, URLs, zones, reverse names and percent encoding. */
const ADDRESSES = [
  "203.0.113.77",
  "203.0.113.77:443",
  "::ffff:203.0.113.77",
  "::ffff:cb00:714d",
  "2001:db8::8a2e:370:7334",
  "2001:DB8::8A2E:370:7334",
  "2001:0db8:0000:0000:0000:8a2e:0370:7334",
  "[2001:db8::8a2e:370:7334]:443",
  "fe80::8a2e%eth0",
  "::1",
  "2001:db8::",
  "2001:db8::/48",
  "2001%3Adb8%3A%3A8a2e",
  "4.3.3.7.0.7.3.0.e.2.a.8.8.b.d.0.1.0.0.2.ip6.arpa",
] as const;

/** Not part of our wording: any text that contains it is from the exchange. */
const MARK = "zqxj";
const SAID = `${MARK} your IP(s): ${ADDRESSES.join(" ")}`;

/** A message in each exchange's kinds of envelope, including codes of rate limits. */
function envelopeWith(code: unknown): unknown {
  const nested = { code, message: SAID, msg: SAID, reason: SAID, name: SAID };
  return {
    ...nested,
    retCode: code,
    retMsg: SAID,
    returnCode: 1,
    error_code: code,
    err_code: code,
    err_msg: SAID,
    label: SAID,
    status: SAID,
    success: false,
    result: SAID,
    response: SAID,
    error: nested,
    errors: [nested],
    errorCode: SAID,
    [SAID]: { [SAID]: SAID },
  };
}

/** Rows with words as keys and values where names and numbers should be. */
const ROWS = [{ [SAID]: SAID, symbol: SAID, instId: SAID, rate: { [SAID]: [SAID] } }];

const CODES = [SAID, "0", 0, 1, "50011", 10006, "429", 429, "200003", 510, 1003, 4291, "99999"];

/** The host's next response, to every request. */
let answer: () => Response = () => new Response("");
let server: ReturnType<typeof Bun.serve>;

beforeAll(() => {
  server = Bun.serve({ hostname: "127.0.0.1", port: 0, development: false, fetch: () => answer() });
});
afterAll(() => server.stop(true));

/** One refresh of an exchange against that host. */
async function refresh(id: ExchangeId): Promise<Fetched> {
  const clock = systemClock;
  const lifetime = new AbortController();
  // The three tries of a 500 would otherwise wait for each other.
  const shared = httpShared({ clock, random: () => 0 }, `http://127.0.0.1:${server.port}`);
  const { facts } = EXCHANGES[id];
  const requests = new ExchangeRequests(
    { ...facts, pacing: { requests: 1_000, perMs: 1 } },
    shared,
  );
  const source = new ExchangeSource({
    requests,
    clock,
    rotationMode: "off",
    periodMs: 60_000,
    sweepMs: 0,
    deadline: true,
    lifetime: lifetime.signal,
  });
  const deps = { clock, periodMs: 60_000, lifetime: lifetime.signal, deadline: true };
  const fetched = await fetchBatch(EXCHANGES[id], source, deps);
  lifetime.abort();
  return fetched;
}

/** The public parts of a refresh's result. */
function publicOf(fetched: Fetched): string {
  return fetched.kind === "failure"
    ? `${fetched.failureKind}: ${fetched.message}`
    : fetched.notes.failures.join("; ");
}

function isClean(text: string): boolean {
  return !text.includes(MARK) && ADDRESSES.every((address) => !text.includes(address));
}

describe.each(EXCHANGE_IDS.map((id) => [id]))(
  "text written by %s does not appear in our messages",
  (id) => {
    test("when it refuses with a status", async () => {
      for (const [status, kind] of [
        [403, /^(http|banned|rate_limited|geo_blocked): HTTP 403$/],
        [418, /^banned: HTTP 418$/],
        [429, /^rate_limited: HTTP 429$/],
        [451, /^geo_blocked: HTTP 451$/],
      ] as const) {
        answer = () => Response.json(envelopeWith(SAID), { status });
        const fetched = await refresh(id);
        expect(publicOf(fetched)).toMatch(kind);
        // The log has it.
        expect(fetched.kind === "failure" ? fetched.detail : "").toContain(MARK);
      }
    });

    test("when it answers with an error, with invalid rows, and with invalid JSON", async () => {
      const bodies = [
        ...CODES.map(envelopeWith),
        ROWS,
        { data: ROWS, code: "0" },
        { result: ROWS, success: true },
        [SAID],
        SAID,
        [[SAID]],
        { code: 0, data: { [SAID]: ROWS }, result: { list: ROWS, [SAID]: SAID }, success: true },
      ].map((body) => JSON.stringify(body));
      for (const body of [...bodies, SAID, `<html>${SAID}</html>`]) {
        answer = () => new Response(body);
        const published = publicOf(await refresh(id));
        expect([body.slice(0, 80), published, isClean(published)]).toEqual([
          body.slice(0, 80),
          published,
          true,
        ]);
      }
    });
  },
);

test("whatever a failure's message and detail are, only our wording is public and the rest is kept for the log", () => {
  const kinds: readonly RequestFailureKind[] = ["http", "rate_limited", "banned", "bad_envelope"];
  fc.assert(
    fc.property(
      fc.constantFrom(...kinds),
      fc.oneof(fc.ipV6(), fc.ipV4(), fc.constantFrom(...ADDRESSES)),
      fc.string(),
      (kind, address, around) => {
        const words = `${around}${MARK}${address}${around}`.slice(0, 400);
        for (const error of [
          new RequestFailure(kind, words),
          new RequestFailure(kind, "plain", { detail: words }),
          new TypeError(words),
        ]) {
          const { publicWords, detail } = accountOf(error);
          expect(publicWords).not.toContain(MARK);
          expect(publicWords).not.toContain(words);
          expect(detail).toContain(words);
        }
      },
    ),
  );
});
