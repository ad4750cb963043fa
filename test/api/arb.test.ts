import { describe, expect, test } from "bun:test";
import type { MarketRecord } from "../../src/domain/market.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { flagBit, type FlagBits } from "../../src/domain/flags.ts";
import type { Opportunity, OpportunityBook } from "../../src/domain/opportunity.ts";
import type { ArbList, ArbRow } from "../../src/http/lists/pair-schema.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { NOON_MS } from "../support/quote.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

let nextId = 0;

/** A listing with its own id, with a unit price of 100 unless specified otherwise. */
function listing(
  exchange: ExchangeId,
  extra: Partial<MarketRecord> = {},
  flags: FlagBits = 0,
  base = "BTC",
) {
  nextId += 1;
  return rowOf(exchange, base, { instrumentId: nextId, indexPrice: 100, ...extra }, flags);
}

/** Every pair has lasted for `minutes`. */
function lasting(minutes: number, more: Partial<Opportunity> = {}): OpportunityBook {
  const opportunity = {
    firstSeenMs: NOON_MS - minutes * MINUTE_MS,
    lastSeenMs: NOON_MS,
    peakGrossPct: 50,
    unobservedMs: 0,
    ...more,
  };
  return { find: () => opportunity };
}

function app(rows: readonly ReturnType<typeof rowOf>[], book = lasting(60)) {
  return testApp(new TestBoard(snapshotOf("1-1", rows, NOON_MS, book)));
}

async function pairs(served: ReturnType<typeof app>, query = ""): Promise<readonly ArbRow[]> {
  const response = await served.get(`/api/funding/arb${query}`);
  if (response.status !== 200) throw new Error(await response.text());
  return ((await response.json()) as ArbList).rows;
}

async function onlyPair(served: ReturnType<typeof app>, query = ""): Promise<ArbRow> {
  const rows = await pairs(served, query);
  expect(rows).toHaveLength(1);
  if (rows[0] === undefined) throw new Error("no pair");
  return rows[0];
}

describe("calculated by hand", () => {
  test("a leg with one hour against a leg with eight", async () => {
    // okx: 0.01 % every 8 h = 10.95 % a year. hyperliquid: 0.005 % every hour = 43.8 % a year.
    const served = app([
      listing("okx", { fundingRate: 0.0001, fundingIntervalHours: 8 }),
      listing("hyperliquid", {
        fundingRate: 0.00005,
        fundingIntervalHours: 1,
        nextFundingAtMs: NOON_MS + HOUR_MS / 2,
        markPrice: 100.5,
      }),
    ]);
    const pair = await onlyPair(served, "?fees=okx:5,hyperliquid:4.5&notional=20000");
    // The numerically larger of the two rates is the cheaper one to hold, which a naive comparison gets wrong.
    expect([pair.long.exchange, pair.short.exchange]).toEqual(["okx", "hyperliquid"]);
    expect(pair.gross_apr_pct).toBeCloseTo(43.8 - 10.95, 9);
    // 2 x (5 + 4.5) bps = 0.19 %, once a day: 69.35 % a year.
    expect(pair.fees_pct).toBeCloseTo(0.19, 12);
    expect(pair.net_apr_pct).toBeCloseTo(32.85 - 69.35, 9);
    expect(pair.breakeven_hours_smooth).toBeCloseTo((0.19 / 32.85) * 8760, 9);
    // Half past one on the third day: 50 times 0.005 % received, 6 times 0.01 % paid.
    expect(pair.breakeven_hours).toBe(49.5);
    // Noon to noon: okx at 16, 0 and 8; hyperliquid at every half past.
    expect(pair.expected_cash).toEqual({
      assumes: "constant_rates",
      notional_usd: 20_000,
      capital_usd: 40_000,
      leverage: 1,
      hold_hours: 24,
      long_settlements: 3,
      short_settlements: 24,
      long_usd: expect.closeTo(-6, 9),
      short_usd: expect.closeTo(24, 9),
      funding_usd: expect.closeTo(18, 9),
      fees_usd: expect.closeTo(38, 9),
      net_usd: expect.closeTo(-20, 9),
    });
    expect(pair.price_gap_pct).toBeCloseTo((0.5 / 100.25) * 100, 9);
    expect([pair.decision, pair.reasons]).toEqual(["watch", ["not_profitable"]]);
    expect([pair.first_seen_at, pair.lasted_seconds]).toEqual([(NOON_MS - HOUR_MS) / 1000, 3600]);
    expect([pair.peak_gross_apr_pct, pair.unobserved_seconds]).toEqual([50, 0]);
  });

  test("the peak yield is never below the current one, though the stored peak is older", async () => {
    const rows = [listing("okx", { fundingRate: 0 }), listing("bybit", { fundingRate: 0.0003 })];
    const pair = await onlyPair(app(rows, lasting(60, { peakGrossPct: 32.84 })));
    expect(pair.gross_apr_pct).toBeCloseTo(32.85, 9);
    expect(pair.peak_gross_apr_pct).toBe(pair.gross_apr_pct);
  });

  test("fees turn a gross 30 % into a loss over eight hours", async () => {
    // 30 % a year = 0.0273972… % every 8 h.
    const rate = 30 / 100 / 1095;
    const rows = [listing("okx", { fundingRate: 0 }), listing("bybit", { fundingRate: rate })];
    const pair = await onlyPair(app(rows), "?hold_hours=8&fees=okx:5,bybit:5");
    expect(pair.gross_apr_pct).toBeCloseTo(30, 9);
    expect(pair.net_apr_pct).toBeCloseTo(-189, 9);
    expect(pair.expected_cash.net_usd).toBeCloseTo(10_000 * rate - 20, 9);
    const long = await onlyPair(app(rows), "?hold_hours=720&fees=okx:5,bybit:5");
    expect(long.net_apr_pct).toBeCloseTo(30 - 0.2 * (8760 / 720), 9);
  });

  test("a pair with a pinned leg is marked watch", async () => {
    const served = app([
      listing("okx", { fundingRate: 0.0001 }, flagBit("pinned_baseline")),
      listing("bybit", { fundingRate: 0.003 }, flagBit("pinned_cap")),
    ]);
    const pair = await onlyPair(served);
    expect([pair.decision, pair.reasons]).toEqual(["watch", ["pinned_cap", "pinned_baseline"]]);
    expect(await pairs(served, "?decision=usable")).toEqual([]);
  });

  test("an identity conflict makes no pair unless refused ones are requested", async () => {
    const served = app([
      listing("okx", { fundingRate: 0.0001, assetId: "LIT" }, 0, "LIT"),
      listing("bybit", { fundingRate: 0.0002, assetId: "LIT" }, 0, "LIT"),
      listing(
        "gate",
        { fundingRate: 0.01, assetId: "LIT~2", identity: "conflict", markPrice: 2 },
        flagBit("identity_conflict"),
        "LIT",
      ),
      // Another asset with that name and a known identity is not affected.
      listing("mexc", { fundingRate: -0.01, assetId: "LIT~3", markPrice: 7 }, 0, "LIT"),
    ]);
    const pair = await onlyPair(served);
    expect([pair.long.exchange, pair.short.exchange]).toEqual(["okx", "bybit"]);
    const refused = await pairs(served, "?decision=refuse&pairs=all");
    expect(refused.map(({ long, short }) => [long.exchange, short.exchange])).toEqual([
      ["okx", "gate"],
      ["bybit", "gate"],
    ]);
    for (const one of refused) {
      expect(one.decision).toBe("refuse");
      expect(one.reasons).toEqual(["identity_conflict", "price_gap"]);
    }
  });

  test("a stale leg makes no pair unless refused ones are requested", async () => {
    const served = app([
      listing("okx", { fundingRate: 0.0001 }),
      listing("bybit", { fundingRate: 0.003 }, flagBit("stale")),
    ]);
    expect(await pairs(served)).toEqual([]);
    const refused = await onlyPair(served, "?decision=refuse");
    expect([refused.decision, refused.reasons]).toEqual(["refuse", ["stale"]]);
  });

  test("with an unknown interval nothing can be computed", async () => {
    const served = app([
      listing("okx", { fundingRate: 0.0001 }),
      listing("bybit", { fundingIntervalHours: null }, flagBit("interval_unknown")),
    ]);
    const refused = await onlyPair(served, "?decision=refuse");
    expect(refused).toMatchObject({
      gross_apr_pct: null,
      net_apr_pct: null,
      breakeven_hours: null,
      first_seen_at: null,
      lasted_seconds: null,
    });
    expect(refused.reasons).toContain("interval_unknown");
    expect(await pairs(served, "?decision=refuse&min_yield=0.1")).toEqual([]);
  });

  test("equal rates make a pair that yields nothing and never covers its fees", async () => {
    const rows = [listing("okx"), listing("bybit")];
    const pair = await onlyPair(app(rows), "?fees=okx:5,bybit:5");
    expect([pair.long.exchange, pair.short.exchange]).toEqual(["bybit", "okx"]);
    expect(pair).toMatchObject({ gross_apr_pct: 0, breakeven_hours: null, lasted_seconds: null });
    expect(pair.net_apr_pct).toBeCloseTo(-73, 9);
    expect(await pairs(app(rows), "?min_yield=0.01")).toEqual([]);
  });

  test("a single exchange makes no pair, however many contracts it has", async () => {
    const served = app([
      listing("okx", { fundingRate: 0.0001 }),
      listing("okx", { fundingRate: 0.001, quote: "USDC" }),
    ]);
    expect(await pairs(served, "?decision=usable,watch,refuse")).toEqual([]);
  });
});

describe("reasons and unknowns", () => {
  test("an unknown fee leaves net and break-even unknown, with a reason", async () => {
    const rows = [listing("okx"), listing("orderly", { fundingRate: 0.001 })];
    const pair = await onlyPair(app(rows));
    expect(pair).toMatchObject({ fees_pct: null, net_apr_pct: null, breakeven_hours: null });
    expect(pair.short.taker_fee_bps).toBeNull();
    expect(pair.expected_cash).toMatchObject({ fees_usd: null, net_usd: null });
    expect([pair.decision, pair.reasons]).toEqual(["watch", ["fee_unknown"]]);
    const named = await onlyPair(app(rows), "?fees=orderly:6");
    expect([named.short.taker_fee_bps, named.decision]).toEqual([6, "usable"]);
  });

  test("prices per unit are compared using the multiplier; a wide gap is marked watch", async () => {
    const served = app([
      listing("okx", { markPrice: 0.00001, multiplier: 1 }, 0, "PEPE"),
      listing("bybit", { markPrice: 0.0102, multiplier: 1000, fundingRate: 0.001 }, 0, "PEPE"),
    ]);
    const pair = await onlyPair(served);
    expect(pair.price_gap_pct).toBeCloseTo((0.0002 / 0.0101) * 100, 9);
    expect([pair.decision, pair.reasons]).toEqual(["watch", ["price_gap"]]);
    expect(await pairs(served, "?max_price_gap_pct=1.9")).toEqual([]);
    expect(await pairs(served, "?max_price_gap_pct=2")).toHaveLength(1);
  });

  test("a pair without prices has no gap, and passes no maximum", async () => {
    const served = app([
      listing("okx"),
      listing("lighter", { markPrice: null, indexPrice: null, fundingRate: 0.001 }),
    ]);
    const pair = await onlyPair(served);
    expect([pair.price_gap_pct, pair.reasons]).toEqual([null, ["price_unknown"]]);
    expect(await pairs(served, "?max_price_gap_pct=100")).toEqual([]);
  });

  test("a leg without mark and index price is compared by its last trade, and says so", async () => {
    const unpriced = { markPrice: null, indexPrice: null, fundingRate: 0.001 };
    const served = app([
      listing("okx", { indexPrice: null }),
      listing("lighter", { ...unpriced, lastPrice: 100.5 }),
    ]);
    const pair = await onlyPair(served);
    // 0.5 relative to the mean of 100 and 100.5.
    expect(pair.price_gap_pct).toBeCloseTo((0.5 / 100.25) * 100, 9);
    expect([pair.decision, pair.reasons]).toEqual(["usable", []]);
    expect([pair.long.price_source, pair.short.price_source]).toEqual(["mark", "last"]);
    expect([pair.long.last_price, pair.short.last_price]).toEqual([null, 100.5]);
    const csv = await (await served.get("/api/funding/arb?format=csv")).text();
    expect(csv.split("\r\n")[0]).toContain("short_last_price,short_price_source");

    const indexed = await onlyPair(
      app([listing("okx", { markPrice: null }), listing("lighter", unpriced)]),
    );
    expect([indexed.long.price_source, indexed.short.price_source]).toEqual(["index", null]);
  });

  test("pairs younger than ten minutes, or of unknown age, are young", async () => {
    const rows = [listing("okx"), listing("bybit", { fundingRate: 0.001 })];
    expect((await onlyPair(app(rows, lasting(9.99)))).reasons).toEqual(["young"]);
    expect((await onlyPair(app(rows, lasting(10)))).reasons).toEqual([]);
    const unknown = await onlyPair(app(rows, { find: () => null }));
    expect([unknown.reasons, unknown.first_seen_at]).toEqual([["young"], null]);
    expect(await pairs(app(rows, lasting(59)), "?min_lasted=3600")).toEqual([]);
    expect(await pairs(app(rows, lasting(60)), "?min_lasted=3600")).toHaveLength(1);
    expect(await pairs(app(rows, { find: () => null }), "?min_lasted=1")).toEqual([]);
  });

  test("a leg that no price has identified is refused", async () => {
    const served = app([
      listing("okx"),
      listing("bybit", { assetId: null, identity: "probable", fundingRate: 0.001 }),
    ]);
    expect(await pairs(served)).toEqual([]);
    expect((await onlyPair(served, "?decision=refuse")).reasons).toEqual(["identity_unknown"]);
  });
});

describe("filters and order", () => {
  const rows = [
    listing("okx", { fundingRate: 0.0001 }),
    listing("bybit", { fundingRate: 0.0003 }),
    listing("gate", { fundingRate: 0.0007, volume24hUsd: 2_000_000 }),
    listing("mexc", { fundingRate: 0.002, volume24hUsd: null }),
    listing("okx", { fundingRate: -0.0004 }, 0, "ETH"),
    listing("gate", { fundingRate: 0.0001 }, 0, "ETH"),
  ];
  const names = async (query: string) =>
    (await pairs(app(rows), query)).map(({ base, long, short }) =>
      [base, long.exchange, short.exchange].join(" "),
    );

  test.each([
    ["", ["BTC okx gate", "ETH okx gate"]],
    ["?sort=gross&fees=okx:0,gate:0", ["BTC okx gate", "ETH okx gate"]],
    ["?min_volume=0", ["BTC okx mexc", "ETH okx gate"]],
    ["?min_volume=3000000", ["ETH okx gate", "BTC okx bybit"]],
    ["?exclude=gate", ["BTC okx bybit"]],
    ["?exchange=bybit,gate", ["BTC bybit gate"]],
    ["?exchange=bybit,gate&exclude=gate", []],
    ["?base=eth", ["ETH okx gate"]],
    ["?quote=USDC", []],
    ["?asset_class=stock", []],
    ["?min_open_interest=5010000", []],
    ["?limit=1", ["BTC okx gate"]],
    ["?pairs=all&sort=gross&base=BTC", ["BTC okx gate", "BTC bybit gate", "BTC okx bybit"]],
    // The fee of gate exceeds its higher yield.
    ["?base=BTC&fees=okx:5,bybit:5,gate:500", ["BTC okx bybit"]],
    ["?base=BTC&sort=breakeven&fees=okx:5,bybit:0,gate:5", ["BTC bybit gate"]],
  ])("%s", async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  test("the longest-lasting pair comes first on request", async () => {
    const book: OpportunityBook = {
      find: (long, short) => lasting(long * 10 + short).find(long, short),
    };
    const snapshot = snapshotOf(
      "1-1",
      [
        listing("okx", { instrumentId: 1 }),
        listing("bybit", { instrumentId: 2, fundingRate: 0.001 }),
        listing("gate", { instrumentId: 3, fundingRate: 0.0005 }),
      ],
      NOON_MS,
      book,
    );
    const served = testApp(new TestBoard(snapshot));
    const found = await pairs(served, "?pairs=all&sort=lasted");
    expect(found.map(({ lasted_seconds: age }) => age)).toEqual([32 * 60, 13 * 60, 12 * 60]);
    expect((await onlyPair(served, "?sort=lasted")).lasted_seconds).toBe(32 * 60);
  });

  test.each([
    ["fees=okx", "fees"],
    ["fees=okx:-1", "fees"],
    ["fees=okx:1001", "fees"],
    ["fees=okx:5,okx:6", "fees"],
    ["fees=mtgox:5", "fees"],
    ["fees=default,okx:5", "fees"],
    ["hold_hours=0", "hold_hours"],
    ["hold_hours=", "hold_hours"],
    ["notional=0", "notional"],
    ["min_yield=-1", "min_yield"],
    ["decision=maybe", "decision"],
    ["sort=luck", "sort"],
    ["limit=0", "limit"],
    ["pairs=some", "pairs"],
  ])("%s is refused with its name", async (query, parameter) => {
    const response = await app(rows).get(`/api/funding/arb?${query}`);
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as { errors: { parameter: string }[] };
    expect(errors.map((error) => error.parameter)).toEqual([parameter]);
  });

  test("different spellings of one query share one answer", async () => {
    const served = app(rows);
    const tagOf = async (query: string) =>
      (await served.get(`/api/funding/arb${query}`)).headers.get("etag");
    const plain = await tagOf("?fees=okx:5,bybit:6&limit=100");
    expect(await tagOf("?fees=bybit:6.0&fees=okx:5&min_volume=1000000")).toBe(plain);
    expect(await tagOf("?decision=watch,usable&fees=okx:5,bybit:6&sort=net")).toBe(plain);
    expect(await tagOf("?fees=okx:5.1,bybit:6")).not.toBe(plain);
  });
});
