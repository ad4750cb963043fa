import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { chargesOf, type SettledSlot } from "../../src/domain/charges.ts";
import { HOUR_MS } from "../../src/domain/funding.ts";
import {
  inflationOf,
  MIN_SETTLED_HOURS,
  settled7dAprPct,
  SETTLED_YIELD_HOURS,
  settledYieldHoldsUntilMs,
} from "../../src/domain/settled-yield.ts";
import { cumulative, rangeUntil } from "../../src/services/history/cumulative.ts";
import { accruedAt, anyPast, hour, settledEvery, settledPast } from "../support/past.ts";

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

  test("begins exactly seven days ago and ends before now", () => {
    const charges = [...charged(0, 8, "0.5"), ...charged(8, 8 + 168, "0.0001")];
    // 21 settlements at 0.0001, and one at 0.5 a week before the last.
    const last = hour(8 + 168);
    expect(settled7dAprPct(charges, last + 1)).toBe(10.95);
    // At the last one itself, the first one is exactly seven days old and counts instead.
    expect(settled7dAprPct(charges, last)).not.toBe(10.95);
  });

  test("of continuous funding is annualized over the accrued hours", () => {
    const rows = Array.from({ length: 168 }, (_, nth) => [nth + 1, "0.00001"] as const);
    const charges = chargesOf({ kind: "accruals", hours: accruedAt(...rows) });
    expect(settled7dAprPct(charges, hour(169))).toBe(8.76);
    // An amount in quote currency is no fraction without a price.
    const unpriced = accruedAt(...rows).map((row) => ({ ...row, unit: "quote_per_unit" as const }));
    expect(settled7dAprPct(chargesOf({ kind: "accruals", hours: unpriced }), hour(169))).toBeNull();
  });

  test("is the cumulative figure of seven days", () => {
    fc.assert(
      fc.property(anyPast, fc.infiniteStream(fc.nat(20_000)), fc.nat(400), (past, rates, at) => {
        const settlements: SettledSlot[] = [];
        for (const { slotMs, isHole } of past) {
          const rate = ((Number(rates.next().value) - 10_000) / 1e8).toFixed(8);
          if (!isHole) settlements.push({ slotMs, rate, intervalHours: null, origin: "exchange" });
        }
        const nowMs = hour(at) + 60_000;
        const known = settlements.filter(({ slotMs }) => slotMs < nowMs);
        const charges = chargesOf({ kind: "settlements", settlements: known });
        const { annualizedPct, coveredHours } = cumulative(
          settledPast(known),
          rangeUntil(nowMs, "7d"),
          nowMs,
        );
        const isEnough = coveredHours !== null && coveredHours >= MIN_SETTLED_HOURS;
        expect(settled7dAprPct(charges, nowMs)).toBe(isEnough ? annualizedPct : null);
      }),
    );
  });
});

describe("how long a settled yield holds", () => {
  test("is until the oldest charge that counts is seven days old", () => {
    const charges = charged(0, 304, "0.0001");
    expect(settledYieldHoldsUntilMs(charges, hour(305))).toBe(hour(144 + SETTLED_YIELD_HOURS));
    expect(settledYieldHoldsUntilMs(charges, hour(480))).toBe(Number.POSITIVE_INFINITY);
    expect(settledYieldHoldsUntilMs([], hour(305))).toBe(Number.POSITIVE_INFINITY);
  });

  test("is exact: the same charges count until then, one less right after", () => {
    fc.assert(
      fc.property(anyPast, fc.nat(400 * 60), (past, minute) => {
        const stored = past.map(({ slotMs }) => ({ slotMs, rate: "0.0001", intervalHours: null }));
        const nowMs = hour(0) + minute * 60_000;
        const settlements = stored
          .filter(({ slotMs }) => slotMs < nowMs)
          .map((slot) => ({ ...slot, origin: "exchange" as const }));
        const charges = chargesOf({ kind: "settlements", settlements });
        const untilMs = settledYieldHoldsUntilMs(charges, nowMs);
        const countedAt = (atMs: number): number =>
          charges.filter(({ slotMs }) => slotMs >= atMs - SETTLED_YIELD_HOURS * HOUR_MS).length;
        if (untilMs === Number.POSITIVE_INFINITY) return expect(countedAt(nowMs)).toBe(0);
        expect(untilMs).toBeGreaterThanOrEqual(nowMs);
        expect(countedAt(untilMs)).toBe(countedAt(nowMs));
        expect(countedAt(untilMs + 1)).toBe(countedAt(nowMs) - 1);
      }),
    );
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
    ["is unknown if the multiple is beyond all numbers", -30, 0, 1e-308, null],
    ["is unknown without a live yield", null, 5, 15, null],
    ["is unknown without the long leg's past", 30, null, 15, null],
    ["is unknown without the short leg's past", 30, 5, null, null],
  ])("%s", (_, live, long, short, expected) => {
    expect(inflationOf(live, long, short)).toBe(expected);
  });
});
