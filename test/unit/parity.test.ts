import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { evenShareOf } from "../../src/domain/parity.ts";
import { lastDigitOf } from "../../src/exchanges/wire.ts";

const shareOf = (published: readonly (string | number | null | undefined)[]): number | null =>
  evenShareOf(published.map(lastDigitOf));

/** Lots of a list long enough for its share to be close to the expected one: five deviations of 2,000 are 0.056. */
const positions = fc.array(fc.integer({ min: 1, max: 1_000_000_000 }), {
  minLength: 2_000,
  maxLength: 2_000,
});
const decimals = fc.integer({ min: 0, max: 6 });

describe("the share of even last digits of open interest", () => {
  test("distinguishes one side from two, whatever the step", () => {
    fc.assert(
      fc.property(positions, decimals, fc.boolean(), (lots, digits, padded) => {
        // Written by hand from digits, so that no rounding of doubles changes the last one.
        const written = (count: number): string => {
          const text = String(count).padStart(digits + 1, "0");
          const whole = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
          return padded && digits > 0 ? `${whole}00` : whole;
        };
        const share = shareOf(lots.map(written));
        const both = shareOf(lots.map((count) => written(2 * count)));
        expect(Math.abs((share ?? 0) - 4 / 9)).toBeLessThan(0.09);
        expect(Math.abs((both ?? 0) - 8 / 9)).toBeLessThan(0.09);
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  test("ignores unknown, zero and unusual numbers, and is unknown for too few", () => {
    const even = Array.from({ length: 30 }, (_, n) => `${n}.2`);
    const others = [null, undefined, 0, "0.000", "", "1e7", -3, "NaN", Number.NaN];
    expect(shareOf([...even, ...others])).toBe(1);
    expect(shareOf([...even.slice(1), ...others])).toBeNull();
    expect(shareOf([...even, ...Array<number>(10).fill(1_300)])).toBe(0.75);
  });
});
