import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { knownSum, mean, standardDeviation, WeightedMean } from "../../src/domain/statistics.ts";

const value = fc.double({ min: -1000, max: 1000, noNaN: true });
const values = fc.array(value, { minLength: 1, maxLength: 40 });
const CLOSE = 1e-6;

function weightedMean(
  all: readonly { readonly value: number; readonly weight: number | null }[],
): number | null {
  const weighted = new WeightedMean();
  for (const one of all) weighted.add(one.value, one.weight);
  return weighted.value;
}

describe("the mean", () => {
  test("of nothing is unknown, of 1, 2 and 6 is 3", () => {
    expect([mean([]), mean([1, 2, 6])]).toEqual([null, 3]);
  });

  test("is between the smallest and the largest and moves with all of them", () => {
    fc.assert(
      fc.property(values, value, (all, shift) => {
        const average = mean(all) ?? Number.NaN;
        expect(average).toBeGreaterThanOrEqual(Math.min(...all) - CLOSE);
        expect(average).toBeLessThanOrEqual(Math.max(...all) + CLOSE);
        expect(mean(all.map((one) => one + shift))).toBeCloseTo(average + shift, 6);
      }),
    );
  });
});

describe("the weighted mean", () => {
  test("ignores unknown weights and is unknown if there is no weight", () => {
    expect(
      weightedMean([
        { value: 10, weight: 1 },
        { value: 50, weight: 3 },
        { value: 9999, weight: null },
        { value: 9999, weight: 0 },
      ]),
    ).toBe(40);
    expect(weightedMean([{ value: 5, weight: null }])).toBeNull();
    expect(weightedMean([{ value: 5, weight: 0 }])).toBeNull();
    expect(weightedMean([])).toBeNull();
  });

  test("is the mean if all weights are equal", () => {
    fc.assert(
      fc.property(values, fc.double({ min: 1, max: 1e9, noNaN: true }), (all, weight) => {
        const weighted = weightedMean(all.map((one) => ({ value: one, weight })));
        expect(weighted).toBeCloseTo(mean(all) ?? Number.NaN, 6);
      }),
    );
  });
});

describe("the standard deviation", () => {
  test("is the population's: 2 of 2, 4, 4, 4, 5, 5, 7, 9", () => {
    expect(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBe(2);
  });

  test("needs two values", () => {
    expect([standardDeviation([]), standardDeviation([3]), standardDeviation([3, 3])]).toEqual([
      null,
      null,
      0,
    ]);
  });

  test("is never below 0, is invariant to shifts and scales with a factor", () => {
    const several = fc.array(value, { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(several, value, fc.double({ min: -9, max: 9, noNaN: true }), (all, shift, by) => {
        const deviation = standardDeviation(all) ?? Number.NaN;
        expect(deviation).toBeGreaterThanOrEqual(0);
        expect(standardDeviation(all.map((one) => one + shift))).toBeCloseTo(deviation, 6);
        const scaled = standardDeviation(all.map((one) => one * by));
        expect(scaled).toBeCloseTo(deviation * Math.abs(by), 6);
      }),
    );
  });
});

test("a sum of quantities states how many are unknown, and is unknown if all are", () => {
  expect(knownSum([2, null, 3, 0])).toEqual({ sum: 5, unknown: 1 });
  expect(knownSum([null, null])).toEqual({ sum: null, unknown: 2 });
  expect(knownSum([])).toEqual({ sum: null, unknown: 0 });
});
