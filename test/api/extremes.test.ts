import { describe, expect, test } from "bun:test";
import { flagBit } from "../../src/domain/flags.ts";
import type { ExtremeRow } from "../../src/http/api/extremes/schema.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";

const PATH = "/api/funding/extremes";

/** In percent per year: 87.6, 54.75, 10.95, -21.9 and -109.5, and a stale 876. */
const ROWS = [
  rowOf("kraken", "BTC", { quote: "USD", fundingRate: 0.0001, fundingIntervalHours: 1 }),
  rowOf("okx", "ETH", { fundingRate: 0.0005, volume24hUsd: 50_000 }, flagBit("thin")),
  rowOf("gate", "BTC", { openInterestUsd: null }),
  rowOf("bybit", "SOL", { fundingRate: -0.0002, quote: "USDC" }),
  rowOf(
    "bitget",
    "TSLA",
    { fundingRate: -0.0005, fundingIntervalHours: 4, assetClass: "stock" },
    flagBit("pinned_floor"),
  ),
  rowOf("binance", "BTC", { fundingRate: 0.008 }, flagBit("stale")),
];

const app = () => testApp(new TestBoard(snapshotOf("7-9", ROWS)));

interface ExtremeList {
  readonly count: number;
  readonly total: number;
  readonly rows: readonly ExtremeRow[];
  readonly next_cursor: string | null;
}

async function list(query = ""): Promise<ExtremeList> {
  const response = await app().get(PATH + query);
  expect(response.status).toBe(200);
  return (await response.json()) as ExtremeList;
}

async function exchanges(query: string): Promise<string[]> {
  return (await list(query)).rows.map(({ exchange }) => exchange);
}

describe("/api/funding/extremes", () => {
  test("has both ends, starting from the outermost row, without the stale one", async () => {
    const { rows, count, total, next_cursor } = await list();
    expect(rows.map(({ side, rank, exchange }) => `${side} ${rank} ${exchange}`)).toEqual([
      "most_positive 1 kraken",
      "most_positive 2 okx",
      "most_positive 3 gate",
      "most_negative 1 bitget",
      "most_negative 2 bybit",
    ]);
    expect([count, total, next_cursor]).toEqual([5, 5, null]);
  });

  test("a row is a funding row with its rank and the ranked figure", async () => {
    const { rows } = await list("?limit=1&side=positive");
    const funding = await app().get("/api/funding/current?exchange=kraken");
    const [plain] = ((await funding.json()) as { rows: object[] }).rows;
    const rank = { rank: 1, side: "most_positive", per: "year" };
    expect(rows[0]?.value_pct).toBeCloseTo(87.6, 9);
    expect(rows[0]?.rate_per_hour_pct).toBeCloseTo(0.01, 12);
    expect(rows).toEqual([
      {
        ...rank,
        value_pct: rows[0]?.value_pct,
        rate_per_hour_pct: rows[0]?.rate_per_hour_pct,
        ...plain,
      },
    ] as never);
    expect(rows[0]?.annualized_pct).toBe(rows[0]?.value_pct ?? null);
  });

  test("per hour the figure is the hourly rate", async () => {
    const { rows } = await list("?per=hour&side=negative&limit=1");
    expect(rows[0]).toMatchObject({ exchange: "bitget", per: "hour" });
    expect(rows[0]?.value_pct).toBeCloseTo(-0.0125, 12);
    expect(rows[0]?.rate_per_hour_pct).toBe(rows[0]?.value_pct ?? Number.NaN);
  });

  test.each([
    ["side=negative", ["bitget", "bybit"]],
    ["limit=1", ["kraken", "bitget"]],
    ["exchange=gate,bybit", ["gate", "bybit"]],
    ["base=xbt", ["kraken", "gate"]],
    ["quote=usdc", ["bybit"]],
    ["asset_class=stock", ["bitget"]],
    ["flag=thin,pinned_floor", ["okx", "bitget"]],
    ["interval=8", ["okx", "gate", "bybit"]],
    ["min_volume=100000&side=positive", ["kraken", "gate"]],
    ["min_open_interest=1&side=positive", ["kraken", "okx"]],
    ["base=NOPE", []],
  ])("%s", async (query, expected) => {
    expect(await exchanges(`?${query}`)).toEqual(expected);
  });

  test.each([
    ["limit=0", "limit"],
    ["limit=1001", "limit"],
    ["side=up", "side"],
    ["per=week", "per"],
    ["flag=stale", "flag"],
    ["cursor=abc", "cursor"],
  ])("refuses %s", async (query, parameter) => {
    const response = await app().get(`${PATH}?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ parameter }] });
  });

  test("in CSV has units in its header line and one line per row", async () => {
    const response = await app().get(`${PATH}?format=csv&side=negative&limit=1`);
    const [header, first, ...rest] = (await response.text()).split("\r\n");
    expect(header).toBe(
      "rank,side,per,value_pct,rate_per_hour_pct,uid,exchange,exchange_symbol,symbol,asset_id,base,quote,settle,multiplier,asset_class,funding_rate,funding_rate_pct,annualized_pct,rate_8h_pct,funding_interval_hours,next_funding_time,accrual,predicted_rate,instant_rate,settled_rate,settled_at,mark_price,index_price,last_price,premium_pct,open_interest_usd,volume_24h_usd,taker_fee_bps,observed_at,age_seconds,flags",
    );
    expect(first).toStartWith("1,most_negative,year,-109.5,-0.0125,bitget:TSLAUSDT:1,bitget,");
    expect(rest).toEqual([""]);
  });

  test("a query is evaluated once, however it is spelled", async () => {
    let read = 0;
    const plain = snapshotOf("7-9", ROWS);
    const counted = {
      ...plain,
      get rows() {
        read += 1;
        return plain.rows;
      },
    };
    const served = testApp(new TestBoard(counted));
    const readsOf = async (query: string): Promise<number> => {
      const before = read;
      expect((await served.get(PATH + query)).status).toBe(200);
      return read - before;
    };
    // Names are collected once per snapshot, whatever is requested.
    await readsOf("?base=BTC");
    const once = await readsOf("?base=BTC,SOL");
    expect(once).toBeGreaterThan(0);
    const defaults = "side=both&per=year&limit=10&min_volume=0&min_open_interest=0";
    for (const same of ["?base=sol&base=xbt", `?${defaults}&base=SOL,BTC`])
      expect([same, await readsOf(same)]).toEqual([same, 0]);
    for (const other of ["limit=1", "per=hour", "side=positive", "flag=thin", "interval=8"])
      expect([other, await readsOf(`?base=BTC,SOL&${other}`)]).toEqual([other, once]);
  });

  test("is a 503 before the first snapshot", async () => {
    expect((await testApp(new TestBoard()).get(PATH)).status).toBe(503);
  });
});
