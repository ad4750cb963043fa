import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { flagBit } from "../../src/domain/flags.ts";
import type { CalendarList } from "../../src/http/api/calendar/schema.ts";
import { testApp, type TestApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { NOON_MS } from "../support/quote.ts";

const PATH = "/api/funding/calendar";
const NOON = NOON_MS / 1000;
const HOUR_MS = 3_600_000;

const ROWS = [
  rowOf(
    "okx",
    "BTC",
    {
      fundingRate: 0.0005,
      fundingIntervalHours: 4,
      predictedRate: -0.00025,
      nextFundingAtMs: NOON_MS + 2 * HOUR_MS,
      openInterestUsd: 4_000_000,
    },
    flagBit("thin"),
  ),
  rowOf("gate", "ETH", {
    fundingRate: -0.0003,
    nextFundingAtMs: NOON_MS + 2 * HOUR_MS,
    openInterestUsd: null,
  }),
  rowOf("okx", "OLD", { nextFundingAtMs: NOON_MS + HOUR_MS }, flagBit("stale")),
  rowOf("deribit", "BTC", { accrual: "continuous", nextFundingAtMs: null }),
];

const appWith = (rows = ROWS) => testApp(new TestBoard(snapshotOf("3-14", rows)));

async function calendar(query = "", app: TestApp = appWith()): Promise<CalendarList> {
  const response = await app.get(PATH + query);
  if (response.status !== 200) throw new Error(`${query}: ${await response.text()}`);
  return (await response.json()) as CalendarList;
}

describe("/api/funding/calendar", () => {
  test("has a row per settlement: the live rate, then the exchange's own prediction", async () => {
    const { rows, total } = await calendar();
    const btc = {
      uid: "okx:BTCUSDT:1",
      exchange: "okx",
      exchange_symbol: "BTCUSDT",
      symbol: "BTCUSDT",
      asset_id: "BTC",
      base: "BTC",
      quote: "USDT",
      funding_interval_hours: 4,
      open_interest_usd: 4_000_000,
    } as const;
    const live = {
      settles_at: NOON + 7_200,
      seconds_ahead: 7_200,
      ...btc,
      funding_rate: 0.0005,
      funding_rate_pct: 0.05,
      annualized_pct: 109.5,
      rate_8h_pct: 0.1,
      rate_source: "live",
      payment_usd: 2_000,
      flags: ["thin"],
    } satisfies CalendarList["rows"][number];
    expect(total).toBe(3);
    expect(rows[0]).toEqual(live);
    expect(rows[1]).toMatchObject({ base: "ETH", funding_rate: -0.0003, payment_usd: null });
    expect(rows[2]).toEqual({
      ...live,
      settles_at: NOON + 21_600,
      seconds_ahead: 21_600,
      funding_rate: -0.00025,
      funding_rate_pct: -0.025,
      annualized_pct: -54.75,
      rate_8h_pct: -0.05,
      rate_source: "predicted",
      payment_usd: -1_000,
    });
  });

  test("never guesses the rate of a later settlement", async () => {
    const { rows } = await calendar("?hours=16&base=BTC");
    expect(rows.map(({ funding_rate: rate }) => rate)).toEqual([0.0005, -0.00025, null, null]);
    expect(rows[3]).toMatchObject({
      settles_at: NOON + 14 * 3_600,
      funding_rate_pct: null,
      annualized_pct: null,
      rate_source: null,
      payment_usd: null,
      open_interest_usd: 4_000_000,
    });
  });

  test.each([
    ["hours=2", 2],
    ["hours=1.5", 0],
    ["exchange=gate", 1],
    ["base=xbt&hours=48", 12],
    ["min_open_interest=1", 2],
    ["min_volume=9010000", 0],
    ["quote=usdc", 0],
    ["asset_class=stock", 0],
  ])("%s: %i settlements", async (query, total) => {
    expect((await calendar(`?${query}`)).total).toBe(total);
  });

  test("in CSV has units in its column names", async () => {
    const text = await (await appWith().get(`${PATH}?format=csv&exchange=gate`)).text();
    expect(text.split("\r\n")[0]).toBe(
      "settles_at,seconds_ahead,uid,exchange,exchange_symbol,symbol,asset_id,base,quote,funding_interval_hours,funding_rate,funding_rate_pct,annualized_pct,rate_8h_pct,rate_source,open_interest_usd,payment_usd,flags",
    );
    expect(text.split("\r\n")).toHaveLength(3);
  });

  test("sends 500 rows by default, up to 5,000 on request, and reports the total", async () => {
    const many = Array.from({ length: 120 }, (_, index) =>
      rowOf("okx", `C${index}`, {
        fundingIntervalHours: 1,
        nextFundingAtMs: NOON_MS + HOUR_MS,
      }),
    );
    const app = appWith(many);
    const first = await calendar("?hours=48", app);
    expect(first).toMatchObject({ count: 500, total: 48 * 120 });
    const rest = await calendar(`?hours=48&limit=5000&cursor=${first.next_cursor}`, app);
    expect(rest).toMatchObject({ count: 5_000, total: 48 * 120 });
    expect(rest.rows[0]?.settles_at).toBe(NOON + 5 * 3_600);
    expect((await app.get(`${PATH}?limit=5001`)).status).toBe(400);
  });

  test.each(["hours=0", "hours=49", "hours=-1", "hours=", "limit=0", "sort=base", "flag=thin"])(
    "%s is a 400 that names it",
    async (query) => {
      const response = await appWith().get(`${PATH}?${query}`);
      expect(response.status).toBe(400);
      const parameter = query.split("=")[0];
      expect(await response.json()).toMatchObject({ errors: [{ parameter }] });
    },
  );

  test("is a 503 before the first snapshot", async () => {
    expect((await testApp(new TestBoard()).get(PATH)).status).toBe(503);
  });

  test("pages of a cursor chain join to the unpaged list, though the board moves on", async () => {
    const market = fc
      .uniqueArray(
        fc.record({
          base: fc.constantFrom("A", "B", "C", "D", "E"),
          interval: fc.constantFrom(1, 2, 8),
          hours: fc.integer({ min: 1, max: 8 }),
          openInterest: fc.option(fc.integer({ min: 0, max: 3 })),
        }),
        { maxLength: 5, selector: ({ base }) => base },
      )
      .map((listings) =>
        listings.map(({ base, interval, hours, openInterest }) =>
          rowOf("okx", base, {
            fundingIntervalHours: interval,
            nextFundingAtMs: NOON_MS + hours * HOUR_MS,
            openInterestUsd: openInterest,
          }),
        ),
      );
    const size = fc.integer({ min: 2, max: 9 });
    await fc.assert(
      fc.asyncProperty(market, market, size, async (rows, later, limit) => {
        const app = appWith(rows);
        const whole = await calendar("", app);
        const joined: CalendarList["rows"] = [];
        let cursor = "";
        let seq = 14;
        do {
          const page: CalendarList = await calendar(`?limit=${limit}${cursor}`, app);
          expect(page).toMatchObject({ snapshot: "3-14", total: whole.total });
          joined.push(...page.rows);
          cursor = page.next_cursor === null ? "" : `&cursor=${page.next_cursor}`;
          seq += 1;
          app.board.publish(snapshotOf(`3-${seq}`, later, NOON_MS + seq * 5_000));
        } while (cursor !== "");
        expect(joined).toEqual(whole.rows);
      }),
      { numRuns: 30 },
    );
  });
});
