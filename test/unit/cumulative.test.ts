import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decimalText } from "../../src/domain/decimal.ts";
import { HOUR_MS } from "../../src/domain/funding.ts";
import { roundPct } from "../../src/domain/percent.ts";
import type { InstrumentPast } from "../../src/services/history/charges.ts";
import {
  type Cumulative,
  cumulative,
  CUMULATIVE_DEFAULTS,
  rangeUntil,
} from "../../src/services/history/cumulative.ts";
import {
  accruedAt,
  anyPast,
  hour,
  pastOf,
  settledAt,
  settledEvery,
  settledPast,
} from "../support/past.ts";

/** The figures of hours [from, to) after midnight, seen an hour after the end. */
function figures(past: InstrumentPast, from: number, to: number): Cumulative {
  return cumulative(past, { fromMs: hour(from), toMs: hour(to) }, hour(to + 1));
}

describe("cumulative funding", () => {
  test("adds up the settlements of the range, to which its end does not belong", () => {
    // 8, 16 and 24 h: 0.0001 + 0.0002 - 0.00005 = 0.00025; 24 h covered: 0.025 x 365 = 9.125 % a year.
    const settlements = settledAt(
      [8, "0.0001"],
      [16, "0.00020000"],
      [24, "-0.00005"],
      [32, "0.01"],
    );
    expect(figures(settledPast(settlements), 8, 32)).toEqual({
      count: 3,
      estimated: 0,
      unpriced: 0,
      sum: "0.00025",
      sumPct: 0.025,
      noSum: null,
      coveredHours: 24,
      annualizedPct: 9.125,
      positiveShare: 2 / 3,
      signFlips: 1,
      longestRun: {
        sign: "positive",
        count: 2,
        hours: 16,
        firstSlotMs: hour(8),
        lastSlotMs: hour(16),
      },
      expected: 3,
      completeness: 1,
      lacking: [],
    });
  });

  test("of 1 h and of 8 h legs with the same yearly rate is the same", () => {
    // 24 x 0.0000125 = 3 x 0.0001 = 0.0003 a day, 10.95 % a year.
    for (const [hours, rate, count] of [
      [1, "0.0000125", 24],
      [8, "0.0001", 3],
    ] as const) {
      const found = figures(settledPast(settledEvery(hours, 0, 48, rate)), 1, 25);
      expect(found).toMatchObject({
        count,
        sum: "0.0003",
        sumPct: 0.03,
        annualizedPct: 10.95,
        coveredHours: 24,
      });
    }
  });

  test("annualizes over what each settlement covered when the interval changes", () => {
    // Two of 8 h, then four of 4 h: 2 x 0.0008 + 4 x 0.0004 = 0.0032 in 32 h; 0.32 % x 8760 / 32 = 87.6 %.
    const settlements = [...settledEvery(8, 0, 32, "0.0008"), ...settledEvery(4, 32, 64, "0.0004")];
    expect(figures(settledPast(settlements), 24, 49)).toMatchObject({
      count: 6,
      sum: "0.0032",
      coveredHours: 32,
      annualizedPct: 87.6,
      expected: 6,
      completeness: 1,
    });
  });

  test("says what it lacks, and annualizes over the time that is there", () => {
    // 8 h and 32 h of five: 0.0002 in 16 h, 10.95 % a year; 32 h is there, 16 and 24 h are not, 40 h is an estimate.
    const settlements = [
      ...settledAt([8, "0.0001"], [32, "0.0001"], [48, "0.1"], [56, "0.1"], [64, "0.1"]),
    ].map((settlement) => ({ ...settlement, intervalHours: 8 }));
    const estimate = {
      slotMs: hour(40),
      rate: 0.0001,
      intervalHours: 8,
      origin: "estimated",
    } as const;
    settlements.splice(2, 0, estimate);
    expect(figures(settledPast(settlements), 0, 48)).toMatchObject({
      count: 3,
      estimated: 1,
      sum: "0.0003",
      coveredHours: 24,
      annualizedPct: 10.95,
      expected: 5,
      completeness: 2 / 5,
      lacking: [
        { state: "missing", firstSlotMs: hour(16), lastSlotMs: hour(24), slots: 2 },
        { state: "estimated", firstSlotMs: hour(40), lastSlotMs: hour(40), slots: 1 },
      ],
      // The hole between 8 h and 32 h ends a run.
      longestRun: { count: 2, hours: 16, firstSlotMs: hour(32) },
    });
  });

  test("knows the interval of the first settlement from those before the range", () => {
    const past = settledPast(settledEvery(8, 0, 96, "0.0001"));
    expect(figures(past, 90, 97)).toMatchObject({
      count: 1,
      coveredHours: 8,
      annualizedPct: 10.95,
    });
  });

  test("of one settlement whose interval nothing shows has no yearly figure", () => {
    expect(figures(settledPast(settledAt([8, "0.0001"])), 0, 10)).toMatchObject({
      sum: "0.0001",
      coveredHours: null,
      annualizedPct: null,
    });
  });

  test("of nothing is unknown, not zero", () => {
    expect(figures(settledPast([]), 0, 24)).toMatchObject({
      count: 0,
      sum: null,
      sumPct: null,
      noSum: "no_settlements",
      annualizedPct: null,
      positiveShare: null,
      longestRun: null,
      expected: null,
      completeness: null,
    });
  });

  test("counts no flip at a zero rate, and ends a run there", () => {
    const settlements = settledAt(
      [1, "0.1"],
      [2, "0.1"],
      [3, "0"],
      [4, "0.1"],
      [5, "-0.0"],
      [6, "-0.1"],
      [7, "-0.1"],
      [8, "-0.1"],
      [9, "0E-18"],
      [10, "0.1"],
    );
    expect(figures(settledPast(settlements), 1, 11)).toMatchObject({
      signFlips: 2,
      positiveShare: 0.4,
      longestRun: {
        sign: "negative",
        count: 3,
        hours: 3,
        firstSlotMs: hour(6),
        lastSlotMs: hour(8),
      },
    });
  });

  test("of a reused ticker belongs to each of the two instruments", () => {
    // The old one is delisted at 24 h; the new one is listed at 100 h, with another interval.
    const old = settledPast(settledEvery(8, 0, 24, "0.0001"), { endedAtMs: hour(24.2) });
    const renewed = settledPast(settledEvery(4, 100, 140, "-0.0002"), {
      listedAtMs: hour(100),
      firstSeenMs: hour(100),
    });
    expect(figures(old, 0, 140)).toMatchObject({ count: 3, sum: "0.0003", completeness: 1 });
    // 104 to 136 h: nine, and 140 h is the end of the range.
    expect(figures(renewed, 0, 140)).toMatchObject({ count: 9, sum: "-0.0018", completeness: 1 });
  });
});

describe("cumulative funding of a continuous contract", () => {
  test("is the sum of what accrued each hour", () => {
    const hours = accruedAt([1, "0.000040037341082362756"], [2, "0.000042599284093567054"]);
    expect(figures(pastOf({ kind: "accruals", hours }), 0, 3)).toMatchObject({
      count: 2,
      sum: "0.00008263662517592981",
      sumPct: 0.00826366251759298,
      coveredHours: 2,
      completeness: 1,
    });
  });

  test("in quote currency is divided by the price, and lacks the hours without one", () => {
    // 0.5 / 50,000 = 0.00001, and 1.2 / 60,000 = 0.00002; the second hour has no price.
    const hours = (
      [
        [1, "0.5", 50_000],
        [2, "0.7", null],
        [3, "1.2", 60_000],
      ] as const
    ).map(([at, amount, markPrice]) => ({
      hourEndMs: hour(at),
      amount,
      unit: "quote_per_unit" as const,
      markPrice,
    }));
    expect(figures(pastOf({ kind: "accruals", hours }), 0, 4)).toMatchObject({
      count: 2,
      unpriced: 1,
      sum: "0.00003",
      coveredHours: 2,
      // 0.003 % x 8760 / 2.
      annualizedPct: 13.14,
      completeness: 2 / 3,
      longestRun: { count: 1 },
    });
    const unpriced = hours.map((row) => ({ ...row, markPrice: null }));
    expect(figures(pastOf({ kind: "accruals", hours: unpriced }), 0, 4)).toMatchObject({
      sum: null,
      noSum: "mark_price_unknown",
      completeness: 0,
    });
  });
});

test("a range ends now", () => {
  expect(rangeUntil(hour(240), CUMULATIVE_DEFAULTS.range)).toEqual({
    fromMs: hour(72),
    toMs: hour(240),
  });
  expect(rangeUntil(hour(240), "1d")).toEqual({ fromMs: hour(216), toMs: hour(240) });
});

const rates = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 50 });

test("all figures equal those counted one by one", () => {
  const border = fc.integer({ min: 0, max: 20 * 24 });
  fc.assert(
    fc.property(anyPast, rates, border, border, (past, units, from, length) => {
      const rateOf = (index: number) => units[index % units.length] ?? 0;
      const all = past.map((slot, index) => ({ ...slot, rate: rateOf(index) }));
      const settlements = all
        .filter(({ isHole }) => !isHole)
        .map(({ slotMs, rate }) => ({
          slotMs,
          rate: `${rate}e-5`,
          intervalHours: null,
          origin: "exchange" as const,
        }));
      const nowMs = Math.max(all.at(-1)?.slotMs ?? 0, hour(from + length));
      const found = cumulative(
        settledPast(settlements),
        { fromMs: hour(from), toMs: hour(from + length) },
        // Nothing is due after the last one.
        Math.min(nowMs, (all.at(-1)?.slotMs ?? 0) + HOUR_MS / 2),
      );
      const due = all.filter(({ slotMs }) => slotMs >= hour(from) && slotMs < hour(from + length));
      const there = due.filter(({ isHole }) => !isHole);
      const total = there.reduce((sum, { rate }) => sum + rate, 0);
      const signs = there.map(({ rate }) => Math.sign(rate)).filter((sign) => sign !== 0);
      expect(found.count).toBe(there.length);
      expect(found.expected).toBe(due.length);
      expect(found.lacking.reduce((sum, { slots }) => sum + (slots ?? 0), 0)).toBe(
        due.length - there.length,
      );
      expect(found.signFlips).toBe(
        signs.filter((sign, index) => index > 0 && sign !== signs[index - 1]).length,
      );
      if (there.length === 0) return;
      const hours = there.reduce((sum, slot) => sum + slot.hours, 0);
      expect(found.sum).toBe(decimalText({ units: BigInt(total), scale: 5 }));
      expect(found.coveredHours).toBe(hours);
      expect(found.annualizedPct).toBe(roundPct((roundPct(total / 1000) * 8760) / hours));
      expect(found.longestRun?.hours ?? 0).toBe(longestRunHours(due));
    }),
    { numRuns: 500 },
  );
});

/** By all pairs of first and last. */
function longestRunHours(
  slots: readonly { rate: number; hours: number; isHole: boolean }[],
): number {
  let longest = 0;
  for (let first = 0; first < slots.length; first += 1) {
    const sign = Math.sign(slots[first]?.rate ?? 0);
    let hours = 0;
    for (const slot of slots.slice(first)) {
      if (sign === 0 || slot.isHole || Math.sign(slot.rate) !== sign) break;
      hours += slot.hours;
    }
    longest = Math.max(longest, hours);
  }
  return longest;
}
