import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { evenShareOf } from "../../src/domain/parity.ts";

const lots = fc.integer({ min: 1, max: 1_000_000_000 });

describe("the share of even figures of open interest", () => {
  test("is 1 where longs and shorts are added up, whatever the positions are", () => {
    fc.assert(
      fc.property(fc.array(lots, { minLength: 30, maxLength: 300 }), (oneSided) => {
        expect(evenShareOf(oneSided.map((count) => 2 * count))).toBe(1);
      }),
    );
  });

  test("is that of the figures themselves where one side is counted", () => {
    fc.assert(
      fc.property(fc.array(lots, { minLength: 30, maxLength: 300 }), (oneSided) => {
        const odd = oneSided.filter((count) => count % 2 === 1).length;
        expect(evenShareOf(oneSided)).toBeCloseTo(1 - odd / oneSided.length, 12);
      }),
    );
  });

  test("leaves out what is unknown, nothing, or no whole lot, and says nothing of too few", () => {
    const even = Array.from({ length: 30 }, (_, n) => 2 * n + 2);
    const others = [null, undefined, 0, 0.5, 3.25, Number.MAX_VALUE];
    expect(evenShareOf([...even, ...others])).toBe(1);
    expect(evenShareOf([...even.slice(1), ...others])).toBeNull();
  });

  test("bears the rounding of lots that are reckoned from decimals", () => {
    const reckoned = Array.from(
      { length: 40 },
      (_, n) => (1_000_000 + 2 * n) * 0.1 * 10 * (1 + 1e-13),
    );
    expect(evenShareOf(reckoned)).toBe(1);
  });
});
