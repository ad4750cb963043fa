import { describe, expect, test } from "bun:test";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { flagBit, type FlagBits } from "../../src/domain/flags.ts";
import type { MarketRecord } from "../../src/domain/market.ts";
import type { OpportunityBook } from "../../src/domain/opportunity.ts";
import type { DivergenceList, DivergenceRow } from "../../src/http/api/divergence/schema.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { NOON_MS } from "../support/quote.ts";

/** Percent per year for a rate of one basis point every eight hours. */
const BASIS_POINT_PCT = 10.95;

/** Every pair has lasted for an hour. */
const AN_HOUR: OpportunityBook = {
  find: () => ({
    firstSeenMs: NOON_MS - 3_600_000,
    lastSeenMs: NOON_MS,
    peakGrossPct: 60,
    unobservedMs: 0,
  }),
};

const listing = (
  exchange: ExchangeId,
  basisPoints: number,
  extra: Partial<MarketRecord> = {},
  flags: FlagBits = 0,
) => rowOf(exchange, "BTC", { fundingRate: basisPoints / 10_000, ...extra }, flags);

async function found(
  rows: readonly ReturnType<typeof rowOf>[],
  query = "",
  book = AN_HOUR,
): Promise<readonly DivergenceRow[]> {
  const served = testApp(new TestBoard(snapshotOf("1-1", rows, NOON_MS, book)));
  const response = await served.get(`/api/funding/divergence${query}`);
  expect(response.status).toBe(200);
  return ((await response.json()) as DivergenceList).rows;
}

const DIVERGING = [listing("okx", -2), listing("bybit", 1), listing("gate", 4), listing("mexc", 1)];

describe("/api/funding/divergence", () => {
  test("shows the widest straddle and the spread of the rates, calculated by hand", async () => {
    const [row, ...others] = await found(DIVERGING);
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      base: "BTC",
      exchanges: 4,
      instruments: 4,
      positive: 3,
      negative: 1,
      // 65.7 % a year is 0.18 % a day, less than the 0.2 % of four fills.
      decision: "watch",
      reasons: ["not_profitable"],
      lasted_seconds: 3600,
    });
    expect([row?.long.exchange, row?.short.exchange]).toEqual(["okx", "gate"]);
    expect(row?.gross_apr_pct).toBeCloseTo(6 * BASIS_POINT_PCT, 9);
    expect(row?.mean_annualized_pct).toBeCloseTo(BASIS_POINT_PCT, 9);
    // -2, 1, 4, 1 are 3, 0, 3 and 0 away from their mean: the root of 18 / 4.
    expect(row?.standard_deviation_pct).toBeCloseTo(Math.sqrt(4.5) * BASIS_POINT_PCT, 9);
  });

  test("shows the straddle's yield after fees and its capacity, like arb", async () => {
    const [row] = await found(DIVERGING);
    // Two fills on each leg at 5 basis points are 0.2 % a day.
    expect([row?.fees_pct, row?.net_apr_pct]).toEqual([0.2, -7.3]);
    expect([row?.capacity_usd, row?.capacity_reason]).toEqual([50_000, null]);
    const [okx, ...others] = DIVERGING;
    const dark = { ...okx, record: { ...okx?.record, openInterestUsd: null } } as typeof okx;
    const [unknown] = await found([...(dark ? [dark] : []), ...others]);
    expect(unknown?.long.exchange).toBe("okx");
    expect([unknown?.capacity_usd, unknown?.capacity_reason]).toEqual([
      null,
      "open_interest_unknown",
    ]);
  });

  test("needs rates of both signs: a rate of 0 is no payment", async () => {
    const positive = [listing("okx", 0), listing("bybit", 1), listing("gate", 4)];
    expect(await found(positive)).toEqual([]);
    const negative = positive.map(({ record }) =>
      listing(record.exchange, record.fundingRate * -10_000),
    );
    expect(await found(negative)).toEqual([]);
  });

  test("excludes untrusted listings, also from the figures", async () => {
    const stale = listing("kraken", -50, {}, flagBit("stale"));
    const [row] = await found([...DIVERGING, stale]);
    expect([row?.long.exchange, row?.instruments]).toEqual(["okx", 4]);
  });

  test("counts exchanges, not listings, and only listings that pass the filters", async () => {
    const usdc = listing("gate", 0, { quote: "USDC" });
    const [row] = await found([...DIVERGING, usdc], "?exclude=mexc");
    expect(row).toMatchObject({ exchanges: 3, instruments: 4, positive: 2, negative: 1 });
    expect(await found([...DIVERGING, usdc], "?exclude=mexc&min_exchanges=4")).toEqual([]);
  });

  test("ignores fees: the widest straddle is shown", async () => {
    // The fee of orderly is unknown.
    const [row] = await found([...DIVERGING, listing("orderly", 9)]);
    expect(row).toMatchObject({ short: { exchange: "orderly" } });
  });

  test("requires prices that are close enough, and rates that are far enough apart", async () => {
    const daily = { fundingIntervalHours: 24 };
    const apart = [
      listing("okx", -50_000 / 36_500, daily),
      listing("bybit", 50_000 / 36_500, { ...daily, markPrice: 102 }),
    ];
    expect(await found(apart, "?min_exchanges=2&max_price_gap_pct=1")).toEqual([]);
    const [row] = await found(apart, "?min_exchanges=2&max_price_gap_pct=2&min_deviation_pct=5");
    expect(row?.standard_deviation_pct).toBe(5);
  });

  test.each([
    ["?min_exchanges=4", 1],
    ["?min_exchanges=5", 0],
    ["?min_lasted=3610", 0],
    ["?min_volume=9010000", 0],
    ["?min_yield=65.7", 1],
    ["?min_yield=65.8", 0],
    ["?min_deviation_pct=23.2", 1],
    ["?min_deviation_pct=23.3", 0],
    ["?exclude=okx", 0],
    ["?exchange=okx,bybit", 0],
    ["?exchange=okx,bybit&min_exchanges=2", 1],
  ])("%s gives %p", async (query, count) => {
    expect(await found(DIVERGING, query)).toHaveLength(count);
  });

  test("by default: three exchanges, five million dollars per leg, half an hour", async () => {
    const unknown: OpportunityBook = { find: () => null };
    expect(await found(DIVERGING, "", unknown)).toEqual([]);
    expect(await found(DIVERGING, "?min_lasted=0", unknown)).toHaveLength(1);
    expect(await found(DIVERGING.slice(0, 2))).toEqual([]);
    const small = DIVERGING.map((row) =>
      row.record.exchange === "okx" ? listing("okx", -2, { volume24hUsd: 4_999_999 }) : row,
    );
    expect(await found(small)).toEqual([]);
  });
});
