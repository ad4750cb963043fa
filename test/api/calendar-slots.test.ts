import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { z } from "@hono/zod-openapi";
import { flagBit } from "../../src/domain/flags.ts";
import type { CalendarList } from "../../src/http/api/calendar/schema.ts";
import type { SettlementSlotListSchema } from "../../src/http/api/calendar/slot-schema.ts";
import { testApp, type TestApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { LONG_MS } from "../support/patience.ts";
import { NOON_MS } from "../support/quote.ts";

const PATH = "/api/funding/calendar/slots";
const NOON = NOON_MS / 1000;
const HOUR_MS = 3_600_000;
type SlotList = z.infer<typeof SettlementSlotListSchema>;

const AT_TWO = NOON_MS + 2 * HOUR_MS;

const ROWS = [
  rowOf("okx", "BTC", {
    fundingRate: 0.0005,
    fundingIntervalHours: 4,
    predictedRate: -0.00025,
    nextFundingAtMs: AT_TWO,
    openInterestUsd: 4_000_000,
  }),
  // The same time, some seconds off.
  rowOf("gate", "BTC", {
    fundingRate: -0.0003,
    nextFundingAtMs: AT_TWO - 1_000,
    openInterestUsd: 1_000_000,
  }),
  rowOf("bybit", "BTC", { nextFundingAtMs: AT_TWO + 2_000, openInterestUsd: null }),
  rowOf("okx", "OLD", { nextFundingAtMs: AT_TWO }, flagBit("stale")),
  rowOf("deribit", "BTC", { accrual: "continuous", nextFundingAtMs: null }),
];

const appWith = (rows = ROWS, asOfMs = NOON_MS) =>
  testApp(new TestBoard(snapshotOf("3-14", rows, asOfMs)));

async function slots(query = "", app: TestApp = appWith()): Promise<SlotList> {
  const response = await app.get(PATH + query);
  if (response.status !== 200) throw new Error(`${query}: ${await response.text()}`);
  return (await response.json()) as SlotList;
}

describe(PATH, () => {
  test("has a row per time with totals of what is known and counts of what is not", async () => {
    const { rows, total } = await slots();
    expect(total).toBe(2);
    expect(rows).toEqual([
      {
        settles_at: NOON + 7_200,
        seconds_ahead: 7_200,
        instruments: 3,
        exchanges: 3,
        open_interest_usd: 5_000_000,
        open_interest_unknown: 1,
        longs_pay_usd: 2_000,
        shorts_pay_usd: expect.closeTo(300, 9),
        payment_usd: expect.closeTo(1_700, 9),
        payment_unknown: 1,
      },
      // The second settlement, of the only one with four hours, with the exchange's own prediction.
      {
        settles_at: NOON + 21_600,
        seconds_ahead: 21_600,
        instruments: 1,
        exchanges: 1,
        open_interest_usd: 4_000_000,
        open_interest_unknown: 0,
        longs_pay_usd: 0,
        shorts_pay_usd: 1_000,
        payment_usd: -1_000,
        payment_unknown: 0,
      },
    ]);
  });

  test("has null, not 0, for the payments of later settlements", async () => {
    const { rows } = await slots("?hours=16");
    expect(rows.map(({ settles_at: at }) => (at - NOON) / 3_600)).toEqual([2, 6, 10, 14]);
    expect(rows[3]).toMatchObject({
      instruments: 1,
      open_interest_usd: 4_000_000,
      longs_pay_usd: null,
      shorts_pay_usd: null,
      payment_usd: null,
      payment_unknown: 1,
    });
    expect(rows[2]).toMatchObject({ instruments: 3, exchanges: 3, payment_unknown: 3 });
  });

  test("a settlement in this minute is not a negative time ahead", async () => {
    const { rows } = await slots("?hours=1", appWith(ROWS, AT_TWO + 1_000));
    expect(rows).toMatchObject([{ settles_at: NOON + 7_200, seconds_ahead: 0, instruments: 1 }]);
  });

  test.each([
    ["hours=1.5", 0],
    ["exchange=gate&hours=24", 3],
    ["min_open_interest=2000000", 2],
    ["quote=usdc", 0],
    ["limit=1", 2],
  ])("%s: %i slots", async (query, total) => {
    expect((await slots(`?${query}`)).total).toBe(total);
  });

  test.each(["hours=49", "hours=", "limit=0", "sort=base", "by=slot"])(
    "%s is a 400 that names it",
    async (query) => {
      const response = await appWith().get(`${PATH}?${query}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        errors: [{ parameter: query.split("=")[0] }],
      });
    },
  );
});

const MARKET = fc.array(
  fc.record({
    exchange: fc.constantFrom("okx", "bybit", "gate"),
    bps: fc.integer({ min: -9, max: 9 }),
    predicted: fc.option(fc.integer({ min: -9, max: 9 })),
    interval: fc.constantFrom(1, 4, 8, null),
    aheadS: fc.integer({ min: -3_600, max: 8 * 3_600 }),
    usd: fc.option(fc.integer({ min: 0, max: 1_000_000 })),
    settling: fc.boolean(),
  }),
  { maxLength: 12 },
);

test(
  "the slots equal the rows of the calendar, totalled by the minute",
  async () => {
    await fc.assert(
      fc.asyncProperty(MARKET, fc.constantFrom(1, 8, 30), async (market, hours) => {
        const rows = market.map((one, place) =>
          rowOf(one.exchange, `C${place}`, {
            fundingRate: one.bps / 10_000,
            predictedRate: one.predicted === null ? null : one.predicted / 10_000,
            fundingIntervalHours: one.interval,
            nextFundingAtMs:
              NOON_MS + (Math.round(one.aheadS / 1_800) * 1_800 + (place % 3)) * 1000,
            openInterestUsd: one.usd,
            settling: one.settling,
          }),
        );
        const app = appWith([rowOf("kraken", "BTC"), ...rows]);
        const calendar = (await (
          await app.get(`/api/funding/calendar?hours=${hours}&limit=5000`)
        ).json()) as CalendarList;
        const { rows: found } = await slots(`?hours=${hours}`, app);
        const byMinute = Map.groupBy(calendar.rows, (row) => Math.round(row.settles_at / 60) * 60);
        expect(found.map((slot) => slot.settles_at)).toEqual([...byMinute.keys()]);
        for (const slot of found) {
          const inSlot = byMinute.get(slot.settles_at) ?? [];
          const known = inSlot.flatMap(({ payment_usd: usd }) => (usd === null ? [] : [usd]));
          const openInterest = inSlot.flatMap(({ open_interest_usd: usd }) =>
            usd === null ? [] : [usd],
          );
          const sum = (usd: readonly number[]) => usd.reduce((so, one) => so + one, 0);
          expect(slot).toMatchObject({
            instruments: inSlot.length,
            exchanges: new Set(inSlot.map(({ exchange }) => exchange)).size,
            open_interest_usd: openInterest.length === 0 ? null : sum(openInterest),
            open_interest_unknown: inSlot.length - openInterest.length,
            payment_unknown: inSlot.length - known.length,
          });
          if (known.length === 0) expect(slot.payment_usd).toBeNull();
          else expect(slot.payment_usd ?? NaN).toBeCloseTo(sum(known), 6);
          const paid = known.filter((usd) => usd > 0);
          if (known.length > 0) expect(slot.longs_pay_usd ?? NaN).toBeCloseTo(sum(paid), 6);
        }
      }),
      { numRuns: 25 },
    );
  },
  LONG_MS,
);
