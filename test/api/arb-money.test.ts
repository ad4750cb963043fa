import { describe, expect, test } from "bun:test";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { feeTable } from "../../src/domain/fees.ts";
import type { MarketRecord } from "../../src/domain/market.ts";
import type { OpportunityBook } from "../../src/domain/opportunity.ts";
import type { ArbList, ArbRow } from "../../src/http/lists/pair-schema.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { NOON_MS } from "../support/quote.ts";

const HOUR_MS = 3_600_000;
const ARB = "/api/funding/arb";

/** Every pair has lasted for an hour. */
const AN_HOUR: OpportunityBook = {
  find: () => ({
    firstSeenMs: NOON_MS - HOUR_MS,
    lastSeenMs: NOON_MS,
    peakGrossPct: 50,
    unobservedMs: 0,
  }),
};

let nextId = 0;

/** A listing that settles every 8 h, next in 4, unless specified otherwise. */
function listing(exchange: ExchangeId, extra: Partial<MarketRecord> = {}, base = "BTC") {
  nextId += 1;
  return rowOf(exchange, base, { instrumentId: nextId, ...extra });
}

function app(rows: readonly ReturnType<typeof rowOf>[], fees = feeTable(null)) {
  return testApp(new TestBoard(snapshotOf("1-1", rows, NOON_MS, AN_HOUR)), { fees });
}

async function listed(served: ReturnType<typeof app>, query = ""): Promise<ArbList> {
  const response = await served.get(ARB + query);
  if (response.status !== 200) throw new Error(await response.text());
  return (await response.json()) as ArbList;
}

async function onlyPair(served: ReturnType<typeof app>, query = ""): Promise<ArbRow> {
  const { rows } = await listed(served, query);
  expect(rows).toHaveLength(1);
  return rows[0] ?? expect.unreachable();
}

describe("a pair without a profit", () => {
  // 0.5 % every 8 h is 547.5 % a year; of a day's payments fees of 0.2 % leave something.
  const rich = [listing("okx", { fundingRate: 0 }), listing("bybit", { fundingRate: 0.005 })];
  const FEES = "fees=okx:5,bybit:5";

  test("within the holding time is marked watch despite a high annual yield", async () => {
    expect(await onlyPair(app(rich), `?hold_hours=4&${FEES}`)).toMatchObject({
      decision: "usable",
      breakeven_hours: 4,
    });
    const short = await onlyPair(app(rich), `?hold_hours=3.9&${FEES}`);
    expect(short.net_apr_pct).toBeGreaterThan(90);
    expect(short.expected_cash).toMatchObject({ funding_usd: 0, net_usd: -20 });
    expect([short.decision, short.reasons]).toEqual(["watch", ["no_settlement_in_hold"]]);
    expect((await listed(app(rich), `?decision=usable&hold_hours=3.9&${FEES}`)).total).toBe(0);
  });

  test("is judged by its rates, not by the size of the position", async () => {
    for (const notional of ["5e-324", "0.000001", "1000"]) {
      const query = `?hold_hours=4&notional=${notional}&${FEES}`;
      expect((await onlyPair(app(rich), query)).decision).toBe("usable");
    }
  });

  test("is marked watch if a leg's settlement times are unknown", async () => {
    const rows = [
      listing("okx", { fundingRate: 0, nextFundingAtMs: null }),
      listing("bybit", { fundingRate: 0.005 }),
    ];
    const pair = await onlyPair(app(rows), `?hold_hours=24&${FEES}`);
    expect(pair.expected_cash.net_usd).toBeNull();
    expect([pair.decision, pair.reasons]).toEqual(["watch", ["settlement_unknown"]]);
  });

  test("differs if a leg accrues continuously: it pays all the time", async () => {
    const accruing = { accrual: "continuous", nextFundingAtMs: null } as const;
    const rows = [
      listing("okx", { fundingRate: 0 }),
      listing("bybit", { fundingRate: 0.008, ...accruing }),
    ];
    const pair = await onlyPair(app(rows), `?hold_hours=3&${FEES}`);
    expect([pair.decision, pair.reasons]).toEqual(["usable", []]);
    expect(pair.expected_cash.net_usd).toBeCloseTo(10, 9);
    // 0.1 % an hour.
    expect(pair.breakeven_hours).toBeCloseTo(2, 9);
  });

  test("by its annual yield, or by its actual payments, is marked watch", async () => {
    // 0.045 % a day against fees of 0.2 %.
    const poor = [listing("okx", { fundingRate: 0 }), listing("bybit", { fundingRate: 0.00015 })];
    expect(await onlyPair(app(poor), `?${FEES}`)).toMatchObject({
      decision: "watch",
      reasons: ["not_profitable"],
    });
    // On average 0.25 % would accrue in 11 h; the only actual settlement pays 0.18 %.
    const late = [listing("okx", { fundingRate: 0 }), listing("bybit", { fundingRate: 0.0018 })];
    const pair = await onlyPair(app(late), `?hold_hours=11&${FEES}`);
    expect(pair.net_apr_pct).toBeGreaterThan(30);
    expect(pair.expected_cash.net_usd).toBeCloseTo(-2, 9);
    expect([pair.decision, pair.reasons]).toEqual(["watch", ["not_profitable"]]);
  });
});

describe("minimums after fees", () => {
  const rows = [
    listing("okx", { fundingRate: 0 }, "A"),
    listing("bybit", { fundingRate: 0.005 }, "A"),
    listing("okx", { fundingRate: 0 }, "B"),
    listing("bybit", { fundingRate: 0.0005 }, "B"),
    // The fee of this one is unknown.
    listing("okx", { fundingRate: 0 }, "C"),
    listing("orderly", { fundingRate: 0.005 }, "C"),
  ];
  // A: fees of 0.2 % a day are 73 % a year off 547.5; in cash three times 50 minus 20. B: 54.75 minus 73; 15 minus 20.
  test.each([
    ["", ["A", "B", "C"]],
    ["&min_net=-1000", ["A", "B"]],
    ["&min_net=-18.3", ["A", "B"]],
    ["&min_net=-18.2", ["A"]],
    ["&min_net=0", ["A"]],
    ["&min_net=-0", ["A"]],
    ["&min_net=474", ["A"]],
    ["&min_net=475", []],
    ["&min_net=474&min_net_usd=129", ["A"]],
    ["&min_net_usd=-5.01", ["A", "B"]],
    ["&min_net_usd=-4.99", ["A"]],
    ["&min_net_usd=131", []],
    // In dollars of what is held.
    ["&min_net_usd=131&notional=20000", ["A"]],
    ["&min_net=-50&min_net_usd=1", ["A"]],
  ])("%s", async (query, bases) => {
    const { rows: found } = await listed(app(rows), `?fees=okx:5,bybit:5${query}`);
    expect(found.map(({ base }) => base)).toEqual(bases);
  });

  test("are rounded and echoed like other thresholds, unset ones as null", async () => {
    const { thresholds } = await listed(app(rows), "?min_net=-18.249&min_net_usd=-1234.5");
    expect(thresholds).toMatchObject({ min_net: -18.2, min_net_usd: -1230 });
    expect((await listed(app(rows))).thresholds).toMatchObject({
      min_net: null,
      min_net_usd: null,
    });
    const csv = await app(rows).get(`${ARB}?format=csv&min_net=-18.249`);
    expect(csv.headers.get("x-thresholds")).toContain("min_net=-18.2,");
  });

  test.each(["min_net=--1", "min_net=-", "min_net=-1e9", "min_net_usd=1e13", "min_yield=-1"])(
    "%s is refused",
    async (query) => {
      const response = await app(rows).get(`${ARB}?${query}`);
      expect(response.status).toBe(400);
      expect(await response.text()).toContain("must be a number from");
    },
  );
});

test("sort=cash puts the highest expected cash first, not the highest annual yield; unknown last", async () => {
  const rows = [
    // 1 % once in a day: 365 % a year.
    listing("okx", { fundingRate: 0 }, "DAILY"),
    listing("bybit", { fundingRate: 0.01, fundingIntervalHours: 24 }, "DAILY"),
    // 0.06 % an hour, 525.6 % a year; four settlements within the holding time.
    listing("okx", { fundingRate: 0 }, "HOURLY"),
    listing(
      "bybit",
      { fundingRate: 0.0006, fundingIntervalHours: 1, nextFundingAtMs: NOON_MS + HOUR_MS },
      "HOURLY",
    ),
    listing("okx", { fundingRate: 0 }, "UNKNOWN"),
    listing("orderly", { fundingRate: 0.01 }, "UNKNOWN"),
    // The next settlement is after the holding time.
    listing("okx", { fundingRate: 0 }, "LATER"),
    listing("bybit", { fundingRate: 0.02, nextFundingAtMs: NOON_MS + 7 * HOUR_MS }, "LATER"),
  ];
  const byCash = await listed(app(rows), "?sort=cash&hold_hours=4&fees=okx:5,bybit:5");
  expect(byCash.rows.map(({ base, expected_cash: cash }) => [base, cash.net_usd])).toEqual([
    ["DAILY", 80],
    ["HOURLY", expect.closeTo(4, 9)],
    ["LATER", -20],
    ["UNKNOWN", null],
  ]);
  const byNet = await listed(app(rows), "?hold_hours=4&fees=okx:5,bybit:5");
  expect(byNet.rows.map(({ base }) => base)).toEqual(["LATER", "HOURLY", "DAILY", "UNKNOWN"]);
});

describe("a listing's own fee", () => {
  const rows = [
    listing("okx", { fundingRate: 0 }),
    listing("hyperliquid", { fundingRate: 0.005, takerFeeBps: 0.9 }),
  ];
  const feesOf = async (served: ReturnType<typeof app>, query = "") => {
    const { long, short, ...pair } = await onlyPair(served, query);
    return {
      long: [long.taker_fee_bps, long.taker_fee_source],
      short: [short.taker_fee_bps, short.taker_fee_source],
      fees_pct: pair.fees_pct,
      fees_usd: pair.expected_cash.fees_usd,
    };
  };

  test("takes precedence over its exchange's, in every figure", async () => {
    expect(await feesOf(app(rows))).toEqual({
      long: [5, "exchange"],
      short: [0.9, "listing"],
      fees_pct: expect.closeTo(0.118, 12),
      fees_usd: expect.closeTo(11.8, 9),
    });
  });

  test("yields to fees set by a request or by the operator", async () => {
    const requested = await feesOf(app(rows), "?fees=hyperliquid:3");
    expect([requested.short, requested.fees_pct]).toEqual([[3, "request"], 0.16]);
    const table = feeTable({ asOf: "2026-11-01", takerBps: new Map([["hyperliquid", 4]]) });
    expect(await feesOf(app(rows, table))).toMatchObject({
      short: [4, "operator"],
      fees_pct: 0.18,
    });
    expect(await feesOf(app(rows, table), "?fees=hyperliquid:0")).toMatchObject({
      short: [0, "request"],
      fees_pct: 0.1,
    });
  });

  test("applies even if the exchange's fee is unknown", async () => {
    const orderly = [
      listing("okx", { fundingRate: 0 }),
      listing("orderly", { fundingRate: 0.005 }),
    ];
    expect(await feesOf(app(orderly))).toMatchObject({ short: [null, null], fees_pct: null });
    const stated = [rows[0] ?? expect.unreachable(), listing("orderly", { takerFeeBps: 6 })];
    expect(await feesOf(app(stated))).toMatchObject({ short: [6, "listing"], fees_pct: 0.22 });
  });

  test("is shown on the row, in the CSV of pairs and in the explanation", async () => {
    const served = app(rows);
    const current = await served.get("/api/funding/current?exchange=hyperliquid,okx");
    expect(await current.json()).toMatchObject({
      rows: [
        { exchange: "hyperliquid", taker_fee_bps: 0.9 },
        { exchange: "okx", taker_fee_bps: null },
      ],
    });
    const csv = await (await served.get(`${ARB}?format=csv`)).text();
    const [head = "", line = ""] = csv.split("\r\n");
    const cells = line.split(",");
    const cellOf = (name: string) => cells[head.split(",").indexOf(name)];
    expect(
      [
        "long_taker_fee_bps",
        "long_taker_fee_source",
        "short_taker_fee_bps",
        "short_taker_fee_source",
      ].map(cellOf),
    ).toEqual(["5", "exchange", "0.9", "listing"]);
    expect(cellOf("breakeven_hours")).toBe("4");
    expect(cellOf("breakeven_hours_smooth")).toStartWith("1.88");
    const explained = async (path: string): Promise<unknown> =>
      (await served.get(`/api/explain/${path}`)).json();
    expect(await explained("hyperliquid/BTCUSDT")).toMatchObject({
      taker_fee_bps: 0.9,
      taker_fee_source: "listing",
    });
    expect(await explained("okx/BTCUSDT")).toMatchObject({
      taker_fee_bps: 5,
      taker_fee_source: "exchange",
    });
  });
});

describe("a leg with an outlying value", () => {
  test("in price is refused above 10 %, whatever its name; below that the pair is marked watch", async () => {
    const at = (price: number) => [
      listing("okx", { fundingRate: 0 }),
      listing("bybit", { fundingRate: 0.005, markPrice: price }),
    ];
    // A ten-to-one split that has reached only one exchange: 164 %.
    for (const price of [1000, 10, 110.6, 90.4]) {
      expect((await listed(app(at(price)))).total).toBe(0);
      expect((await listed(app(at(price)), "?pairs=all")).total).toBe(0);
      expect(await onlyPair(app(at(price)), "?decision=refuse")).toMatchObject({
        decision: "refuse",
        reasons: ["price_gap"],
      });
      const divergence = await app([
        listing("okx", { fundingRate: -0.001 }),
        listing("bybit", { fundingRate: 0.005, markPrice: price }),
      ]).get("/api/funding/divergence?min_exchanges=2");
      expect(await divergence.json()).toMatchObject({ total: 0 });
    }
    for (const price of [110.4, 90.6, 101.2]) {
      expect(await onlyPair(app(at(price)))).toMatchObject({
        decision: "watch",
        reasons: ["price_gap"],
      });
    }
  });

  test("in price leaves the asset with its next best pair", async () => {
    const rows = [
      listing("okx", { fundingRate: 0 }),
      listing("bybit", { fundingRate: 0.009, markPrice: 1000 }),
      listing("gate", { fundingRate: 0.005 }),
    ];
    expect((await onlyPair(app(rows))).short.exchange).toBe("gate");
  });

  test("in its rate is an outlier, marked watch", async () => {
    const rows = [
      listing("okx", { fundingRate: 0.0001 }),
      listing("gate", { fundingRate: 0.0001 }),
      listing("mexc", { fundingRate: 0.0001 }),
      listing("bybit", { fundingRate: 0.0101 }),
    ];
    expect(await onlyPair(app(rows))).toMatchObject({ decision: "watch", reasons: ["outlier"] });
    // With two listings neither is the outlier.
    expect(await onlyPair(app([...rows.slice(0, 1), ...rows.slice(3)]))).toMatchObject({
      decision: "usable",
    });
    // Filters do not change which listings an outlier is compared with.
    expect(await onlyPair(app(rows), "?exchange=okx,bybit")).toMatchObject({
      reasons: ["outlier"],
    });
  });
});
