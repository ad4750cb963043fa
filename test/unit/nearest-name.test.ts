import { expect, test } from "bun:test";
import { didYouMean, nearestName } from "../../src/http/protocol/nearest.ts";

const NAMES = ["exchange", "base", "min_volume", "limit"];

test.each([
  ["exchnage", "exchange"],
  ["Exchange", "exchange"],
  ["minvolume", "min_volume"],
  ["limit[]", "limit"],
  ["format", null],
  ["x".repeat(65), null],
] as const)("%s was meant for %p", (text, nearest) => {
  expect(nearestName(text, NAMES)).toBe(nearest);
});

test("an error offers a near name and no far one", () => {
  expect(didYouMean("bsae", NAMES)).toBe("; did you mean base?");
  expect(didYouMean("nothing_like_it", NAMES)).toBe("");
});
