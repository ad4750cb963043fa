import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import { appOf, bodyOf, LISTS, MANY, market, marketOf } from "../support/lists.ts";
import { TestBoard } from "../support/board.ts";

/** All pairs, including those with unknown or small values. */
const arb = LISTS.find(({ path }) => path === "/api/funding/arb");

describe("filters of pairs", () => {
  const filters = {
    exchange: fc.subarray(EXCHANGE_IDS.slice(0, 9), { minLength: 2 }),
    exclude: fc.subarray(EXCHANGE_IDS.slice(0, 9), { minLength: 1, maxLength: 3 }),
    base: fc.subarray(["BTC", "ETH", "PEPE", "NOPE"], { minLength: 1 }),
    quote: fc.subarray(["USDT", "USDC"], { minLength: 1 }),
    min_volume: fc.integer({ min: 0, max: 5e9 }).map((minimum) => [String(minimum)]),
    min_open_interest: fc.integer({ min: 0, max: 5e9 }).map((minimum) => [String(minimum)]),
    min_yield: fc.integer({ min: 0, max: 400 }).map((minimum) => [String(minimum)]),
    max_price_gap_pct: fc
      .double({ min: 0.1, max: 1.9, noNaN: true })
      .map((gap) => [gap.toFixed(3)]),
    decision: fc.subarray(["usable", "watch", "refuse"], { minLength: 1 }),
  };
  const names = Object.keys(filters) as (keyof typeof filters)[];
  const two = fc.subarray(names, { minLength: 2, maxLength: 2 });

  test("commute: both together give the same as one after the other", async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(market, fc.record(filters), two, async (rows, values, chosen) => {
        const app = appOf(new TestBoard(marketOf(rows)));
        const pairs = async (of: readonly (keyof typeof filters)[]) => {
          const query = new URLSearchParams(arb?.query);
          query.set("limit", String(MANY));
          for (const name of of) query.set(name, values[name].join());
          const { rows: listed } = await bodyOf(app, `${arb?.path}?${query}`);
          return listed.map((row) => JSON.stringify(row));
        };
        const [left, right] = await Promise.all(chosen.map((name) => pairs([name])));
        const inRight = new Set(right);
        const expected = (left ?? []).filter((pair) => inRight.has(pair));
        found += expected.length;
        expect(await pairs(chosen)).toEqual(expected);
        expect(await pairs(chosen.toReversed())).toEqual(expected);
      }),
      { numRuns: 40 },
    );
    expect(found).toBeGreaterThan(0);
  });
});
