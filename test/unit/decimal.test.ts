import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  addDecimals,
  decimalNumber,
  decimalPct,
  DecimalSum,
  decimalText,
  parseDecimal,
  shortestForm,
  subtractDecimals,
} from "../../src/domain/decimal.ts";

function parsed(text: string) {
  const decimal = parseDecimal(text);
  if (decimal === null) throw new Error(`not parsed: ${text}`);
  return decimal;
}

function sumText(decimals: readonly (string | number)[]): string {
  const sum = new DecimalSum();
  for (const decimal of decimals) sum.add(decimal);
  return decimalText(sum.value);
}

describe("a decimal text", () => {
  test.each([
    ["0.0001", "0.0001"],
    ["0E-18", "0"],
    ["-1.5e-7", "-0.00000015"],
    ["+12.50", "12.5"],
    [".5", "0.5"],
    ["5.", "5"],
    ["1e3", "1000"],
    ["-0.00", "0"],
    ["0.000040037341082362756", "0.000040037341082362756"],
  ])("%s is %s", (text, plain) => {
    expect(decimalText(parsed(text))).toBe(plain);
    expect(sumText([text])).toBe(plain);
  });

  test.each([
    "",
    "-",
    ".",
    "e5",
    "1e",
    "0x10",
    "NaN",
    "Infinity",
    " 1",
    "1,5",
    "1e9999",
    "1".repeat(101),
  ])("%p is no decimal number", (text) => {
    expect(parseDecimal(text)).toBeNull();
    expect(() => new DecimalSum().add(text)).toThrow(RangeError);
  });

  test("numbers that are not finite cannot be added", () => {
    for (const number of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => new DecimalSum().add(number)).toThrow(RangeError);
  });
});

/** Decimals as exchanges write them: 0 to 30 places, with zeros at the end, exponents, and large whole parts. */
const decimals = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("", "-", "+"),
      fc.oneof(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 ** 31 })),
      fc.stringMatching(/^(\.0{0,12}\d{0,18})?$/),
      fc.constantFrom("", "", "", "e-7", "E-18", "e2"),
    )
    .map(([sign, whole, fraction, exponent]) => `${sign}${whole}${fraction}${exponent}`),
  fc.double({ min: -1, max: 1, noNaN: true }).map(String),
  fc.integer({ min: -10_000_000, max: 10_000_000 }).map((units) => String(units / 1e8)),
);

/** The sum of integers of one common scale. */
function sumByIntegers(texts: readonly string[]): string {
  const scale = 400;
  const units = texts.reduce((sum, text) => {
    const decimal = parsed(text);
    return sum + decimal.units * 10n ** BigInt(scale - decimal.scale);
  }, 0n);
  return decimalText({ units, scale });
}

describe("a sum of decimals", () => {
  test("has no binary noise", () => {
    expect(sumText(["0.1", "0.2"])).toBe("0.3");
    expect(sumText([0.1, 0.2])).toBe("0.3");
    // Deribit's interest of two hours.
    expect(sumText(["0.000040037341082362756", "0.000042599284093567054"])).toBe(
      "0.00008263662517592981",
    );
  });

  test("equals that of integers, for texts and for their numbers", () => {
    fc.assert(
      fc.property(fc.array(decimals, { maxLength: 40 }), (texts) => {
        expect(sumText(texts)).toBe(sumByIntegers(texts));
        const numbers = texts.map(Number);
        expect(sumText(numbers)).toBe(sumByIntegers(numbers.map(String)));
      }),
      { numRuns: 3000 },
    );
  });

  test("does not depend on the form in which a decimal is kept", () => {
    fc.assert(
      fc.property(fc.array(decimals, { maxLength: 10 }), (texts) => {
        expect(sumText(texts.map(shortestForm))).toBe(sumByIntegers(texts));
      }),
    );
    expect(shortestForm("0.0001")).toBe(0.0001);
    expect(() => new DecimalSum().add(shortestForm(""))).toThrow(RangeError);
    expect(() => new DecimalSum().add(shortestForm("x"))).toThrow(RangeError);
  });

  test("stays exact over a million values, and when its parts are full", () => {
    const sum = new DecimalSum();
    for (let nth = 0; nth < 1_000_000; nth += 1) sum.add("999.999999999999999999999999");
    expect(decimalText(sum.value)).toBe("999999999.999999999999999999");
  });

  test("returns the sign of what is added, and subtracts", () => {
    const sum = new DecimalSum();
    expect(
      (
        [
          "0.1",
          "-0.1",
          "0",
          "-0.0",
          "1e-30",
          "-1e-30",
          "0.00000000000000000001",
          0.5,
          -0.5,
          0,
        ] as const
      ).map((decimal) => sum.add(decimal)),
    ).toEqual([1, -1, 0, 0, 1, -1, 1, 1, -1, 0]);
    expect([sum.add("0.2", -1), sum.add(0.2, -1), sum.add("2e-1", -1)]).toEqual([-1, -1, -1]);
    expect(decimalText(sum.value)).toBe("-0.59999999999999999999");
  });

  test("as a running number is within two units in the last place", () => {
    fc.assert(
      fc.property(fc.array(decimals, { maxLength: 40 }), (texts) => {
        const sum = new DecimalSum();
        let largest = 0;
        for (const text of texts) {
          sum.add(text);
          largest = Math.max(largest, Math.abs(Number(text)));
        }
        const exact = decimalNumber(sum.value);
        // Parts may cancel each other where large whole numbers came and went.
        expect(Math.abs(sum.toNumber() - exact)).toBeLessThanOrEqual(
          3 * Number.EPSILON * Math.max(Math.abs(exact), largest),
        );
      }),
    );
  });

  test("minus one of its two parts is the other one", () => {
    fc.assert(
      fc.property(decimals, decimals, (left, right) => {
        const sum = addDecimals(parsed(left), parsed(right));
        const rest = decimalText(subtractDecimals(sum, parsed(right)));
        expect(rest).toBe(decimalText(parsed(left)));
      }),
    );
  });

  test("of two decimals does not depend on their scales", () => {
    fc.assert(
      fc.property(decimals, decimals, (left, right) => {
        expect(decimalText(addDecimals(parsed(left), parsed(right)))).toBe(
          sumByIntegers([left, right]),
        );
      }),
    );
  });
});

test("a percentage is rounded once, from the exact fraction", () => {
  expect(decimalPct(parsed("0.000057"))).toBe(0.0057);
  expect(decimalPct(parsed("-0.003"))).toBe(-0.3);
  expect(decimalPct(parsed("0.00008263662517592981"))).toBe(0.00826366251759298);
  expect(decimalPct(parsed("0"))).toBe(0);
});

test("a text goes to a decimal and back", () => {
  fc.assert(
    fc.property(decimals, (text) => {
      const plain = decimalText(parsed(text));
      // The smallest doubles have hundreds of places, more than a text may have.
      fc.pre(plain.length <= 100);
      expect(decimalText(parsed(plain))).toBe(plain);
      expect(Number(plain) === Number(text)).toBe(true);
    }),
  );
});
