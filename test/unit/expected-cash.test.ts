import { describe, expect, test } from "bun:test";
import type { BoardRow, MarketRecord } from "../../src/domain/market.ts";
import { AssetGroups } from "../../src/services/finder/asset-groups.ts";
import { expectedCash } from "../../src/services/finder/expected-cash.ts";
import { legTerms } from "../../src/services/finder/leg-terms.ts";
import { rowOf, snapshotOf } from "../support/board.ts";
import { NOON_MS } from "../support/quote.ts";

const DAY = 24;

/** 1,000 dollars long on bybit, short on okx, with 0.1 % of fees, for a day. */
function cashOf(long: BoardRow, short: BoardRow) {
  const snapshot = snapshotOf("1-1", [long, short]);
  const [group] = new AssetGroups().of(snapshot);
  const [bybit, okx] = group?.trusted ?? [];
  if (group === undefined || bybit === undefined || okx === undefined) throw new Error("no pair");
  const charged = (leg: typeof bybit) => legTerms(leg, null, snapshot.asOfMs, DAY).charged;
  return expectedCash({ long: charged(bybit), short: charged(okx), feesPct: 0.1 }, 1000);
}

const bybit = (extra: Partial<MarketRecord> = {}) => rowOf("bybit", "BTC", extra);
const okx = (extra: Partial<MarketRecord> = {}) => rowOf("okx", "BTC", extra);

describe("the settlements of a holding time", () => {
  /**
   * How many there are in an hour, requested this many ms after noon, if the next is this many ms after the request.
   */
  function within(requestedMs: number, nextMs: number): number | null {
    const [group] = new AssetGroups().of(
      snapshotOf("1-1", [okx({ nextFundingAtMs: NOON_MS + nextMs })]),
    );
    const [leg] = group?.trusted ?? [];
    if (leg === undefined) throw new Error("no leg");
    return legTerms(leg, null, NOON_MS + requestedMs, 1).charged?.settlements ?? null;
  }

  test("are counted in whole seconds, as served, after the second of the request", () => {
    const hourMs = 3_600_000;
    expect(within(200, hourMs)).toBe(1);
    // Served as 13:00:00, an hour after 12:00:00.
    expect(within(200, hourMs + 600)).toBe(1);
    expect(within(200, hourMs + 1_000)).toBe(0);
    expect(within(200, 900)).toBe(0);
    expect(within(200, 1_000)).toBe(1);
  });
});

describe("the cash of a pair", () => {
  test("is unknown if the next settlement is unknown", () => {
    const expired = { ...bybit(), nextFundingAtMs: null };
    expect(cashOf(expired, okx())).toMatchObject({
      long: { settlements: null, fundingUsd: null },
      short: { settlements: 3 },
      fundingUsd: null,
      feesUsd: 1,
      netUsd: null,
    });
  });

  test("of continuous funding accrues without settlements", () => {
    const { long } = cashOf(bybit({ accrual: "continuous" }), okx());
    expect(long.settlements).toBeNull();
    expect(long.fundingUsd).toBeCloseTo(-0.3, 12);
  });

  test("of a long whose rate is 0 is 0, not -0", () => {
    const { long } = cashOf(bybit({ fundingRate: 0 }), okx());
    expect(long).toEqual({ settlements: 3, fundingUsd: 0 });
  });
});
