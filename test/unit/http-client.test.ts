import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { systemClock } from "../../src/lib/clock.ts";
import {
  HttpClient,
  type HttpLimits,
  type HttpRequest,
  type SendOptions,
} from "../../src/lib/http-client.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { PATIENCE_MS } from "../support/patience.ts";

const NOON_SECONDS = Date.UTC(2026, 10, 2, 12, 0, 0) / 1000;

/** Answers by path; counts requests. */
const requestCounts = new Map<string, number>();
let server: ReturnType<typeof Bun.serve>;

const ANSWERS: Readonly<
  Record<string, (request: Request, nth: number) => Response | Promise<Response>>
> = {
  "/ok": () => Response.json({ fine: true }),
  "/echo": async (request) => Response.json({ method: request.method, body: await request.json() }),
  "/html": () => new Response("<html><body>maintenance</body></html>"),
  "/truncated": () => new Response('{"data":[{"symbol":"BT'),
  "/empty": () => new Response(""),
  "/big": () => new Response("x".repeat(5_000)),
  "/big-in-pieces": () => new Response(endlessPieces()),
  "/hang": () => new Promise<Response>(() => {}),
  "/half-body": () =>
    new Response(new ReadableStream({ start: (c) => c.enqueue(new TextEncoder().encode("[1,")) })),
  "/429-seconds": () => new Response("slow down", { status: 429, headers: { "retry-after": "7" } }),
  "/429-date": () =>
    new Response("", { status: 429, headers: { "retry-after": "Mon, 02 Nov 2026 12:00:30 GMT" } }),
  "/429-unix": () =>
    new Response("", { status: 429, headers: { "retry-after": String(NOON_SECONDS + 45) } }),
  "/429-unix-past": () =>
    new Response("", { status: 429, headers: { "retry-after": String(NOON_SECONDS - 45) } }),
  "/429-unix-far": () =>
    new Response("", { status: 429, headers: { "retry-after": "9999999999" } }),
  "/418": () => new Response("{}", { status: 418 }),
  "/418-until": () => new Response('{"msg":"IP(203.0.113.77) banned until 90"}', { status: 418 }),
  "/451": () => new Response("<html>", { status: 451 }),
  "/403": () => new Response("access too frequent", { status: 403 }),
  "/302": () => new Response("", { status: 302, headers: { location: "/ok" } }),
  "/500": () => new Response("oops", { status: 500 }),
  "/500-once": (_request, nth) =>
    nth === 1 ? new Response("", { status: 500 }) : Response.json({ nth }),
  "/503-wait": () => new Response("", { status: 503, headers: { "retry-after": "30" } }),
};

function endlessPieces(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(400)) });
}

beforeAll(() => {
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      const { pathname } = new URL(request.url);
      const nth = (requestCounts.get(pathname) ?? 0) + 1;
      requestCounts.set(pathname, nth);
      return ANSWERS[pathname]?.(request, nth) ?? new Response("", { status: 404 });
    },
  });
});

afterAll(() => server.stop(true));

const LIMITS: HttpLimits = {
  timeoutMs: PATIENCE_MS,
  maxBodyBytes: 1_000,
  maxHeldBytes: 10_000,
};
const BOUNDS = {
  maxBytes: 1_000,
  json: { maxDepth: 8, maxValues: 1_000, maxMembers: 1_000 },
} as const;

/** Only for servers that never answer. */
const HASTY: HttpLimits = { ...LIMITS, timeoutMs: 300 };

function client(
  limits: HttpLimits = LIMITS,
  clock = systemClock as ConstructorParameters<typeof HttpClient>[0]["clock"],
): HttpClient {
  return new HttpClient({ clock, random: () => 0, userAgent: "test", limits });
}

function get(path: string, extra: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: "GET",
    url: `http://127.0.0.1:${server.port}${path}`,
    repeatable: true,
    ...extra,
  };
}

/** The parsed body, unchanged. */
async function read(
  from: HttpClient,
  request: HttpRequest,
  options: SendOptions = {},
): Promise<unknown> {
  const reading = { bounds: BOUNDS, decode: (body: unknown) => body };
  return (await from.json(request, reading, options)).value;
}

async function failureOf(promise: Promise<unknown>): Promise<RequestFailure> {
  const result = await promise.then(
    (value) => value,
    (error: unknown) => error,
  );
  if (result instanceof RequestFailure) return result;
  throw new Error(`expected a failure, got ${JSON.stringify(result)}`);
}

describe("an answer", () => {
  test("of JSON is parsed", async () => {
    expect(await read(client(), get("/ok"))).toEqual({ fine: true });
  });

  test("to a POST gets the body as JSON", async () => {
    const request = get("/echo", { method: "POST", body: { type: "metaAndAssetCtxs" } });
    expect(await read(client(), request)).toEqual({
      method: "POST",
      body: { type: "metaAndAssetCtxs" },
    });
  });

  test.each([
    ["/html", "expected JSON, got an HTML page"],
    ["/truncated", "expected JSON, got 22 characters that do not parse"],
    ["/empty", "expected JSON, got an empty body"],
  ])("of %s is a bad envelope that states what was received", async (path, message) => {
    expect(await failureOf(read(client(), get(path)))).toMatchObject({
      kind: "bad_envelope",
      message,
    });
  });

  test.each(["/big", "/big-in-pieces"])(
    "over the cap (%s) is aborted, not read to the end",
    async (path) => {
      expect(await failureOf(read(client(), get(path)))).toMatchObject({ kind: "too_large" });
    },
  );

  test.each(["/hang", "/half-body"])(
    "that does not end in time (%s) is a timeout",
    async (path) => {
      expect(await failureOf(read(client(HASTY), get(path)))).toMatchObject({ kind: "timeout" });
    },
  );
});

describe("a status", () => {
  test("429 states the wait in seconds or as a date", async () => {
    const clock = new ManualClock(Date.UTC(2026, 10, 2, 12, 0, 0));
    expect(await failureOf(read(client(LIMITS, clock), get("/429-seconds")))).toMatchObject({
      kind: "rate_limited",
      retryAfterMs: 7_000,
    });
    expect(await failureOf(read(client(LIMITS, clock), get("/429-date")))).toMatchObject({
      retryAfterMs: 30_000,
    });
  });

  test.each([
    ["/429-unix", 45_000],
    ["/429-unix-past", 0],
    ["/429-unix-far", 3 * 24 * 3_600_000],
  ])("429 may state the end in unix seconds: %s waits %p ms", async (path, retryAfterMs) => {
    const clock = new ManualClock(NOON_SECONDS * 1000);
    expect(await failureOf(read(client(LIMITS, clock), get(path)))).toMatchObject({
      kind: "rate_limited",
      retryAfterMs,
    });
  });

  test.each([
    ["/418", "banned"],
    ["/451", "geo_blocked"],
    ["/302", "http"],
    ["/500", "http"],
  ])("%s is %s", async (path, kind) => {
    expect((await failureOf(read(client(), get(path)))).kind as string).toBe(kind);
  });

  test("is interpreted by the server's own rules if they are known", async () => {
    const classify = (status: number, start: string) =>
      status === 403 && start.includes("too frequent") ? ("banned" as const) : null;
    expect((await failureOf(read(client(), get("/403"), { classify }))).kind).toBe("banned");
    expect((await failureOf(read(client(), get("/418"), { classify }))).kind).toBe("banned");
    expect((await failureOf(read(client(), get("/403")))).kind).toBe("http");
  });
});

test("the server's text is for the log only: the message contains kind and status", async () => {
  const failure = await failureOf(read(client(), get("/418-until")));
  expect(failure.message).toBe("HTTP 418");
  expect(failure.detail).toContain("203.0.113.77");
});

test("a wait stated in the body counts if there is no Retry-After", async () => {
  const readWait = (start: string): number | null => (start.includes("until 90") ? 90_000 : null);
  expect(await failureOf(read(client(), get("/418-until"), { readWait }))).toMatchObject({
    retryAfterMs: 90_000,
  });
  expect(await failureOf(read(client(), get("/429-seconds"), { readWait }))).toMatchObject({
    retryAfterMs: 7_000,
  });
});

describe("retries", () => {
  async function timesRequested(path: string, extra: Partial<HttpRequest> = {}): Promise<number> {
    requestCounts.delete(path);
    await read(client(path === "/hang" ? HASTY : LIMITS), get(path, extra)).catch(() => null);
    return requestCounts.get(path) ?? 0;
  }

  test("a 500 is requested three times at most, and a success in between counts", async () => {
    expect(await timesRequested("/500")).toBe(3);
    expect(await read(client(), get("/500-once"))).toEqual({ nth: 2 });
  });

  test("unrepeatable requests, requests to wait, blocks and unreadable answers are not retried", async () => {
    expect(await timesRequested("/500", { repeatable: false })).toBe(1);
    for (const path of ["/429-seconds", "/418", "/451", "/html", "/big", "/503-wait", "/hang"]) {
      expect([path, await timesRequested(path)]).toEqual([path, 1]);
    }
  });
});

test("a failure never contains the URL, whatever went wrong", async () => {
  const secret = "bot123456:SECRET";
  const failures = await Promise.all([
    failureOf(
      read(client(), { method: "GET", url: `http://127.0.0.1:1/${secret}`, repeatable: false }),
    ),
    failureOf(
      read(client(), {
        method: "GET",
        url: `http://no-such-host.invalid/${secret}`,
        repeatable: false,
      }),
    ),
    failureOf(read(client(HASTY), get(`/hang?${secret}`))),
    failureOf(read(client(), get(`/500?${secret}`, { repeatable: false }))),
  ]);
  for (const failure of failures) expect(Bun.inspect(failure)).not.toContain("SECRET");
});

test("an abort by the caller ends the call immediately as a time-out", async () => {
  const abort = new AbortController();
  const failure = failureOf(read(client(), get("/hang"), { signal: abort.signal }));
  abort.abort();
  expect(await failure).toMatchObject({ kind: "timeout", message: "the refresh ran out of time" });
});

test("every attempt acquires admission and releases it, also when it fails", async () => {
  let held = 0;
  let admissions = 0;
  const admission = async () => {
    admissions += 1;
    held += 1;
    return () => {
      held -= 1;
    };
  };
  await failureOf(read(client(), get("/500"), { admission }));
  expect([admissions, held]).toEqual([3, 0]);
});
