import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { EXCHANGE_IDS, type ExchangeId, type ExchangeStatus } from "../../src/domain/exchange.ts";
import { LONG_MS } from "../support/patience.ts";
import { LISTS } from "../support/lists.ts";
import {
  bodyOf,
  type Conditions,
  is,
  type MissingBody,
  MIXED,
  missingScene,
  statusesOf,
} from "../support/missing-scene.ts";

const CURRENT = "/api/funding/current";

/** Lists of the exchanges themselves, or of the past, which do not depend on listings. */
const WITHOUT_LISTINGS = [
  "/api/exchanges",
  "/api/quality",
  "/api/intervals/changes",
  "/api/quality/gaps",
  "/api/funding/cumulative",
  "/api/funding/persistence",
];

/** Lists that work without parameters. */
const PLAIN = LISTS.flatMap(({ path, isPlain }) => (isPlain ? [path] : []));

describe("missing", () => {
  test("names the requested exchanges without data, each with a reason in words", async () => {
    await using scene = await missingScene(MIXED);
    const { missing, rows } = await bodyOf(scene, CURRENT);
    expect(missing).toEqual([
      {
        exchange: "bitget",
        status: "down",
        reason: "No new rates: it does not answer in time.",
      },
      { exchange: "bybit", status: "starting", reason: "No rates yet." },
      { exchange: "gate", status: "stale", reason: "No new rates for too long." },
      {
        exchange: "mexc",
        status: "geo_blocked",
        reason: "It refuses the country of this server.",
      },
      { exchange: "okx", status: "down", reason: "No new rates: it does not answer in time." },
    ]);
    // The remaining rows of an exchange are in the answer.
    expect(rows.map(({ exchange }) => exchange)).toEqual(["binance", "bitget", "gate", "kraken"]);
  });

  test("names only requested ones, and a disabled one only if named", async () => {
    await using scene = await missingScene(MIXED);
    const of = async (query: string) => statusesOf(await bodyOf(scene, `${CURRENT}?${query}`));
    expect(await of("exchange=binance,kraken")).toEqual([]);
    expect(await of("exchange=binance,okx")).toEqual(["okx down"]);
    expect(await of("exchange=binance,htx,aevo")).toEqual(["aevo off", "htx off"]);
    const arb = await bodyOf(scene, "/api/funding/arb?exchange=binance,okx,gate&exclude=gate");
    expect(statusesOf(arb)).toEqual(["okx down"]);
  });

  test("does not depend on the other filters", async () => {
    await using scene = await missingScene(MIXED);
    const body = await bodyOf(scene, `${CURRENT}?exchange=okx,binance&base=NOSUCH`);
    expect([body.total, statusesOf(body)]).toEqual([0, ["okx down"]]);
  });

  test.each(PLAIN)("is in the envelope of %s", async (path) => {
    await using scene = await missingScene(MIXED);
    const all = ["bitget down", "bybit starting", "gate stale", "mexc geo_blocked", "okx down"];
    expect(statusesOf(await bodyOf(scene, path))).toEqual(all);
  });

  test("accompanies a single object", async () => {
    await using scene = await missingScene(MIXED);
    const of = async (path: string) => statusesOf(await bodyOf(scene, `/api/explain/${path}`));
    expect(await of("bitget/BTCUSDT")).toEqual(["bitget down"]);
    expect(await of("kraken/BTCUSDT")).toEqual([]);
  });
});

describe("no_data", () => {
  test("is the answer if every requested exchange is missing and has no rows left, with a retry time", async () => {
    await using scene = await missingScene(MIXED);
    const response = await scene.get(`${CURRENT}?exchange=okx`);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "60"]);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toMatchObject({
      code: "no_data",
      detail: "There are no rates of okx (down).",
      missing: [
        { exchange: "okx", status: "down", reason: "No new rates: it does not answer in time." },
      ],
    });
  });

  test.each([
    ["okx,mexc,htx", 503, "60"],
    ["bybit,okx", 503, "5"],
    ["mexc", 503, "120"],
    ["htx", 503, "3600"],
    ["aevo", 503, "3600"],
    ["bitget", 200, null],
    ["gate,okx", 200, null],
    ["okx,kraken", 200, null],
  ])("exchange=%s is %i", async (exchange, status, retryAfter) => {
    await using scene = await missingScene(MIXED);
    const response = await scene.get(`${CURRENT}?exchange=${exchange}`);
    expect([response.status, response.headers.get("retry-after")]).toEqual([status, retryAfter]);
  });

  test("is the answer to any list of listings, in any format, and to HEAD", async () => {
    await using scene = await missingScene({ okx: is("down"), gate: is("starting") });
    for (const path of [...PLAIN, "/api/funding/calendar.ics"]) {
      // Of an asset that was never seen here.
      if (/\/(symbol|history)\//.test(path)) continue;
      const status = WITHOUT_LISTINGS.includes(path) ? 200 : 503;
      const formats = path.endsWith(".ics") ? [""] : ["", "?format=csv", "?format=ndjson"];
      for (const format of formats)
        for (const method of ["GET", "HEAD"])
          expect([path, (await scene.get(path + format, { method })).status]).toEqual([
            path,
            status,
          ]);
    }
    const { status } = await scene.get("/api/explain/okx/BTCUSDT");
    expect(status).toBe(503);
  });

  test("is not the answer if nothing was requested, or if one of the exchanges is healthy but has no rows", async () => {
    await using scene = await missingScene({ okx: is("down"), gate: is("ok") });
    const arb = await bodyOf(scene, "/api/funding/arb?exchange=okx&exclude=okx");
    expect([arb.total, arb.missing]).toEqual([0, []]);
    expect(statusesOf(await bodyOf(scene, CURRENT))).toEqual(["okx down"]);
    // It lists no such instrument; the other's listings are unknown.
    expect((await scene.get("/api/explain/gate/BTCUSDT")).status).toBe(404);
  });
});

describe("formats without an envelope", () => {
  const HEADER = "x-missing-exchanges";
  const ALL =
    "bitget;status=down, bybit;status=starting, gate;status=stale, mexc;status=geo_blocked, okx;status=down";

  test("have a header, also for HEAD; it is absent if none is missing", async () => {
    await using scene = await missingScene(MIXED);
    for (const query of ["format=csv", "format=ndjson"]) {
      for (const method of ["GET", "HEAD"]) {
        const { headers } = await scene.get(`${CURRENT}?${query}`, { method });
        expect(headers.get(HEADER)).toBe(ALL);
      }
      const whole = await scene.get(`${CURRENT}?${query}&exchange=binance`);
      expect(whole.headers.get(HEADER)).toBeNull();
    }
    expect((await scene.get(CURRENT)).headers.get(HEADER)).toBeNull();
  });

  test("show how many exchanges were requested, as JSON does, on every resource with rows", async () => {
    await using scene = await missingScene(MIXED);
    // One of them is disabled.
    const requested = Object.keys(MIXED).length - 1;
    for (const path of [...PLAIN, "/api/funding/calendar.ics"]) {
      for (const format of path.endsWith(".ics") ? [""] : ["?format=csv", "?format=ndjson"]) {
        const { headers } = await scene.get(path + format);
        expect([path, headers.get("x-of-exchanges")]).toEqual([path, String(requested)]);
      }
    }
    const heatmap = await (await scene.get("/api/funding/heatmap")).json();
    expect(heatmap).toMatchObject({ of_exchanges: requested });
    const two = await scene.get("/api/funding/heatmap?format=csv&exchange=okx,binance");
    expect(two.headers.get("x-of-exchanges")).toBe("2");
    expect((await scene.get(CURRENT)).headers.get("x-of-exchanges")).toBeNull();
  });

  test("expose it to pages of other origins", async () => {
    await using scene = await missingScene(MIXED);
    const { headers } = await scene.get(`${CURRENT}?format=csv`);
    const exposed = headers.get("access-control-expose-headers")?.split(", ");
    expect(exposed).toContain("X-Missing-Exchanges");
  });

  test("a calendar shows it in the header and in its own description", async () => {
    await using scene = await missingScene(MIXED);
    const file = await scene.get("/api/funding/calendar.ics?exchange=okx,gate,binance");
    expect(file.headers.get(HEADER)).toBe("gate;status=stale, okx;status=down");
    const text = (await file.text()).replaceAll("\r\n ", "");
    expect(text).toContain("Exchanges that are missing now: gate okx.");
    const whole = await scene.get("/api/funding/calendar.ics?exchange=binance");
    expect(await whole.text()).not.toContain("missing");
  });
});

const IDS = EXCHANGE_IDS.slice(0, 7);

const condition = fc.oneof(
  fc.constant(is("starting")),
  fc.record({
    status: fc.constantFrom<ExchangeStatus>(
      "ok",
      "degraded",
      "stale",
      "down",
      "geo_blocked",
      "off",
    ),
    hasRow: fc.boolean(),
  }),
);

test(
  "in generated markets missing follows the rule exactly, and 503 only if nothing is left",
  async () => {
    const requested = fc.option(fc.subarray([...IDS, "aevo" as const], { minLength: 1 }));
    const excluded = fc.subarray([...IDS]);
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(...IDS.map(() => condition)),
        fc.array(fc.tuple(requested, excluded), { minLength: 12, maxLength: 12 }),
        async (states, queries) => {
          const conditions: Conditions = Object.fromEntries(IDS.map((id, n) => [id, states[n]]));
          await using scene = await missingScene(conditions);
          for (const [named, exclude] of queries) {
            const parts = [
              ...(named === null ? [] : [`exchange=${named.join(",")}`]),
              ...(exclude.length === 0 ? [] : [`exclude=${exclude.join(",")}`]),
            ];
            const response = await scene.get(`/api/funding/arb?${parts.join("&")}`);
            const put = (named ?? IDS)
              .filter((id) => !exclude.includes(id))
              .map((id) => ({ id, status: "off", hasRow: false, ...conditions[id] }))
              .filter(({ status }) => named !== null || status !== "off");
            const gone = put.filter(({ status }) => status !== "ok" && status !== "degraded");
            // A disabled exchange leaves the board with its rows.
            const isLeft = put.some(({ status, hasRow }) => hasRow && status !== "off");
            const isNothing = put.length > 0 && gone.length === put.length && !isLeft;
            expect(response.status).toBe(isNothing ? 503 : 200);
            const { missing } = (await response.json()) as MissingBody;
            expect(missing.map(({ exchange, status }) => [exchange, status])).toEqual(
              gone
                .map(({ id, status }): [ExchangeId, ExchangeStatus] => [
                  id,
                  status as ExchangeStatus,
                ])
                .toSorted(),
            );
            for (const { reason } of missing)
              expect(reason).toMatch(/^[A-Z][a-z ]+(: [a-z ]+)?\.$/);
          }
        },
      ),
      { numRuns: 15 },
    );
  },
  LONG_MS,
);
