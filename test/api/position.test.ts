import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { z } from "@hono/zod-openapi";
import { flagBit } from "../../src/domain/flags.ts";
import type { ArbList } from "../../src/http/lists/pair-schema.ts";
import type { PositionListSchema, PositionRow } from "../../src/http/api/position/schema.ts";
import { testApp, type TestApp } from "../support/app.ts";
import { allCollected, rowOf, snapshotOf, TestBoard, withStatuses } from "../support/board.ts";
import { cellsOf } from "../support/lists.ts";
import { bodyOf, is, missingScene, MIXED, statusesOf } from "../support/missing-scene.ts";
import { NOON_MS } from "../support/quote.ts";

const PATH = "/api/funding/position";
const NOON = NOON_MS / 1000;
const HOUR_MS = 3_600_000;

const STALE = flagBit("stale");
const THIN = flagBit("thin");

/** Percent per year: okx 10.95, bybit -21.9, gate 43.8 (hourly), mexc 109.5 (stale), deribit 5.475 (continuous). */
const ROWS = [
  rowOf("okx", "BTC", { fundingRate: 0.0001 }),
  rowOf("okx", "BTC", { fundingRate: -0.005, quote: "USDC" }),
  rowOf("bybit", "BTC", { fundingRate: -0.0002 }, THIN),
  rowOf("gate", "BTC", {
    fundingRate: 0.00005,
    fundingIntervalHours: 1,
    nextFundingAtMs: NOON_MS + HOUR_MS / 2,
  }),
  rowOf("mexc", "BTC", { fundingRate: 0.001 }, STALE),
  rowOf("deribit", "BTC", {
    fundingRate: 0.00005,
    accrual: "continuous",
    nextFundingAtMs: null,
  }),
  rowOf("okx", "ALONE", { fundingRate: 0 }),
  rowOf("okx", "WHO", { fundingRate: 0.0001, assetId: null, identity: "probable" }),
];

const app = (rows = ROWS) =>
  testApp(new TestBoard(withStatuses(allCollected(snapshotOf("7-9", rows)), { htx: "down" })));

async function position(query: string, of: TestApp = app()): Promise<PositionRow> {
  const response = await of.get(`${PATH}?${query}`);
  if (response.status !== 200) throw new Error(await response.text());
  const { rows } = (await response.json()) as z.infer<typeof PositionListSchema>;
  expect(rows).toHaveLength(1);
  return rows[0] ?? expect.unreachable();
}

describe("the payments of a position", () => {
  test("next, in a day and in thirty, calculated by hand", async () => {
    const row = await position("uid=okx:BTCUSDT:1&side=long&notional=25000");
    expect(row).toMatchObject({
      uid: "okx:BTCUSDT:1",
      side: "long",
      notional_usd: 25_000,
      assumes: "constant_rates",
      direction: "pay",
      next_payment_at: NOON + 4 * 3_600,
      next_payment_usd: expect.closeTo(-2.5, 9),
      // Three settlements a day.
      day_usd: expect.closeTo(-7.5, 9),
      thirty_days_usd: expect.closeTo(-225, 9),
      reasons: [],
    });
    expect(await position("uid=okx:BTCUSDT:1&side=short&notional=25000")).toMatchObject({
      direction: "receive",
      next_payment_usd: expect.closeTo(2.5, 9),
      thirty_days_usd: expect.closeTo(225, 9),
    });
  });

  test.each([
    ["uid=bybit:BTCUSDT:1&side=long", "receive", 2, 6],
    ["uid=bybit:BTCUSDT:1&side=short", "pay", -2, -6],
    ["uid=gate:BTCUSDT:1&side=short", "receive", 0.5, 12],
    ["uid=okx:ALONEUSDT:1&side=long", "nothing", 0, 0],
  ])("%s", async (query, direction, next, day) => {
    const row = await position(query);
    expect(row).toMatchObject({ notional_usd: 10_000, direction });
    expect(row.next_payment_usd).toBeCloseTo(next, 9);
    expect(row.day_usd).toBeCloseTo(day, 9);
    expect(row.thirty_days_usd).toBeCloseTo(30 * day, 9);
    // Nothing is 0, not -0, which some formats would show.
    expect(Object.is(row.next_payment_usd, -0)).toBe(false);
  });

  test("accrue for continuous funding: nothing is due at a particular time", async () => {
    // 0.005 % every 8 h on 10,000 dollars is 1.5 a day.
    expect(await position("uid=deribit:BTCUSDT:1&side=short")).toMatchObject({
      accrual: "continuous",
      direction: "receive",
      next_payment_at: null,
      next_payment_usd: null,
      day_usd: expect.closeTo(1.5, 9),
      thirty_days_usd: expect.closeTo(45, 9),
      reasons: [],
    });
  });

  test("are null on an untrusted row, with the reasons", async () => {
    const rows = [rowOf("okx", "BTC", {}, STALE | flagBit("suspect") | THIN), ...ROWS.slice(2)];
    expect(await position("uid=okx:BTCUSDT:1&side=long", app(rows))).toMatchObject({
      flags: ["stale", "suspect", "thin"],
      direction: null,
      next_payment_at: null,
      next_payment_usd: null,
      day_usd: null,
      thirty_days_usd: null,
      reasons: ["stale", "suspect"],
      alternative: null,
      alternative_reason: "blocked",
    });
  });

  test("equal expected_cash of a pair for that leg", async () => {
    const anyRow = fc.record({
      rate: fc.double({ min: -0.01, max: 0.01, noNaN: true }),
      interval: fc.constantFrom(1, 2, 4, 8),
      aheadS: fc.integer({ min: 1, max: 8 * 3_600 }),
    });
    await fc.assert(
      fc.asyncProperty(
        anyRow,
        anyRow,
        fc.integer({ min: 1, max: 1e6 }),
        async (left, right, usd) => {
          const rows = [left, right].map(({ rate, interval, aheadS }, place) =>
            rowOf(place === 0 ? "okx" : "bybit", "BTC", {
              instrumentId: place,
              fundingRate: rate,
              fundingIntervalHours: interval,
              nextFundingAtMs: NOON_MS + ((aheadS % (interval * 3_600)) + 1) * 1000,
            }),
          );
          const of = app(rows);
          const arb = await of.get(`/api/funding/arb?notional=${usd}&decision=usable,watch`);
          const [pair] = ((await arb.json()) as ArbList).rows;
          const { long, short, expected_cash: cash } = pair ?? expect.unreachable();
          const held = (uid: string, side: string) =>
            position(`uid=${uid}&side=${side}&notional=${usd}`, of);
          expect((await held(long.uid, "long")).day_usd).toBe(cash.long_usd);
          expect((await held(short.uid, "short")).day_usd).toBe(cash.short_usd);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe("the best other exchange", () => {
  test("has the lowest rate for a long and the highest for a short, among trusted listings", async () => {
    // Not okx itself, though its USDC contract pays a long more; not mexc, which is stale.
    const long = await position("uid=okx:BTCUSDT:1&side=long");
    expect(long.alternative).toMatchObject({ uid: "bybit:BTCUSDT:1", flags: ["thin"] });
    // 10.95 + 21.9 percent of 10,000 dollars.
    expect(long.alternative?.yearly_gain_usd).toBeCloseTo(3_285, 9);
    const short = await position("uid=okx:BTCUSDT:1&side=short");
    expect(short.alternative).toMatchObject({ exchange: "gate", is_outlier: false });
    expect(short.alternative?.yearly_gain_usd).toBeCloseTo(3_285, 9);
  });

  test("has a negative gain if the position is already the best", async () => {
    const row = await position("uid=gate:BTCUSDT:1&side=short");
    expect(row.alternative).toMatchObject({
      exchange: "okx",
      annualized_pct: expect.closeTo(10.95),
    });
    expect(row.alternative?.yearly_gain_usd).toBeCloseTo(-3_285, 9);
  });

  test("is null if the price differs, no other exchange lists it, or no price has identified it", async () => {
    const far = [ROWS[0], rowOf("bybit", "BTC", { markPrice: 112 })].flatMap((row) => row ?? []);
    for (const [query, reason, rows] of [
      ["uid=okx:BTCUSDT:1&side=long", "no_other_exchange", far],
      ["uid=okx:ALONEUSDT:1&side=long", "no_other_exchange", ROWS],
      ["uid=okx:WHOUSDT:1&side=long", "identity_unknown", ROWS],
    ] as const) {
      const row = await position(query, app([...rows]));
      expect([row.alternative, row.alternative_reason]).toEqual([null, reason]);
      expect(row.day_usd).not.toBeNull();
    }
  });

  test("lists the same asset, verified by brute force", async () => {
    const rates = fc.array(fc.integer({ min: -90, max: 90 }), { minLength: 2, maxLength: 6 });
    const EXCHANGES = ["okx", "bybit", "gate", "mexc", "kraken", "htx"] as const;
    await fc.assert(
      fc.asyncProperty(rates, fc.constantFrom("long", "short"), async (bps, side) => {
        const rows = bps.map((of, place) =>
          rowOf(EXCHANGES[place] ?? "okx", "BTC", { fundingRate: of / 10_000 }),
        );
        const row = await position(`uid=okx:BTCUSDT:1&side=${side}`, app(rows));
        const sign = side === "long" ? -1 : 1;
        const best = Math.max(...bps.slice(1).map((of) => sign * of));
        // A basis point every 8 h on 10,000 dollars is 1,095 a year.
        expect(row.alternative?.yearly_gain_usd ?? NaN).toBeCloseTo(
          (best - sign * (bps[0] ?? NaN)) * 1_095,
          6,
        );
      }),
      { numRuns: 25 },
    );
  });
});

describe("the instrument", () => {
  test("can be given as exchange and symbol: the same answer, even if the symbol contains colons", async () => {
    const dex = rowOf("hyperliquid", "GOLD", { exchangeSymbol: "xyz:GOLD" });
    const of = app([...ROWS, dex]);
    const tag = async (uid: string) =>
      (await of.get(`${PATH}?side=long&uid=${uid}`)).headers.get("etag");
    expect(await tag("okx:BTCUSDT")).toBe(await tag("okx:BTCUSDT:1"));
    expect((await position("side=long&uid=hyperliquid:xyz:GOLD", of)).uid).toBe(
      "hyperliquid:xyz:GOLD:1",
    );
  });

  test.each([
    ["side=long", "uid", "must be given"],
    ["uid=okx:BTCUSDT", "side", "must be given"],
    ["uid=&side=long", "uid", "must not be empty"],
    [`uid=${"x".repeat(201)}&side=long`, "uid", "must not be longer than 200 characters"],
    ["uid=okx:BTCUSDT&uid=bybit:BTCUSDT&side=long", "uid", "may be given once only"],
    ["uid=okx:BTCUSDT&side=both", "side", '"both" must be one of long, short'],
    ["uid=okx:BTCUSDT&side=long&notional=0", "notional", '"0" must be a number above 0'],
    ["uid=okx:BTCUSDT&side=long&limit=1", "limit", "is not a parameter of this endpoint"],
  ])("%s is refused", async (query, parameter, rule) => {
    const response = await app().get(`${PATH}?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      errors: [{ parameter, rule: expect.stringContaining(rule) }],
    });
  });

  test.each(["okx:NOSUCH", "okx:BTCUSDT:2", "okx", "BTCUSDT", "mtgox:BTCUSDT"])(
    "%s is a 404",
    async (uid) => {
      const response = await app().get(`${PATH}?side=long&uid=${uid}`);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({
        code: "unknown_instrument",
        detail: expect.stringContaining(`"${uid}"`),
      });
    },
  );

  test("of an exchange without any data is a 503, and other exchanges are listed as missing", async () => {
    await using scene = await missingScene(MIXED);
    const response = await scene.get(`${PATH}?side=long&uid=okx:BTCUSDT`);
    expect([response.status, await response.json()]).toMatchObject([
      503,
      { code: "no_data", missing: [{ exchange: "okx" }] },
    ]);
    const body = await bodyOf(scene, `${PATH}?side=long&uid=binance:BTCUSDT`);
    expect(statusesOf(body)).toContain("okx down");
    await using none = await missingScene({ okx: is("down"), gate: is("starting") });
    expect((await none.get(`${PATH}?side=long&uid=gate:BTCUSDT`)).status).toBe(503);
  });

  test("is a file like every list", async () => {
    const csv = await (await app().get(`${PATH}?side=long&uid=okx:BTCUSDT&format=csv`)).text();
    const [names = [], cells = []] = cellsOf(csv);
    const cellOf = (name: string) => cells[names.indexOf(name)];
    expect(Number(cellOf("day_usd"))).toBeCloseTo(-3, 9);
    expect(cellOf("alternative_exchange")).toBe("bybit");
    const alone = await app().get(`${PATH}?side=long&uid=okx:ALONEUSDT&format=csv`);
    const [, empty = []] = cellsOf(await alone.text());
    expect(empty[names.indexOf("alternative_exchange")]).toBe("");
  });
});
