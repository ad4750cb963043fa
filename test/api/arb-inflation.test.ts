import { describe, expect, test } from "bun:test";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { ArbList } from "../../src/http/lists/pair-schema.ts";
import type { DivergenceList } from "../../src/http/api/divergence/schema.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";

/** Short gate at 32.85 % a year, long okx at -21.9 %: gross 54.75. */
const LONG_RATE = -0.0002;
const SHORT_RATE = 0.0003;
const ASK = "fees=all:0&min_lasted=0&min_volume=0";

let nextId = 0;

function listing(exchange: ExchangeId, fundingRate: number, settled7dAprPct: number | null) {
  nextId += 1;
  return rowOf(exchange, "BTC", { instrumentId: nextId, fundingRate, settled7dAprPct });
}

const served = (long: number | null, short: number | null) =>
  testApp(
    new TestBoard(
      snapshotOf("1-1", [listing("okx", LONG_RATE, long), listing("gate", SHORT_RATE, short)]),
    ),
  );

async function onlyRow(long: number | null, short: number | null, query = ASK) {
  const response = await served(long, short).get(`/api/funding/arb?${query}`);
  const { rows } = (await response.json()) as ArbList;
  const [row] = rows;
  if (row === undefined || rows.length > 1) throw new Error(`${rows.length} rows`);
  return row;
}

describe("an opportunity next to what the last seven days paid", () => {
  test.each([
    ["as much", -10, 44.75, 1],
    ["three times as much", 5, 23.25, 3],
    ["a quarter", -100, 119, 0.25],
    ["nothing", 7, 7, null],
    ["a loss", 7, 6.5, null],
    ["unknown for the long leg", null, 10, null],
    ["unknown for the short leg", 10, null, null],
    ["unknown for both", null, null, null],
    ["a long leg at zero", 0, 27.375, 2],
  ])("%s", async (_, long, short, inflation) => {
    const row = await onlyRow(long, short);
    expect([row.long.exchange, row.short.exchange]).toEqual(["okx", "gate"]);
    expect(row.net_apr_pct).toBe(54.75);
    expect([row.long.settled_7d_apr_pct, row.short.settled_7d_apr_pct]).toEqual([long, short]);
    expect(row.inflation).toBe(inflation);
  });

  test("compares the net yield, which fees make negative", async () => {
    const row = await onlyRow(0, 10, "fees=all:10&hold_hours=24&min_volume=0");
    // 0.4 % a day.
    expect(row.net_apr_pct).toBe(54.75 - 146);
    expect(row.inflation).toBe(-9.125);
  });

  test("is in every format and can be selected", async () => {
    const app = served(5, 23.25);
    const fields = "base,inflation,long_settled_7d_apr_pct,short_settled_7d_apr_pct";
    const sent = (format: string) =>
      app
        .get(`/api/funding/arb?${ASK}&fields=${fields}&format=${format}`)
        .then((response) => response.text());
    expect(await sent("csv")).toBe(`${fields}\r\nBTC,3,5,23.25\r\n`);
    expect(JSON.parse(await sent("ndjson"))).toEqual({
      base: "BTC",
      inflation: 3,
      long_settled_7d_apr_pct: 5,
      short_settled_7d_apr_pct: 23.25,
    });
    const unknown = await served(null, 10).get(
      `/api/funding/arb?${ASK}&fields=${fields}&format=csv`,
    );
    expect(await unknown.text()).toBe(`${fields}\r\nBTC,,,10\r\n`);
  });

  test("is shown by divergence, too", async () => {
    const response = await served(-10, 44.75).get(
      "/api/funding/divergence?min_lasted=0&min_exchanges=2",
    );
    const [row] = ((await response.json()) as DivergenceList).rows;
    expect(row?.long.settled_7d_apr_pct).toBe(-10);
    expect(row?.inflation).toBeCloseTo((row?.net_apr_pct ?? 0) / 54.75, 12);
  });
});
