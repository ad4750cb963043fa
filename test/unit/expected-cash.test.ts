import { describe, expect, test } from "bun:test";
import type { BoardRow, MarketRecord } from "../../src/domain/market.ts";
import { AssetGroups } from "../../src/services/asset-groups.ts";
import { expectedCash } from "../../src/services/expected-cash.ts";
import type { Pair } from "../../src/services/pair.ts";
import { rowOf, snapshotOf } from "../support/board.ts";

const DAY = 24;

/** Long on bybit, short on okx, at 0.1 % of fees. */
function pairOf(long: BoardRow, short: BoardRow): Pair {
  const snapshot = snapshotOf("1-1", [long, short]);
  const [group] = new AssetGroups().of(snapshot);
  const [bybit, okx] = group?.trusted ?? [];
  if (group === undefined || bybit === undefined || okx === undefined) throw new Error("no pair");
  const unused = { grossPct: null, netPct: null, breakevenHours: null };
  return { group, snapshot, long: bybit, short: okx, feesPct: 0.1, ...unused };
}

const bybit = (extra: Partial<MarketRecord> = {}) => rowOf("bybit", "BTC", extra);
const okx = (extra: Partial<MarketRecord> = {}) => rowOf("okx", "BTC", extra);

describe("the cash of a pair", () => {
  test("is not known where nobody knows when the next settlement is", () => {
    const expired = { ...bybit(), nextFundingAtMs: null };
    expect(expectedCash(pairOf(expired, okx()), 1000, DAY)).toMatchObject({
      long: { settlements: null, fundingUsd: null },
      short: { settlements: 3 },
      fundingUsd: null,
      feesUsd: 1,
      netUsd: null,
    });
  });

  test("of continuous funding comes without settlements", () => {
    const { long } = expectedCash(pairOf(bybit({ accrual: "continuous" }), okx()), 1000, DAY);
    expect(long.settlements).toBeNull();
    expect(long.fundingUsd).toBeCloseTo(-0.3, 12);
  });

  test("of a long whose rate is 0 is 0, not -0", () => {
    const { long } = expectedCash(pairOf(bybit({ fundingRate: 0 }), okx()), 1000, DAY);
    expect(long).toEqual({ settlements: 3, fundingUsd: 0 });
  });
});
