import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  chargedWithin,
  grossAprPct,
  netAprPct,
  priceGapPct,
  roundTripFeesPct,
  smoothBreakevenHours,
} from "../../src/domain/arbitrage.ts";
import { annualizedPct, HOUR_MS } from "../../src/domain/funding.ts";
import { opportunityPct } from "../../src/domain/opportunity.ts";
import { NOON_MS } from "../support/quote.ts";

const pct = fc.double({ min: -1e5, max: 1e5, noNaN: true });
const bps = fc.double({ min: 0, max: 1000, noNaN: true });
const hours = fc.double({ min: 0.01, max: 87_600, noNaN: true });
const price = fc.double({ min: 1e-9, max: 1e9, noNaN: true });

describe("yields", () => {
  test("computed by hand: 30 % gross, 5 bps on each side, held for 8 hours", () => {
    const fees = roundTripFeesPct(5, 5);
    // Four fills of 0.05 %.
    expect(fees).toBeCloseTo(0.2, 12);
    // 8 hours are 1/1095 of a year: 0.2 % x 1095 = 219 % a year.
    expect(netAprPct(30, fees, 8)).toBeCloseTo(-189, 9);
    // 30 % a year is 0.00342466 % an hour: 0.2 % takes 58.4 hours.
    expect(smoothBreakevenHours(30, fees)).toBeCloseTo(58.4, 9);
  });

  test("swapping the sides flips the sign of the yield and of the price gap", () => {
    fc.assert(
      fc.property(pct, pct, price, price, (left, right, leftPrice, rightPrice) => {
        expect(grossAprPct(left, right)).toBe(0 - grossAprPct(right, left));
        const gap = priceGapPct(leftPrice, rightPrice);
        const swapped = priceGapPct(rightPrice, leftPrice);
        expect(gap === null ? null : 0 - gap).toBe(swapped === null ? null : swapped + 0);
      }),
      { examples: [[0, -0, 1, 1]] },
    );
  });

  test("net is never above gross, and the closer to it the longer the pair is held", () => {
    fc.assert(
      fc.property(pct, bps, bps, hours, hours, (yearly, long, short, one, other) => {
        const gross = grossAprPct(0, yearly);
        const fees = roundTripFeesPct(long, short);
        expect(netAprPct(gross, fees, one)).toBeLessThanOrEqual(gross);
        const [less, more] = one < other ? [one, other] : [other, one];
        expect(netAprPct(gross, fees, less)).toBeLessThanOrEqual(netAprPct(gross, fees, more));
      }),
    );
  });

  test("held for exactly the break-even hours, the net is zero", () => {
    const gross = fc.double({ min: 0.001, max: 1e4, noNaN: true });
    const fee = fc.double({ min: 0.01, max: 100, noNaN: true });
    fc.assert(
      fc.property(gross, fee, fee, (grossPct, long, short) => {
        const fees = roundTripFeesPct(long, short);
        const held = smoothBreakevenHours(grossPct, fees) ?? Number.NaN;
        expect(Math.abs(netAprPct(grossPct, fees, held))).toBeLessThan(grossPct * 1e-9);
      }),
    );
  });

  test("a zero yield never pays back fees; zero fees need no time", () => {
    expect(smoothBreakevenHours(0, 0.2)).toBeNull();
    expect(smoothBreakevenHours(-3, 0.2)).toBeNull();
    expect(smoothBreakevenHours(0, 0)).toBe(0);
  });

  test("one rate, stated for intervals of different length, pays back no fees", () => {
    const interval = fc.constantFrom(1, 2, 3, 4, 6, 8, 12, 24);
    // Ten-millionths per hour, as decimals: 0.0001 every 8 h and 0.0003 every 24 h are equal except for the last digit.
    fc.assert(
      fc.property(fc.integer({ min: -20_000, max: 20_000 }), interval, interval, (rate, a, b) => {
        const pctOf = (every: number) => annualizedPct((rate * every) / 1e7, every) ?? Number.NaN;
        expect(smoothBreakevenHours(grossAprPct(pctOf(a), pctOf(b)), 0.2)).toBeNull();
      }),
      { examples: [[125, 24, 8]] },
    );
  });

  test("an opportunity starts at exactly 5 % of the rounded yield", () => {
    const leg = (exchange: string, yearly: number) => ({
      exchange,
      annualizedPct: yearly,
      unitPrice: 1,
    });
    // Yields within a few hundred units in the last place of 5 %.
    const nearly5 = fc.integer({ min: -300, max: 300 }).map((units) => 5 + units * 2 ** -50);
    fc.assert(
      fc.property(fc.oneof(pct, fc.constant(0)), nearly5, (long, yearly) => {
        const gross = grossAprPct(long, long + yearly);
        const found = opportunityPct(leg("okx", long), leg("gate", long + yearly));
        expect(found).toBe(gross >= 5 ? gross : null);
      }),
      { numRuns: 2000 },
    );
  });

  test("an unknown price gives no gap", () => {
    expect(priceGapPct(null, 1)).toBeNull();
    expect(priceGapPct(1, null)).toBeNull();
    expect(priceGapPct(0, 0)).toBeNull();
    expect(priceGapPct(99, 101)).toBeCloseTo(2, 12);
  });
});

describe("settlements while a side is held", () => {
  const periodic = (nextInHours: number | null, intervalHours: number | null, rate = 0.0001) => ({
    accrual: "periodic" as const,
    fundingRate: rate,
    fundingIntervalHours: intervalHours,
    nextFundingAtMs: nextInHours === null ? null : NOON_MS + nextInHours * HOUR_MS,
  });

  test.each([
    // next in, every, held for, settlements
    [4, 8, 24, 3],
    [4, 8, 4, 1],
    [4, 8, 3.999, 0],
    [4, 8, 12, 2],
    [0.5, 1, 24, 24],
    [1, 1, 1, 1],
    [24, 24, 23, 0],
  ])("next in %p h, every %p h, held for %p h: %p settlements", (next, every, held, expected) => {
    const charged = chargedWithin(periodic(next, every), NOON_MS, held);
    expect(charged?.settlements).toBe(expected);
    expect(charged?.paidFraction).toBeCloseTo(expected * 0.0001, 15);
  });

  test("settlements counted one by one all lie in (now, now + held]", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 24 * 60 }),
        fc.constantFrom(1, 2, 4, 8, 24),
        fc.integer({ min: 1, max: 96 * 60 }),
        (nextMinutes, every, heldMinutes) => {
          let expected = 0;
          for (let at = nextMinutes; at <= heldMinutes; at += every * 60) expected += 1;
          const charged = chargedWithin(
            periodic(nextMinutes / 60, every),
            NOON_MS,
            heldMinutes / 60,
          );
          expect(charged?.settlements).toBe(expected);
        },
      ),
    );
  });

  test("continuous funding accrues by time and has no settlements", () => {
    const charging = {
      accrual: "continuous" as const,
      fundingRate: 0.0008,
      fundingIntervalHours: 8,
      nextFundingAtMs: null,
    };
    const charged = chargedWithin(charging, NOON_MS, 2);
    expect(charged?.settlements).toBeNull();
    expect(charged?.paidFraction).toBeCloseTo(0.0002, 15);
  });

  test("without an interval or a next time the number is unknown", () => {
    expect(chargedWithin(periodic(null, 8), NOON_MS, 24)).toBeNull();
    expect(chargedWithin(periodic(4, null), NOON_MS, 24)).toBeNull();
  });
});
