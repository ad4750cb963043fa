import { describe, expect, test } from "bun:test";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { flagBit, type FlagBits } from "../../src/domain/flags.ts";
import type { MarketRecord } from "../../src/domain/market.ts";
import type { OpportunityBook } from "../../src/domain/opportunity.ts";
import type { ArbList, ArbRow } from "../../src/http/lists/pair-schema.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { NOON_MS } from "../support/quote.ts";

/** Every pair was first seen this many seconds before noon. */
const seenBefore = (seconds: number): OpportunityBook => ({
  find: () => ({
    firstSeenMs: NOON_MS - seconds * 1000,
    lastSeenMs: NOON_MS,
    peakGrossPct: 50,
    unobservedMs: 0,
  }),
});

function listing(
  exchange: ExchangeId,
  extra: Partial<MarketRecord> = {},
  flags: FlagBits = 0,
  base = "BTC",
) {
  return rowOf(exchange, base, extra, flags);
}

function app(rows: readonly ReturnType<typeof rowOf>[], book = seenBefore(3600)) {
  return testApp(new TestBoard(snapshotOf("1-1", rows, NOON_MS, book)));
}

async function pairs(served: ReturnType<typeof app>, query = ""): Promise<readonly ArbRow[]> {
  const response = await served.get(`/api/funding/arb${query}`);
  if (response.status !== 200) throw new Error(await response.text());
  return ((await response.json()) as ArbList).rows;
}

const SHORT = { fundingRate: 0.001 };

describe("a pair", () => {
  test("has a price gap even if its short leg is cheaper", async () => {
    const served = app([
      listing("okx", { markPrice: 101 }),
      listing("bybit", { ...SHORT, markPrice: 99 }),
    ]);
    expect(await pairs(served)).toMatchObject([{ price_gap_pct: -2, decision: "watch" }]);
    expect(await pairs(served, "?max_price_gap_pct=1.99")).toEqual([]);
    expect(await pairs(served, "?max_price_gap_pct=2")).toHaveLength(1);
  });

  test.each([
    ["long", "okx"],
    ["short", "bybit"],
  ])("is refused if no price has identified its %s leg", async (_, unknown) => {
    const of = (exchange: ExchangeId, extra: Partial<MarketRecord>) =>
      listing(exchange, exchange === unknown ? { ...extra, assetId: null } : extra);
    const served = app([of("okx", {}), of("bybit", SHORT)]);
    expect(await pairs(served)).toEqual([]);
    const [refused] = await pairs(served, "?decision=refuse");
    expect(refused).toMatchObject({ decision: "refuse", reasons: ["identity_unknown"] });
  });

  test("with a yield of exactly 5 percent a year has an age", async () => {
    const served = app([
      listing("okx", { fundingRate: 0 }),
      listing("bybit", { fundingRate: 5 / 36_500, fundingIntervalHours: 24 }),
    ]);
    expect(await pairs(served)).toMatchObject([{ gross_apr_pct: 5, lasted_seconds: 3600 }]);
  });

  test("first seen by a clock ahead of this snapshot's has no negative age", async () => {
    const served = app([listing("okx"), listing("bybit", SHORT)], seenBefore(-60));
    expect(await pairs(served)).toMatchObject([{ lasted_seconds: 0, reasons: ["young"] }]);
  });

  test("has the class that either exchange states", async () => {
    const served = app([
      listing("okx", { assetClass: null }),
      listing("bybit", { ...SHORT, assetClass: "stock" }),
    ]);
    expect(await pairs(served)).toMatchObject([{ asset_class: "stock" }]);
  });

  test("of listings without a class matches no class filter", async () => {
    const served = app([
      listing("okx", { assetClass: null }),
      listing("bybit", { ...SHORT, assetClass: null }),
    ]);
    expect(await pairs(served)).toMatchObject([{ asset_class: null }]);
    expect(await pairs(served, "?asset_class=crypto")).toEqual([]);
  });

  test.each(["0.3333333333333333", "1.6666666666666667", "24.0", "1e1", "1.5E+1", "2e-05"])(
    "can be held for %s hours, in any notation that programs write",
    async (hours) => {
      const served = app([listing("okx"), listing("bybit", SHORT)]);
      expect(await pairs(served, `?hold_hours=${hours.replace("+", "%2B")}`)).toMatchObject([
        { expected_cash: { hold_hours: Number(hours) } },
      ]);
    },
  );

  test.each(["1e999", "0x10", "+1", "-1", ".5", "1e", "1_000", "NaN", "Infinity", "1e-400"])(
    "cannot be held for %s hours",
    async (hours) => {
      const served = app([listing("okx"), listing("bybit", SHORT)]);
      const response = await served.get(`/api/funding/arb?hold_hours=${encodeURIComponent(hours)}`);
      expect(response.status).toBe(400);
      expect(await response.text()).toContain("must be a number above 0 to 87600");
    },
  );
});

describe("a query", () => {
  const rows = [
    listing("okx"),
    listing("bybit", SHORT),
    listing("okx", {}, flagBit("settling"), "ETH"),
    listing("bybit", SHORT, 0, "ETH"),
  ];

  test.each([
    ["usable", ["BTC"]],
    ["watch", ["ETH"]],
    ["usable,watch", ["BTC", "ETH"]],
    ["watch,refuse", ["ETH"]],
  ])("with decision=%s returns no other decision", async (decision, bases) => {
    const found = await pairs(app(rows), `?decision=${decision}`);
    expect(found.map(({ base }) => base)).toEqual(bases);
  });

  test("with another notional is another answer", async () => {
    const served = app(rows);
    const cash = async (notional: number) =>
      (await pairs(served, `?base=BTC&notional=${notional}`))[0]?.expected_cash.notional_usd;
    expect([await cash(1000), await cash(2000)]).toEqual([1000, 2000]);
  });

  test("accepts fees up to 10 percent", async () => {
    expect(await pairs(app(rows), "?fees=okx:1000")).toHaveLength(2);
    expect((await app(rows).get("/api/funding/arb?fees=okx:1000.1")).status).toBe(400);
  });

  test("orders equal yields by their legs, including refused pairs", async () => {
    const served = app([
      listing("okx"),
      listing("bybit", SHORT, flagBit("stale")),
      listing("mexc", SHORT),
      listing("mexc", { ...SHORT, quote: "USDC" }, flagBit("stale")),
    ]);
    const found = await pairs(
      served,
      "?pairs=all&sort=gross&decision=usable,watch,refuse&base=BTC",
    );
    expect(found.slice(0, 3).map(({ short }) => `${short.exchange} ${short.quote}`)).toEqual([
      "bybit USDT",
      "mexc USDC",
      "mexc USDT",
    ]);
  });
});
