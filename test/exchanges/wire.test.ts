import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { fundingTimesOf, msOfNanoseconds, numberOf, RowReject } from "../../src/exchanges/wire.ts";

const AT = Date.UTC(2026, 9, 5, 13, 30);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const timesOf = (nextMs: number | null, hours: number | null = 8, cached = false) =>
  fundingTimesOf(nextMs, AT, { hours, source: "published", cached }, "next");

describe("interval and next time of a row", () => {
  test.each([
    ["ahead", 150 * MINUTE_MS],
    ["ahead by the interval and ten minutes", 8 * HOUR_MS + 10 * MINUTE_MS],
    ["now", 0],
    ["just past", -1],
    ["past by 48 h", -48 * HOUR_MS],
  ])("are both kept where the next time is %s", (_name, aheadMs) => {
    expect(timesOf(AT + aheadMs)).toEqual({
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: AT + aheadMs,
    });
  });

  test("are both unknown where they contradict each other, for either may be wrong", () => {
    expect(timesOf(AT + 8 * HOUR_MS + 10 * MINUTE_MS + 1)).toEqual({
      fundingIntervalHours: null,
      intervalSource: null,
      nextFundingAtMs: null,
    });
  });

  test("an interval of another reply is the one that is out of date", () => {
    expect(timesOf(AT + 8 * HOUR_MS + 10 * MINUTE_MS + 1, 8, true)).toEqual({
      fundingIntervalHours: null,
      intervalSource: null,
      nextFundingAtMs: AT + 8 * HOUR_MS + 10 * MINUTE_MS + 1,
    });
  });

  test("one that is unknown leaves the other", () => {
    expect(timesOf(null)).toMatchObject({ fundingIntervalHours: 8, nextFundingAtMs: null });
    expect(timesOf(AT + 48 * HOUR_MS, null)).toEqual({
      fundingIntervalHours: null,
      intervalSource: null,
      nextFundingAtMs: AT + 48 * HOUR_MS,
    });
  });

  test.each([
    ["just over 48 h", -48 * HOUR_MS - 1],
    ["400 days", -400 * DAY_MS],
  ])("past by %s: the contract is dead and no row of ours", (_name, aheadMs) => {
    expect(timesOf(AT + aheadMs)).toBeNull();
  });

  test.each([
    ["over 48 h ahead", AT + 48 * HOUR_MS + 1],
    ["over 400 days past", AT - 400 * DAY_MS - 1],
    ["in seconds", AT / 1000],
    ["in microseconds", AT * 1000],
    ["as milliseconds remaining", 3 * HOUR_MS],
  ])("%s: the time is refused as one of another unit", (_name, nextMs) => {
    expect(() => timesOf(nextMs)).toThrow(RowReject);
  });
});

describe("a number as a text", () => {
  test.each(["0.0001", "-1e-5", "+3", "5.", ".5", " 7 ", "1E+2"])("%s is read", (text) => {
    expect(numberOf(text)).toBe(Number(text));
  });

  test.each([
    "0x1",
    " 0X1F ",
    "0b1",
    "0o7",
    "1_000",
    "1,5",
    "1 2",
    "Infinity",
    "NaN",
    "1e999",
    "e5",
    ".",
    "",
    " ",
    "٣",
  ])("%p is unknown", (text) => {
    expect(numberOf(text)).toBeNull();
  });

  test("of any double is that double", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        // A negative zero is written without its sign.
        expect(numberOf(String(value))).toBe(value === 0 ? 0 : value);
      }),
    );
  });
});

describe("a time in nanoseconds", () => {
  test.each([
    // As a double its last millisecond would be rounded up.
    ["1764774730024999999", 1_764_774_730_024],
    ["1764774730025000000", 1_764_774_730_025],
    // A number has lost its last digits before it comes here.
    [1_764_774_730_025_000_000, 1_764_774_730_025],
    ["1764774730025000000.5", 1_764_774_730_025],
    ["1.764774730025e18", 1_764_774_730_025],
    ["999999", 0],
    [0, 0],
  ])("%p is whole milliseconds", (value, ms) => {
    expect(msOfNanoseconds(value)).toBe(ms);
  });

  test.each(["", " ", "soon", "NaN", null, undefined, Number.NaN])("%p is unknown", (value) => {
    expect(msOfNanoseconds(value)).toBeNull();
  });
});
