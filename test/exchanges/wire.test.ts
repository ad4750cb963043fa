import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { z } from "zod";
import { collectRows, decodeRows } from "../../src/exchanges/wire-rows.ts";
import { fundingTimesOf, intervalHoursOf } from "../../src/exchanges/wire-times.ts";
import { msOfNanoseconds, numberOf, RowReject } from "../../src/exchanges/wire.ts";

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
  ])("are both kept if the next time is %s", (_name, aheadMs) => {
    expect(timesOf(AT + aheadMs)).toEqual({
      fundingIntervalHours: 8,
      intervalSource: "published",
      nextFundingAtMs: AT + aheadMs,
    });
  });

  test("are both unknown if they contradict each other, as either may be wrong", () => {
    expect(timesOf(AT + 8 * HOUR_MS + 10 * MINUTE_MS + 1)).toEqual({
      fundingIntervalHours: null,
      intervalSource: null,
      nextFundingAtMs: null,
    });
  });

  test("an interval of another reply is the one that is outdated", () => {
    expect(timesOf(AT + 8 * HOUR_MS + 10 * MINUTE_MS + 1, 8, true)).toEqual({
      fundingIntervalHours: null,
      intervalSource: null,
      nextFundingAtMs: AT + 8 * HOUR_MS + 10 * MINUTE_MS + 1,
    });
  });

  test("an unknown one does not affect the other", () => {
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
  ])("%s in the past: the contract is dead and not shown", (_name, aheadMs) => {
    expect(timesOf(AT + aheadMs)).toBeNull();
  });

  test.each([
    ["over 48 h ahead", AT + 48 * HOUR_MS + 1],
    ["over 400 days past", AT - 400 * DAY_MS - 1],
    ["in seconds", AT / 1000],
    ["in microseconds", AT * 1000],
    ["as milliseconds remaining", 3 * HOUR_MS],
  ])("%s: the time is rejected as one in another unit", (_name, nextMs) => {
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
    // A number has lost its last digits before it gets here.
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

describe("intervals", () => {
  test("are those that exchanges use; any other is an error of unit", () => {
    const inUse = [1, 2, 3, 4, 6, 8, 12, 24];
    const read = Array.from({ length: 40 }, (_, hours) => intervalHoursOf(hours));
    expect(read.filter((hours) => hours !== null)).toEqual(inUse);
    // Hours read as minutes, seconds and milliseconds; a day of minutes; half an hour.
    expect(
      [8 / 60, 8 / 3600, 8 / 3_600_000, 480, 0.5].map((hours) => intervalHoursOf(hours)),
    ).toEqual([null, null, null, null, null]);
    expect(intervalHoursOf(480, 60)).toBe(8);
  });

  const onGrid = fc.tuple(
    fc.constantFrom(1, 2, 3, 4, 6, 8, 12, 24),
    fc.nat(23),
    fc.integer({ min: -29_999, max: 29_999 }),
  );

  test.each(["documented_default", "cached"] as const)(
    "%s: one whose grid from midnight UTC does not contain the next time is unknown, the time is kept",
    (kind) => {
      const source = kind === "cached" ? "published" : kind;
      fc.assert(
        fc.property(onGrid, ([hours, hour, jitterMs]) => {
          const nextMs = Date.UTC(2026, 9, 5, hour) + jitterMs;
          const times = fundingTimesOf(
            nextMs,
            nextMs - 1,
            { hours, source, cached: kind === "cached" },
            "next",
          );
          const isOn = hour % hours === 0;
          expect(times?.fundingIntervalHours).toBe(isOn ? hours : null);
          expect(times?.nextFundingAtMs).toBe(nextMs);
        }),
      );
    },
  );

  test("one of the same row may have its own grid", () => {
    expect(timesOf(AT + 150 * MINUTE_MS)).toMatchObject({ fundingIntervalHours: 8 });
  });
});

describe("a symbol that occurs twice", () => {
  const row = z.object({ name: z.string(), rate: z.number() });
  const rowsWith = (...rates: readonly number[]) => [
    { name: "B", rate: 9 },
    ...rates.map((rate) => ({ name: "A", rate })),
  ];

  test.each([
    ["equal", [1, 1], 1, 0],
    ["three equal ones", [1, 1, 1], 1, 0],
    ["different", [1, 2], 0, 2],
    ["different, the first again", [1, 2, 1], 0, 2],
  ] as const)("%s", (_name, rates, remaining, lost) => {
    const decoded = decodeRows(row, rowsWith(...rates), "name");
    expect(decoded.rows.filter(({ name }) => name === "A").length).toBe(remaining);
    expect(decoded.rejects.map(({ reason }) => reason)).toEqual(Array(lost).fill("ambiguous"));
    const pages = rowsWith(...rates).map(({ name: exchangeSymbol, rate }) => ({
      exchangeSymbol,
      rate,
    }));
    const collected = collectRows(
      pages,
      (one) => one.exchangeSymbol,
      (one) => one,
    );
    expect(collected.quotes.length).toBe(1 + remaining);
    expect(collected.rejects.length).toBe(lost);
  });

  test("an unreadable one makes the other ambiguous", () => {
    const { rows, rejects } = decodeRows(row, [...rowsWith(1), { name: "A", rate: "x" }], "name");
    expect(rows.map(({ name }) => name)).toEqual(["B"]);
    expect(rejects.map(({ reason }) => reason)).toEqual(["ambiguous", "ambiguous"]);
  });
  test.each(["first", "last"])(
    "one that must not be shown, %s, makes the other ambiguous",
    (at) => {
      const listed = [
        { name: "A", live: true },
        { name: "B", live: true },
        { name: "C" },
        { name: "C" },
      ];
      const closed = { name: "A", live: false };
      const { quotes, rejects } = collectRows(
        at === "first" ? [closed, ...listed] : [...listed, closed],
        ({ name }) => name,
        ({ name, live }) => (live === true ? { exchangeSymbol: name, base: name } : null),
      );
      expect(quotes.map(({ base }) => base)).toEqual(["B"]);
      expect(rejects.map(({ exchangeSymbol, reason }) => [exchangeSymbol, reason])).toEqual([
        ["A", "ambiguous"],
        ["A", "ambiguous"],
      ]);
    },
  );
});
