import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { flagBit } from "../../src/domain/flags.ts";
import type { MarketRecord } from "../../src/domain/market.ts";
import type { ArbList, ArbRow } from "../../src/http/lists/pair-schema.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { cellsOf } from "../support/lists.ts";
import { LONG_MS } from "../support/patience.ts";
import { NOON_MS } from "../support/quote.ts";

const ARB = "/api/funding/arb";
const NOON = NOON_MS / 1000;
const HOUR_MS = 3_600_000;

let nextId = 0;

function listing(exchange: ExchangeId, extra: Partial<MarketRecord> = {}, flags = 0) {
  nextId += 1;
  return rowOf(exchange, "BTC", { instrumentId: nextId, ...extra }, flags);
}

const served = (rows: readonly ReturnType<typeof rowOf>[]) =>
  testApp(new TestBoard(snapshotOf("1-1", rows)));

async function pairsOf(query: string, rows: Parameters<typeof served>[0]) {
  const response = await served(rows).get(`${ARB}?${query}`);
  if (response.status !== 200) throw new Error(await response.text());
  return ((await response.json()) as ArbList).rows;
}

/** okx pays nothing; hyperliquid 0.05 % an hour, next at half past. */
const ROWS = [
  listing("okx", { fundingRate: 0.0001, nextFundingAtMs: NOON_MS + 2 * HOUR_MS }),
  listing("hyperliquid", {
    fundingRate: 0.0005,
    fundingIntervalHours: 1,
    nextFundingAtMs: NOON_MS + HOUR_MS / 2,
  }),
];

test("a schedule lists every settlement of both legs with the running sum, and the worst interim", async () => {
  const [pair] = await pairsOf("schedule=1&hold_hours=3&notional=1000&fees=all:2.5", ROWS);
  const of = (leg: "long" | "short", paidAt: number, rate: number, running: number) => ({
    paid_at: paidAt,
    leg,
    kind: "settlement" as const,
    funding_rate: rate,
    payment_usd: expect.closeTo(leg === "long" ? -rate * 1000 : rate * 1000, 9),
    running_usd: expect.closeTo(running, 9),
  });
  // Four fills of 0.025 % of 1,000 dollars.
  expect(pair?.schedule).toEqual({
    worst_interim_usd: -1,
    worst_interim_at: NOON,
    payments: [
      of("short", NOON + 1_800, 0.0005, -0.5),
      of("short", NOON + 5_400, 0.0005, 0),
      of("long", NOON + 7_200, 0.0001, -0.1),
      of("short", NOON + 9_000, 0.0005, 0.4),
    ],
  });
  expect(pair?.expected_cash.net_usd).toBeCloseTo(0.4, 9);
  expect(pair?.breakeven_hours).toBe(1.5);
});

test("a pair has no schedule unless requested", async () => {
  for (const query of ["", "schedule=0"])
    expect(await pairsOf(query, ROWS)).toMatchObject([{ schedule: null }]);
});

test("is null if a settlement is unknown, and has no sums if a fee is unknown", async () => {
  const timeless = listing("gate", { fundingIntervalHours: null }, flagBit("interval_unknown"));
  const refused = [listing("okx"), timeless];
  expect(await pairsOf("schedule=1&decision=refuse", refused)).toMatchObject([{ schedule: null }]);
  const noFee = [listing("okx"), listing("orderly", { fundingRate: 0.001 })];
  const [pair] = await pairsOf("schedule=1&hold_hours=4", noFee);
  expect(pair?.schedule).toMatchObject({
    worst_interim_usd: null,
    worst_interim_at: null,
    payments: [
      { leg: "long", payment_usd: -1, running_usd: null },
      { leg: "short", payment_usd: 10, running_usd: null },
    ],
  });
});

test("is rejected for many pairs or a long time", async () => {
  const app = served(ROWS);
  for (const [query, parameter, rule] of [
    ["limit=11", "limit", "must not be above 10 with schedule=1"],
    ["hold_hours=720.5", "hold_hours", "must not be above 720 with schedule=1"],
    ["schedule=yes", "schedule", '"yes"'],
  ] as const) {
    const fullQuery = query.startsWith("schedule") ? query : `schedule=1&${query}`;
    const response = await app.get(`${ARB}?${fullQuery}`);
    expect([query, response.status]).toEqual([query, 400]);
    expect(await response.json()).toMatchObject({
      errors: [{ parameter, rule: expect.stringContaining(rule) }],
    });
  }
  expect((await app.get(`${ARB}?schedule=1&limit=10&hold_hours=720`)).status).toBe(200);
});

test("with schedules a page has ten pairs, and the next page has schedules as well", async () => {
  const rows = (["okx", "bybit", "gate", "mexc", "kraken", "htx"] as const).map((exchange, place) =>
    listing(exchange, { fundingRate: place * 0.0001 }),
  );
  const app = served(rows);
  const first = (await (await app.get(`${ARB}?pairs=all&schedule=1`)).json()) as ArbList;
  expect([first.count, first.total]).toEqual([10, 15]);
  const next = `${ARB}?pairs=all&schedule=1&cursor=${first.next_cursor}`;
  const second = (await (await app.get(next)).json()) as ArbList;
  expect(second.count).toBe(5);
  for (const { schedule } of [...first.rows, ...second.rows])
    expect(schedule?.payments).toHaveLength(6);
});

test("in CSV the payments are one cell of JSON", async () => {
  const app = served(ROWS);
  const query = `${ARB}?schedule=1&hold_hours=3`;
  const [names = [], cells = []] = cellsOf(await (await app.get(`${query}&format=csv`)).text());
  const { rows } = (await (await app.get(query)).json()) as ArbList;
  const cellOf = (name: string) => cells[names.indexOf(name)] ?? "";
  const { schedule } = rows[0] ?? expect.unreachable();
  expect(JSON.parse(cellOf("schedule_payments"))).toEqual(schedule?.payments);
  expect(Number(cellOf("schedule_worst_interim_usd"))).toBe(schedule?.worst_interim_usd ?? NaN);
  expect(cellOf("schedule_worst_interim_at")).toBe(String(schedule?.worst_interim_at));
});

const anyListing = fc.record({
  rate: fc.integer({ min: -50, max: 50 }).map((bps) => bps / 10_000),
  interval: fc.constantFrom(1, 2, 4, 8),
  aheadS: fc.integer({ min: 1, max: 8 * 3_600 }),
  accrues: fc.constantFrom(true, false, false),
});

function toRow(
  exchange: ExchangeId,
  of: { rate: number; interval: number; aheadS: number; accrues: boolean },
) {
  return listing(exchange, {
    fundingRate: of.rate,
    fundingIntervalHours: of.interval,
    accrual: of.accrues ? "continuous" : "periodic",
    nextFundingAtMs: of.accrues ? null : NOON_MS + (of.aheadS % (of.interval * 3_600) || 1) * 1000,
  });
}

describe("the figures of one pair agree", () => {
  const market = fc.tuple(anyListing, anyListing);
  const plan = fc.record({
    hold: fc.oneof(fc.integer({ min: 1, max: 240 }), fc.constantFrom(0.25, 7.5, 33.3)),
    notional: fc.integer({ min: 1, max: 10_000_000 }),
    bps: fc.constantFrom(0, 0.5, 4, 10),
  });
  const cents = (usd: number | null | undefined) => Math.round((usd ?? Number.NaN) * 100);

  const rowsOf = (listings: readonly Parameters<typeof toRow>[1][]) =>
    listings.map((one, place) => toRow(place === 0 ? "okx" : "bybit", one));

  async function onlyPair(rows: Parameters<typeof served>[0], of: string): Promise<ArbRow> {
    const [pair] = await pairsOf(`${of}&schedule=1&decision=usable,watch`, rows);
    return pair ?? expect.unreachable();
  }

  test(
    "to the cent: payments, expected cash and break-even",
    async () => {
      await fc.assert(
        fc.asyncProperty(market, plan, async (listings, { hold, notional, bps }) => {
          const pair = await onlyPair(
            rowsOf(listings),
            `hold_hours=${hold}&notional=${notional}&fees=all:${bps}`,
          );
          const { schedule, expected_cash: cash, breakeven_hours: breakeven } = pair;
          const payments = schedule?.payments ?? expect.unreachable();
          const sumOf = (leg: "long" | "short") =>
            payments
              .filter((payment) => payment.leg === leg)
              .reduce((sum, payment) => sum + payment.payment_usd, 0);
          // Hundreds of payments of millions: floating-point error in their sum is far below a cent.
          expect(Math.abs(sumOf("long") - (cash.long_usd ?? NaN))).toBeLessThan(0.005);
          expect(Math.abs(sumOf("short") - (cash.short_usd ?? NaN))).toBeLessThan(0.005);
          const last = payments.at(-1)?.running_usd ?? -(cash.fees_usd ?? NaN);
          expect(Math.abs(cents(last) - cents(cash.net_usd))).toBeLessThanOrEqual(1);
          expect(Math.abs(last - (cash.net_usd ?? NaN))).toBeLessThan(0.005);
          const worst = schedule?.worst_interim_usd ?? NaN;
          for (const { running_usd: running } of payments)
            expect(worst).toBeLessThanOrEqual((running ?? NaN) + 1e-6);
          expect(worst).toBeLessThanOrEqual(-(cash.fees_usd ?? NaN));
          const periodic = listings.every(({ accrues }) => !accrues);
          if (bps === 0 || !periodic || breakeven === null || breakeven > hold) return;
          const paid = payments.find(({ running_usd: usd }) => (usd ?? NaN) >= -1e-9 * notional);
          expect((paid?.paid_at ?? NaN) - NOON).toBeCloseTo(breakeven * 3_600, 6);
        }),
        { numRuns: 60 },
      );
    },
    LONG_MS,
  );
});
