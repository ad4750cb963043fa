import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { didYouMean, editDistance, nearestName } from "../../src/lib/nearest.ts";

const NAMES = ["exchange", "base", "min_volume", "limit"];

test.each([
  ["exchnage", "exchange"],
  ["Exchange", "exchange"],
  ["minvolume", "min_volume"],
  ["limit[]", "limit"],
  ["format", null],
  // A prefix of three letters or more selects the shortest name that has it.
  ["exc", "exchange"],
  ["minimum_volume", "min_volume"],
  ["limitations", "limit"],
  ["ba", null],
  ["b", null],
  ["x".repeat(65), null],
] as const)("%s suggests %p", (text, nearest) => {
  expect(nearestName(text, NAMES)).toBe(nearest);
});

test("an error suggests a similar name and no distant one", () => {
  expect(didYouMean("bsae", NAMES)).toBe("; did you mean base?");
  expect(didYouMean("nothing_like_it", NAMES)).toBe("");
});

test("of names with a common prefix the shortest is suggested, of similar ones the nearest", () => {
  const names = ["gross_apr_pct_smooth", "gross_apr_pct", "net_apr_pct"];
  expect(nearestName("gross", names)).toBe("gross_apr_pct");
  expect(nearestName("gros_apr_pct_smooth", names)).toBe("gross_apr_pct_smooth");
});

test.each([
  ["bct", ["ACT", "BCH", "BTC", "BAT"], "BTC"],
  ["bct", ["BTC", "ACT"], "BTC"],
  ["teh", ["TEX", "ETH", "THE"], "ETH"],
  // The number of typos takes precedence.
  ["abcdef", ["badcef", "abcdex"], "abcdex"],
] as const)(
  "of equally near names the one with the same letters is suggested: %s of %p",
  (text, names, meant) => {
    expect(nearestName(text, names)).toBe(meant);
  },
);

describe("the number of typos between two texts", () => {
  // Few different letters, so that texts are often close to each other.
  const text = fc.string({ unit: fc.constantFrom("a", "b", "c", "_"), maxLength: 12 });

  test("is 0 for equal texts only, the same in both directions, and at most the longer one's length", () => {
    fc.assert(
      fc.property(text, text, (left, right) => {
        const typos = editDistance(left, right);
        expect(editDistance(left, left)).toBe(0);
        expect(typos === 0).toBe(left === right);
        expect(editDistance(right, left)).toBe(typos);
        expect(typos).toBeGreaterThanOrEqual(Math.abs(left.length - right.length));
        expect(typos).toBeLessThanOrEqual(Math.max(left.length, right.length));
      }),
    );
  });

  test("is 1 for one letter missing, wrong or swapped with the next", () => {
    fc.assert(
      fc.property(text, fc.nat(12), fc.constantFrom("x", "y"), (plain, at, letter) => {
        fc.pre(at < plain.length);
        const [before, after] = [plain.slice(0, at), plain.slice(at + 1)];
        expect(editDistance(plain, before + after)).toBe(1);
        expect(editDistance(plain, before + letter + after)).toBe(1);
        const [first = "", second = ""] = plain.slice(at, at + 2);
        const swapped = before + second + first + after.slice(1);
        if (second !== "" && first !== second) expect(editDistance(plain, swapped)).toBe(1);
      }),
    );
  });

  test.each([
    ["btc", "bct", 1],
    ["btc", "act", 2],
    ["exchange", "exhcnage", 2],
    ["ca", "abc", 3],
  ] as const)("of %s and %s is %d", (left, right, typos) => {
    expect(editDistance(left, right)).toBe(typos);
  });
});
