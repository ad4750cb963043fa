import { describe, expect, test } from "bun:test";
import { chargesOf } from "../../src/services/history/charges.ts";
import {
  inflationOf,
  MIN_SETTLED_HOURS,
  settled7dAprPct,
} from "../../src/services/history/settled-yield.ts";
import { hour, settledEvery } from "../support/past.ts";

const charged = (from: number, to: number, rate: string) =>
  chargesOf({ kind: "settlements", settlements: settledEvery(8, from, to, rate) });

describe("what the last seven days paid", () => {
  test("is annualized over what the settlements cover", () => {
    // 0.01 % three times a day is 10.95 % a year; what is older and what comes later does not count.
    const charges = [
      ...charged(0, 24, "0.5"),
      ...charged(24, 200, "0.0001"),
      ...charged(200, 224, "0.5"),
    ];
    expect(settled7dAprPct(charges, hour(200 + 1))).toBe(10.95);
    const missing = charges.filter((_, index) => index % 5 !== 0);
    expect(settled7dAprPct(missing, hour(200 + 1))).toBe(10.95);
  });

  test("is unknown if they cover less than half of it", () => {
    const listed = 1000;
    const charges = charged(listed, listed + 200, "0.0001");
    expect(settled7dAprPct(charges, hour(listed + MIN_SETTLED_HOURS))).toBeNull();
    // 84 h are ten and a half intervals.
    expect(settled7dAprPct(charges, hour(listed + MIN_SETTLED_HOURS + 5))).toBe(10.95);
    expect(settled7dAprPct([], hour(0))).toBeNull();
  });
});

describe("the inflation of an opportunity", () => {
  test.each([
    ["is the live net yield over the settled one", 30, 5, 15, 3],
    ["is below one if less is left than was paid", 5, -5, 15, 0.25],
    ["is negative for a live loss", -20, 0, 10, -2],
    ["is zero for nothing", -0, 0, 10, 0],
    ["has no noise", 0.3, 0.1, 0.3, 1.5],
    ["is unknown if nothing was paid", 30, 10, 10, null],
    ["is unknown if the pair would have lost", 30, 10, 5, null],
    ["is unknown without a live yield", null, 5, 15, null],
    ["is unknown without the long leg's past", 30, null, 15, null],
    ["is unknown without the short leg's past", 30, 5, null, null],
  ])("%s", (_, live, long, short, expected) => {
    expect(inflationOf(live, long, short)).toBe(expected);
  });
});
