import { describe, expect, test } from "bun:test";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { flagBit, type FlagBits } from "../../src/domain/flags.ts";
import type { MarketRecord } from "../../src/domain/market.ts";
import { outlierTest } from "../../src/domain/outlier.ts";
import { AssetGroups } from "../../src/services/finder/asset-groups.ts";
import { rowOf, snapshotOf } from "../support/board.ts";

const judged = (pct: number, others: readonly (number | null)[]) =>
  outlierTest([pct, ...others])?.(pct) ?? false;

describe("a yearly rate is an outlier", () => {
  test.each<[number, (number | null)[], boolean]>([
    // The median of 1, 1, 1 and the rate itself is 1.
    [100, [1, 1, 1], false],
    [100.1, [1, 1, 1], true],
    [-100.1, [1, -1, 1], true],
    // From 50 % a year on, however close to 0 the others are.
    [49.9, [0.001, 0.001, 0.001], false],
    [50, [0.001, 0.001, 0.001], true],
    [50, [0, 0, 0], true],
    // Two others have no median, and an unknown rate does not count.
    [9958, [1, 1], false],
    [9958, [1, 1, null], false],
    [9958, [1, 1, null, -1], true],
    [1000, [11, 11, 11, 11], false],
  ])("%p among %j: %p", (pct, others, expected) => {
    expect(judged(pct, others)).toBe(expected);
  });

  test("among the trusted rates of its own asset", () => {
    const yearly = (pct: number): Partial<MarketRecord> => ({
      fundingRate: pct / 36_500,
      fundingIntervalHours: 24,
    });
    const listing = (exchange: ExchangeId, base: string, pct: number, flags: FlagBits = 0) =>
      rowOf(exchange, base, yearly(pct), flags);
    const snapshot = snapshotOf("1-1", [
      listing("okx", "A", 1),
      listing("gate", "A", 1),
      listing("mexc", "A", 1),
      listing("bybit", "A", 500),
      listing("okx", "B", 1),
      listing("gate", "B", 1),
      listing("mexc", "B", 1, flagBit("stale")),
      listing("bybit", "B", 500),
      listing("okx", "C", 400),
      listing("gate", "C", 410),
      listing("mexc", "C", 420),
      listing("bybit", "C", 500),
    ]);
    const marked = new AssetGroups()
      .of(snapshot)
      .flatMap(({ assetId, trusted, refused }) =>
        [...trusted, ...refused].flatMap((one) =>
          one.isOutlier ? [`${assetId} ${one.row.record.exchange}`] : [],
        ),
      );
    expect(marked).toEqual(["A bybit"]);
  });
});
