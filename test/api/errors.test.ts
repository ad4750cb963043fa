import { describe, expect, test } from "bun:test";
import { systemClock } from "../../src/lib/clock.ts";
import { createMetrics } from "../../src/http/metrics/metrics.ts";
import { healthOf, testApp, noStreams } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";

function app() {
  return testApp(new TestBoard(snapshotOf("1-1", [rowOf("okx", "BTC")])));
}

const GET_ROUTES = [
  "/",
  "/docs",
  "/openapi.json",
  "/api/health",
  "/api/exchanges",
  "/api/funding/current",
  "/api/funding/symbol/BTC",
  "/livez",
  "/readyz",
  "/metrics",
];

describe("methods", () => {
  test.each(GET_ROUTES)(
    "%s supports GET and HEAD, and says so to other methods",
    async (target) => {
      const served = app();
      expect((await served.get(target)).status).toBe(200);
      expect((await served.send("HEAD", target)).status).toBe(200);
      for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
        const response = await served.send(method, target);
        expect(response.status).toBe(405);
        expect(response.headers.get("allow")).toBe("GET, HEAD, OPTIONS");
        expect(await response.json()).toMatchObject({ code: "method_not_allowed" });
      }
    },
  );

  test("a preflight from any origin allows GET and HEAD", async () => {
    const response = await app().send("OPTIONS", "/api/funding/current", {
      origin: "https://elsewhere.test",
      "access-control-request-method": "GET",
    });
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-allow-methods")).toBe("GET, HEAD, OPTIONS");
    expect(response.headers.has("access-control-allow-credentials")).toBe(false);
  });

  test("any origin may read answers and errors of the API", async () => {
    for (const target of ["/api/funding/current", "/api/health", "/api/funding/current?x=1"]) {
      const response = await app().get(target, { origin: "https://elsewhere.test" });
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
      expect(response.headers.get("access-control-expose-headers")).toContain("X-Request-Id");
    }
  });
});

test.each([
  "/nope",
  "/api",
  "/api/funding/",
  "/api/funding/symbol/",
  "/docs/../secret",
  "//",
  "/API/health",
])("%s is a 404 problem for every method", async (target) => {
  for (const method of ["GET", "POST", "OPTIONS"]) {
    const response = await app().send(method, target);
    expect([method, response.status]).toEqual([method, 404]);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.get("cache-control")).toBe("no-store");
  }
});

test("a target that is too long is a 414 that does not echo it", async () => {
  const response = await app().get(`/api/funding/current?base=${"A".repeat(9000)}`);
  expect(response.status).toBe(414);
  expect((await response.text()).length).toBeLessThan(600);
});

test("a list with too many members is a 400", async () => {
  const response = await app().get(`/api/funding/current?base=${"A,".repeat(300)}B`);
  expect(response.status).toBe(400);
});

test("a parameter named __proto__ is as unknown as any other", async () => {
  expect((await app().get("/api/funding/current?__proto__=1")).status).toBe(400);
});

describe("request ids", () => {
  test("a valid one is returned, in the header and in the problem", async () => {
    const response = await app().get("/nope", { "x-request-id": "trace-7:a.b" });
    expect(response.headers.get("x-request-id")).toBe("trace-7:a.b");
    expect(await response.json()).toMatchObject({ request_id: "trace-7:a.b", instance: "/nope" });
  });

  test.each(["", "a b", "x".repeat(65), "<script>", "ä"])(
    "%p is replaced by a new one",
    async (given) => {
      const response = await app().get("/api/funding/current", { "x-request-id": given });
      expect(response.headers.get("x-request-id")).toMatch(/^[\da-f-]{36}$/);
    },
  );

  test("each request has its own, also from the cache", async () => {
    const served = app();
    const ids = await Promise.all(
      Array.from({ length: 5 }, async () =>
        (await served.get("/api/funding/current")).headers.get("x-request-id"),
      ),
    );
    expect(new Set(ids).size).toBe(5);
  });
});

describe("an internal error", () => {
  const board = new TestBoard(snapshotOf("1-1", [rowOf("okx", "BTC")]));
  const health = (): never => {
    throw new Error("secret of the house");
  };

  test("is a 500 that contains only the request id; the log has the error", async () => {
    const served = testApp(board, { health });
    const response = await served.get("/api/health");
    expect(response.status).toBe(500);
    const body = await response.text();
    expect(body).not.toContain("secret");
    const id = response.headers.get("x-request-id");
    expect(JSON.parse(body)).toMatchObject({ code: "internal", request_id: id });
    const logged = served.log.lines.find(({ level }) => level === "error");
    expect(logged?.fields).toMatchObject({ requestId: id, error: "Error: secret of the house" });
  });

  test("is the same in the metrics", async () => {
    const metrics = createMetrics({ board, health, clock: systemClock, streams: noStreams });
    const response = await testApp(board, { metrics }).get("/metrics");
    expect(response.status).toBe(500);
  });

  test("is the same while building an answer", async () => {
    let isBroken = false;
    const broken = new TestBoard({
      ...snapshotOf("1-1", []),
      get rows() {
        return isBroken ? health() : [];
      },
    });
    isBroken = true;
    const served = testApp(broken, { health: () => healthOf(board) });
    expect((await served.get("/api/funding/current")).status).toBe(500);
    expect((await served.get("/api/health")).status).toBe(200);
  });
});

describe("the request log", () => {
  const address = { remoteAddress: "10.0.0.9" };
  const forwarded = new Request("http://finder.test/livez", {
    headers: { "x-forwarded-for": "198.51.100.7, 203.0.113.5" },
  });

  test("has one debug line per request, with the route and never the path", async () => {
    const served = app();
    await served.get("/api/funding/symbol/BTC?limit=1");
    expect(served.log.lines).toEqual([
      {
        level: "debug",
        event: "request",
        fields: expect.objectContaining({
          route: "/api/funding/symbol/:base",
          status: 200,
          method: "GET",
        }),
      },
    ]);
  });

  test("names the peer, whatever it claims, unless it is a trusted proxy", async () => {
    const board = new TestBoard();
    const trusting = testApp(board, { trustedProxies: ["10.0.0.0/8"] });
    const untrusting = testApp(board);
    await trusting.fetch(forwarded, address);
    await untrusting.fetch(forwarded, address);
    expect(trusting.log.lines[0]?.fields).toMatchObject({ client: "203.0.113.5" });
    expect(untrusting.log.lines[0]?.fields).toMatchObject({ client: "10.0.0.9" });
  });

  test("logs refusals for lack of data or capacity at debug level: there may be thousands", async () => {
    const served = testApp(new TestBoard());
    await served.get("/api/exchanges");
    expect(served.log.lines.map(({ level }) => level)).toEqual(["debug"]);
  });
});
