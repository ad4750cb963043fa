import fc from "fast-check";
import { type Charging, roundTripFeesPct } from "../../src/domain/arbitrage.ts";
import { HOUR_MS } from "../../src/domain/funding.ts";
import { NOON_MS } from "./quote.ts";

/** Legs of pairs held from noon on, for arithmetic. */

/** One that settles: a fraction every so many hours, next in so many. */
export function leg(rate: number, everyHours: number, nextInHours: number): Charging {
  return {
    accrual: "periodic",
    fundingRate: rate,
    fundingIntervalHours: everyHours,
    nextFundingAtMs: NOON_MS + nextInHours * HOUR_MS,
  };
}

/** One that accrues: a fraction in so many hours. */
export function accruing(rate: number, everyHours: number): Charging {
  return {
    accrual: "continuous",
    fundingRate: rate,
    fundingIntervalHours: everyHours,
    nextFundingAtMs: null,
  };
}

/** One leg: basis points per interval, the interval, minutes to the next settlement, or none if it accrues. */
export const anyLeg = fc
  .record({
    bps: fc.oneof(fc.integer({ min: -60, max: 60 }), fc.constantFrom(0, 1, -1, 200, -200)),
    every: fc.constantFrom(1, 2, 4, 8, 24),
    nextMinutes: fc.integer({ min: 1, max: 24 * 60 }),
    accrues: fc.constantFrom(true, false, false),
  })
  .map(({ bps, every, nextMinutes, accrues }) =>
    accrues
      ? accruing(bps / 10_000, every)
      : leg(bps / 10_000, every, (((nextMinutes - 1) % (every * 60)) + 1) / 60),
  );

/** Four fills, percent. */
export const anyFees = fc
  .constantFrom([0, 0.5], [0.9, 4.5], [5, 5], [8, 11], [30, 30], [500, 0])
  .map(([long = 0, short = 0]) => roundTripFeesPct(long, short));
