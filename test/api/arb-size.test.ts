import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { MarketRecord } from "../../src/domain/market.ts";
import type { ArbList, ArbRow } from "../../src/http/lists/pair-schema.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";

const ARB = "/api/funding/arb";

let nextId = 0;

function listing(exchange: ExchangeId, fundingRate: number, extra: Partial<MarketRecord> = {}) {
  nextId += 1;
  return rowOf(exchange, "BTC", { instrumentId: nextId, fundingRate, ...extra });
}

/** 0.5 % every 8 h is 547.5 % a year; four fills at 5 bps once a day cost 73 of it. */
const ROWS = [listing("okx", 0), listing("bybit", 0.005)];
const FEES = "fees=all:5";

async function onlyPair(query: string, rows = ROWS): Promise<ArbRow> {
  const app = testApp(new TestBoard(snapshotOf("1-1", rows)));
  const response = await app.get(`${ARB}?${FEES}&${query}`);
  if (response.status !== 200) throw new Error(await response.text());
  const { rows: found } = (await response.json()) as ArbList;
  expect(found).toHaveLength(1);
  return found[0] ?? expect.unreachable();
}

describe("the size of a position", () => {
  test.each([
    ["", 10_000, 20_000, 1],
    ["notional=7500", 7_500, 15_000, 1],
    ["notional=7500&leverage=3", 7_500, 5_000, 3],
    ["capital=5000", 2_500, 5_000, 1],
    ["capital=5000&leverage=3", 7_500, 5_000, 3],
    ["capital=5000&leverage=50", 125_000, 5_000, 50],
    ["leverage=2.5", 10_000, 8_000, 2.5],
  ])("%s", async (query, notional, capital, leverage) => {
    const { expected_cash: cash } = await onlyPair(query);
    expect([cash.notional_usd, cash.capital_usd, cash.leverage]).toEqual([
      notional,
      capital,
      leverage,
    ]);
    // Three settlements of 0.5 % minus 0.2 %.
    expect(cash.net_usd).toBeCloseTo(notional * 0.013, 9);
  });

  test("net is also given on the capital: at leverage 2 both are the same", async () => {
    for (const [query, share] of [
      ["", 0.5],
      ["leverage=2", 1],
      ["capital=1000&leverage=3", 1.5],
      ["notional=1000&leverage=50", 25],
    ] as const) {
      const pair = await onlyPair(query);
      expect(pair.net_apr_pct).toBeCloseTo(474.5, 9);
      expect(pair.net_on_capital_apr_pct).toBeCloseTo(474.5 * share, 9);
    }
  });

  test("the annual net in dollars is that share of the capital, whatever the size", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 1, max: 1e9, noNaN: true }),
        fc.double({ min: 1, max: 50, noNaN: true }),
        async (capital, leverage) => {
          const { expected_cash: cash, ...pair } = await onlyPair(
            `capital=${capital}&leverage=${leverage}`,
          );
          expect([cash.capital_usd, cash.leverage]).toEqual([capital, leverage]);
          const perYear = ((pair.net_apr_pct ?? NaN) / 100) * cash.notional_usd;
          const ofCapital = ((pair.net_on_capital_apr_pct ?? NaN) / 100) * cash.capital_usd;
          expect(Math.abs(perYear / ofCapital - 1)).toBeLessThan(1e-12);
        },
      ),
      { numRuns: 25 },
    );
  });

  test("is given once: capital and notional together are refused, naming both", async () => {
    const app = testApp(new TestBoard(snapshotOf("1-1", ROWS)));
    const response = await app.get(`${ARB}?capital=1000&notional=10000`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      errors: [
        { parameter: "capital", rule: expect.stringContaining("combined with notional") },
        { parameter: "notional", rule: expect.stringContaining("combined with capital") },
      ],
    });
  });

  test.each(["leverage=0.99", "leverage=51", "leverage=", "leverage=x", "capital=0", "capital=-1"])(
    "%s is refused",
    async (query) => {
      const app = testApp(new TestBoard(snapshotOf("1-1", ROWS)));
      const response = await app.get(`${ARB}?${query}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        errors: [{ parameter: query.split("=")[0] }],
      });
    },
  );

  test("applies to the following pages as well", async () => {
    const rows = [...ROWS, listing("gate", 0.004)];
    const app = testApp(new TestBoard(snapshotOf("1-1", rows)));
    const query = "pairs=all&capital=1234.5&leverage=7&limit=1";
    const first = await app.get(`${ARB}?${query}&format=csv`);
    const next = /<([^>]+)>/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
    expect(next).toContain("capital=1234.5");
    const second = await app.get(next.replace("format=csv", "format=json"));
    expect(((await second.json()) as ArbList).rows).toMatchObject([
      { expected_cash: { capital_usd: 1_234.5, leverage: 7, notional_usd: 4_320.75 } },
    ]);
  });
});

describe("capacity_usd", () => {
  const at = (long: Partial<MarketRecord>, short: Partial<MarketRecord> = {}) =>
    onlyPair("min_volume=0", [listing("okx", 0, long), listing("bybit", 0.005, short)]);

  test("is 1 % of the smallest of both legs' open interest and volume", async () => {
    // Rows have 5 million open interest and 9 million volume unless specified otherwise.
    expect((await at({})).capacity_usd).toBe(50_000);
    expect((await at({ openInterestUsd: 400_000 })).capacity_usd).toBe(4_000);
    expect((await at({}, { openInterestUsd: 300_000 })).capacity_usd).toBe(3_000);
    expect((await at({ volume24hUsd: 200_000 })).capacity_usd).toBe(2_000);
    expect((await at({}, { volume24hUsd: 100_000 })).capacity_usd).toBe(1_000);
    expect((await at({ openInterestUsd: 0 })).capacity_usd).toBe(0);
  });

  test("is null if one of the four is unknown, with a reason", async () => {
    const unknown = async (...legs: Parameters<typeof at>) => {
      const { capacity_usd: usd, capacity_reason: reason } = await at(...legs);
      expect(usd).toBeNull();
      return reason;
    };
    expect(await unknown({ openInterestUsd: null })).toBe("open_interest_unknown");
    expect(await unknown({}, { openInterestUsd: null })).toBe("open_interest_unknown");
    expect(await unknown({ volume24hUsd: null })).toBe("volume_unknown");
    expect(await unknown({ openInterestUsd: 0 }, { volume24hUsd: null })).toBe("volume_unknown");
    const both = await unknown({ volume24hUsd: null }, { openInterestUsd: null });
    expect(both).toBe("open_interest_unknown");
    expect((await at({})).capacity_reason).toBeNull();
  });
});
