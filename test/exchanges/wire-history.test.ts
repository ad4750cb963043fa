import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { accrualOf, decimalDifference, shiftedDecimal } from "../../src/exchanges/wire-history.ts";

/** Units and decimals of a number as an exchange would print it. */
const decimal = fc.record({
  units: fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
  decimals: fc.nat({ max: 25 }),
});

function textOf({ units, decimals }: { units: bigint; decimals: number }): string {
  const digits = String(units < 0n ? -units : units).padStart(decimals + 1, "0");
  const split = digits.length - decimals;
  const text = decimals === 0 ? digits : `${digits.slice(0, split)}.${digits.slice(split)}`;
  return units < 0n ? `-${text}` : text;
}

const plain = (text: string) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

describe("a shifted decimal", () => {
  test.each([
    ["0.0012", -2, "0.000012"],
    ["-0.03750000", 0, "-0.0375"],
    ["1e-7", 0, "0.0000001"],
    [-4.739622041017375e-7, 0, "-0.0000004739622041017375"],
    ["1.5E3", 1, "15000"],
    ["-0.000", 0, "0"],
    [".5", -1, "0.05"],
  ])("of %p by %i places", (value, places, expected) => {
    expect(shiftedDecimal(value, places)).toBe(expected);
  });

  test.each([null, undefined, "", "abc", "0x10", "1e-999999999", "Infinity"])(
    "is unknown for %p",
    (value) => {
      expect(shiftedDecimal(value, 0)).toBeNull();
    },
  );

  test("comes back when it is shifted back", () => {
    fc.assert(
      fc.property(decimal, fc.integer({ min: -20, max: 20 }), (number, places) => {
        const text = plain(textOf(number));
        expect(shiftedDecimal(shiftedDecimal(text, places), -places)).toBe(
          text === "-0" ? "0" : text,
        );
      }),
    );
  });
});

describe("a difference of decimals", () => {
  test("is exact", () => {
    fc.assert(
      fc.property(decimal, decimal, (one, other) => {
        const decimals = Math.max(one.decimals, other.decimals);
        const unitsOf = ({ units, decimals: own }: { units: bigint; decimals: number }) =>
          units * 10n ** BigInt(decimals - own);
        const units = unitsOf(one) - unitsOf(other);
        expect(decimalDifference(textOf(one), textOf(other))).toBe(
          plain(textOf({ units, decimals })),
        );
      }),
    );
  });

  test("is unknown if either is", () => {
    expect(decimalDifference("1", null)).toBeNull();
    expect(decimalDifference("", "1")).toBeNull();
  });
});

describe("an accrual", () => {
  const hourEndMs = Date.UTC(2026, 10, 1, 12);

  test("belongs to a full hour, to the minute", () => {
    const row = { hourEndMs, amount: "0.1", unit: "fraction" } as const;
    expect(accrualOf(hourEndMs + 900, "0.1", "fraction")).toEqual(row);
    expect(accrualOf(hourEndMs + 60_000, "0.1", "fraction")).toBeNull();
  });

  test("is at most all of the notional, if it is a share of it", () => {
    expect(accrualOf(hourEndMs, "-1.01", "fraction")).toBeNull();
    expect(accrualOf(hourEndMs, "-1.01", "quote_per_unit")?.amount).toBe("-1.01");
  });
});
