import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  annualizedPct,
  bpsToFraction,
  fractionToBps,
  fractionToPct,
  HOUR_MS,
  nextGridTimeMs,
  observedAtMs,
  pctToFraction,
} from "../../src/domain/funding.ts";

const INTERVALS = [1, 2, 4, 6, 8, 24] as const;
const rate = fc.double({ min: -0.05, max: 0.05, noNaN: true });
const interval = fc.constantFrom(...INTERVALS);

function close(left: number, right: number): boolean {
  return Math.abs(left - right) <= 1e-12 * Math.max(1, Math.abs(left), Math.abs(right));
}

describe("annualising", () => {
  test.each([
    [0.0005, 1, 438],
    [0.0005, 4, 109.5],
    [0.0005, 8, 54.75],
    [0.0005, 24, 18.25],
    [0.0000125, 1, 10.95],
    [-0.0001, 8, -10.95],
    [0, 8, 0],
  ])("%p per %p h is %p %% per year", (fraction, hours, pct) => {
    expect(annualizedPct(fraction, hours)).toBeCloseTo(pct, 10);
  });

  test("an unknown interval gives an unknown yield", () => {
    expect(annualizedPct(0.0005, null)).toBeNull();
    expect(annualizedPct(0.0005, 0)).toBeNull();
  });

  test("is simple interest: as many equal payments as fit into 365 days", () => {
    fc.assert(
      fc.property(rate, interval, (fraction, hours) => {
        const payments = (365 * 24) / hours;
        return close(annualizedPct(fraction, hours) ?? Number.NaN, fraction * payments * 100);
      }),
    );
  });

  test("the same payment over a longer interval gives proportionally less, with the same sign", () => {
    fc.assert(
      fc.property(rate, interval, (fraction, hours) => {
        const hourly = annualizedPct(fraction, 1) ?? Number.NaN;
        const yearly = annualizedPct(fraction, hours) ?? Number.NaN;
        return close(hourly, yearly * hours) && Math.sign(yearly) === Math.sign(fraction);
      }),
    );
  });
});

test("percent and basis points round-trip", () => {
  fc.assert(
    fc.property(rate, (fraction) => {
      return (
        close(pctToFraction(fractionToPct(fraction)), fraction) &&
        close(bpsToFraction(fractionToBps(fraction)), fraction) &&
        close(fractionToBps(fraction), fractionToPct(fraction) * 100)
      );
    }),
  );
});

test("the next grid time is after the given time, on the grid, and within one interval", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), interval, (atMs, hours) => {
      const next = nextGridTimeMs(atMs, hours);
      return next > atMs && next - atMs <= hours * HOUR_MS && next % (hours * HOUR_MS) === 0;
    }),
  );
});

test("a row has its exchange's timestamp if that is within a minute of our clock, otherwise the receipt time", () => {
  expect(observedAtMs(null, 1_000_000)).toBe(1_000_000);
  expect(observedAtMs(1_060_000, 1_000_000)).toBe(1_060_000);
  expect(observedAtMs(940_000, 1_000_000)).toBe(940_000);
  expect(observedAtMs(939_999, 1_000_000)).toBe(1_000_000);
  expect(observedAtMs(1_060_001, 1_000_000)).toBe(1_000_000);
});
