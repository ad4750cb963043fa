import { expect, test } from "bun:test";
import { didYouMean, nearestName } from "../../src/lib/nearest.ts";

const NAMES = ["exchange", "base", "min_volume", "limit"];

test.each([
  ["exchnage", "exchange"],
  ["Exchange", "exchange"],
  ["minvolume", "min_volume"],
  ["limit[]", "limit"],
  ["format", null],
  // A beginning of three letters or more, of the shortest name that has it.
  ["exc", "exchange"],
  ["minimum_volume", "min_volume"],
  ["limitations", "limit"],
  ["ba", null],
  ["b", null],
  ["x".repeat(65), null],
] as const)("%s was meant for %p", (text, nearest) => {
  expect(nearestName(text, NAMES)).toBe(nearest);
});

test("an error offers a near name and no far one", () => {
  expect(didYouMean("bsae", NAMES)).toBe("; did you mean base?");
  expect(didYouMean("nothing_like_it", NAMES)).toBe("");
});

test("of names that begin alike the shortest is meant, of near ones the nearest", () => {
  const names = ["gross_apr_pct_smooth", "gross_apr_pct", "net_apr_pct"];
  expect(nearestName("gross", names)).toBe("gross_apr_pct");
  expect(nearestName("gros_apr_pct_smooth", names)).toBe("gross_apr_pct_smooth");
});
