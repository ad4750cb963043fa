import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { grossAprPct, netAprPct, roundTripFeesPct } from "../../src/domain/arbitrage.ts";
import {
  annualizedPct,
  fractionToPct,
  premiumPct,
  rate8hPct,
  ratePerHourPct,
} from "../../src/domain/funding.ts";
import { roundPct } from "../../src/domain/percent.ts";

const byText = (pct: number) => Number(pct.toPrecision(15));

/** Spread over all magnitudes like doubles, and near the limits of the fast path. */
const percentages = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: -1000, max: 1000, noNaN: true }),
  fc
    .tuple(fc.integer({ min: -12, max: 17 }), fc.double({ min: 0.999_999, max: 1.000_001 }))
    .map(([exponent, factor]) => 10 ** exponent * factor),
  // A half in the sixteenth digit.
  fc
    .tuple(fc.integer({ min: 1e14, max: 1e15 - 1 }), fc.integer({ min: 0, max: 20 }))
    .map(([digits, places]) => (digits + 0.5) / 10 ** places),
  fc
    .tuple(fc.integer({ min: -1e6, max: 1e6 }), fc.constantFrom(1, 2, 4, 8, 24))
    .map(([millionths, hours]) => (millionths / 1e6) * (24 / hours) * 365 * 100),
);

describe("a percentage", () => {
  test("has the 15 significant digits of its decimal text", () => {
    fc.assert(
      fc.property(percentages, (pct) => Object.is(roundPct(pct), byText(pct))),
      { numRuns: 20_000 },
    );
  });

  test("keeps zero and what is not finite", () => {
    expect([0, -0, 1e-300, 5e-324, 1e300].map(roundPct)).toEqual([0, 0, 1e-300, 5e-324, 1e300]);
    expect([Number.NaN, Number.POSITIVE_INFINITY].map(roundPct)).toEqual([
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ]);
  });

  test("is rounded wherever one is computed", () => {
    // Each of these has more digits if it is not rounded.
    expect(annualizedPct(0.0001, 8)).toBe(10.95);
    expect(annualizedPct(0.0000125, 1)).toBe(10.95);
    expect(fractionToPct(0.000_57)).toBe(0.057);
    expect(rate8hPct(0.000_007, 1)).toBe(0.0056);
    expect(ratePerHourPct(0.0007, 7)).toBe(0.01);
    expect(grossAprPct(0.1, 0.3)).toBe(0.2);
    expect(netAprPct(0.3, 0.1, 8_760)).toBe(0.2);
    expect(roundTripFeesPct(3.3, 3.3)).toBe(0.132);
  });
});

describe("the rate of eight hours", () => {
  test.each([
    [0.0001, 8, 0.01],
    [0.0001, 1, 0.08],
    [0.0001, 4, 0.02],
    [0.0003, 24, 0.01],
    [-0.0002, 2, -0.08],
    [0, 8, 0],
  ])("%p per %p h is %p %%", (fraction, hours, pct) => {
    expect(rate8hPct(fraction, hours)).toBe(pct);
  });

  test("is unknown with its interval", () => {
    expect(rate8hPct(0.0001, null)).toBeNull();
  });
});

describe("the premium", () => {
  test.each([
    [101, 100, 1],
    [99.5, 100, -0.5],
    [100, 100, 0],
  ])("of a mark of %p over an index of %p is %p %%", (mark, index, pct) => {
    expect(premiumPct(mark, index)).toBe(pct);
  });

  test("is unknown if either price is, and with an index of zero", () => {
    expect([premiumPct(null, 100), premiumPct(100, null), premiumPct(100, 0)]).toEqual([
      null,
      null,
      null,
    ]);
  });
});
