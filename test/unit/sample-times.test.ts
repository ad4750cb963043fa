import { expect, test } from "bun:test";
import {
  blockEnd,
  blockOf,
  DAY_S,
  HOUR_S,
  MAX_JOINED_HOURS,
} from "../../src/db/history/sample-times.ts";

const DAY = Date.UTC(2026, 4, 1) / 1000;

test("the blocks of a day follow each other from its start to its end, however late in one a time is", () => {
  for (let start = DAY; start < DAY + DAY_S; start = blockEnd(start)) {
    const end = blockEnd(start);
    expect(end - start).toBeGreaterThan(0);
    expect(end - start).toBeLessThanOrEqual(MAX_JOINED_HOURS * HOUR_S);
    for (const at of [start, start + 1, end - HOUR_S, end - 1])
      expect([blockOf(at), blockEnd(at)]).toEqual([start, end]);
  }
  expect(blockOf(DAY + DAY_S)).toBe(DAY + DAY_S);
  expect(blockEnd(DAY + DAY_S - 1)).toBe(DAY + DAY_S);
});

test("in the last hours of a day few closed hours are not joined", () => {
  const single = (hour: number) => (DAY + hour * HOUR_S - blockOf(DAY + hour * HOUR_S)) / HOUR_S;
  expect([20, 21, 22, 23].map(single)).toEqual([2, 0, 1, 0]);
});
