import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { HOUR_MS } from "../../src/domain/funding.ts";
import { quantileOfSorted } from "../../src/domain/statistics.ts";
import { chargesOf } from "../../src/domain/charges.ts";
import {
  FORECAST_TOLERANCE_MS,
  ForecastErrors,
  type ForecastSample,
  MAX_KEPT_DIFFERENCES,
} from "../../src/services/history/forecast-error.ts";
import { hour, settledEvery } from "../support/past.ts";

const SECOND = 1 / 3600;

/** A live rate at hours after midnight. */
function live(at: number, rate: number, changed: Partial<ForecastSample> = {}): ForecastSample {
  return { atMs: hour(at), rate, intervalHours: null, nextFundingAtMs: null, ...changed };
}

/** 8 h settlements of 0.0001 from 8 h on. */
const EIGHT_HOURLY = chargesOf({
  kind: "settlements",
  settlements: settledEvery(8, 0, 32, "0.0001"),
});

function errorsOf(samples: readonly ForecastSample[], charges = EIGHT_HOURLY) {
  const errors = new ForecastErrors();
  errors.add("okx", charges, samples);
  return errors.rows();
}

describe("the error of live rates", () => {
  test("is live minus charged, by horizon", () => {
    // Of the slots at 8, 16, 24 and 32 h: 1 h before 0.0002, 0.0003, 0.0000 and 0.0001; 4 h before only once, 0.0005.
    const samples = [
      live(4, 0.0005),
      live(7, 0.0002),
      live(15, 0.0003),
      live(23, 0),
      live(31, 0.0001),
    ];
    // Differences of 0.01, 0.02, -0.01 and 0 %: sorted -0.01, 0, 0.01, 0.02; places 0.3, 1.5 and 2.7.
    expect(errorsOf(samples)).toEqual([
      {
        exchange: "okx",
        intervalHours: 8,
        horizonHours: 1,
        count: 4,
        biasPct: 0.005,
        p10Pct: -0.007,
        p50Pct: 0.005,
        p90Pct: 0.017,
      },
      {
        exchange: "okx",
        intervalHours: 8,
        horizonHours: 4,
        count: 1,
        biasPct: 0.04,
        p10Pct: 0.04,
        p50Pct: 0.04,
        p90Pct: 0.04,
      },
    ]);
  });

  test("takes the last sample at or before the moment, if it is recent", () => {
    const toleranceHours = FORECAST_TOLERANCE_MS / HOUR_MS;
    expect(errorsOf([live(7 - toleranceHours, 0.0003), live(7 + SECOND, 9)])).toMatchObject([
      { horizonHours: 1, count: 1, biasPct: 0.02 },
    ]);
    expect(errorsOf([live(7 - toleranceHours - SECOND, 0.0003)])).toEqual([]);
    expect(errorsOf([live(6.95, 9), live(7, 0.0002), live(7 + SECOND, 9)])).toMatchObject([
      { count: 1, biasPct: 0.01 },
    ]);
  });

  test("counts no rate that was published for another settlement", () => {
    const hourly = chargesOf({ kind: "settlements", settlements: settledEvery(1, 0, 6, "0.0001") });
    // An hour before a slot the coming settlement is the one before.
    expect(errorsOf([live(2, 0.0002), live(3, 0.0002)], hourly)).toEqual([]);
    expect(errorsOf([live(7, 0.0002, { nextFundingAtMs: hour(8) + 3000 })])).toHaveLength(1);
    expect(errorsOf([live(7, 0.0002, { nextFundingAtMs: hour(12) })])).toEqual([]);
    expect(errorsOf([live(7, 0.0002, { intervalHours: 4 })])).toEqual([]);
  });

  test("does not compare estimates with themselves", () => {
    const estimated = EIGHT_HOURLY.map((charge) => ({ ...charge, origin: "estimated" as const }));
    expect(errorsOf([live(7, 0.0002)], estimated)).toEqual([]);
    const own = EIGHT_HOURLY.map((charge) => ({ ...charge, origin: "row" as const }));
    expect(errorsOf([live(7, 0.0002)], own)).toHaveLength(1);
  });

  test("joins the instruments of one exchange and interval, and no others", () => {
    const errors = new ForecastErrors();
    const fourHourly = chargesOf({
      kind: "settlements",
      settlements: settledEvery(4, 0, 16, "0.0001"),
    });
    for (const [exchange, charges] of [
      ["okx", EIGHT_HOURLY],
      ["okx", EIGHT_HOURLY],
      ["gate", EIGHT_HOURLY],
      ["gate", fourHourly],
    ] as const)
      errors.add(exchange, charges, [live(7, 0.0002)]);
    expect(
      errors.rows().map(({ exchange, intervalHours, count }) => [exchange, intervalHours, count]),
    ).toEqual([
      ["gate", 4, 1],
      ["gate", 8, 1],
      ["okx", 8, 2],
    ]);
  });

  test("of many settlements is bounded in memory, and close", () => {
    const count = 5 * MAX_KEPT_DIFFERENCES;
    const charges = chargesOf({
      kind: "settlements",
      settlements: settledEvery(8, 0, 8 * count, "0"),
    });
    const samples = charges.map(({ slotMs }, nth) => ({
      ...live(0, nth / count),
      atMs: slotMs - HOUR_MS,
    }));
    const [row] = errorsOf(samples, charges);
    expect(row?.count).toBe(count);
    expect(row?.biasPct ?? 0).toBeCloseTo(50, 1);
    expect(row?.p10Pct ?? 0).toBeCloseTo(10, 1);
    expect(row?.p90Pct ?? 0).toBeCloseTo(90, 1);
  });
});

test("a quantile lies between its neighbours, like that of a sorted list", () => {
  expect(quantileOfSorted([], 0.5)).toBeNull();
  expect(quantileOfSorted([7], 0.9)).toBe(7);
  // R: quantile(c(1, 2, 4, 8), c(0, 0.1, 0.5, 0.9, 1)).
  expect([0, 0.1, 0.5, 0.9, 1].map((share) => quantileOfSorted([1, 2, 4, 8], share))).toEqual([
    1, 1.3, 3, 6.800_000_000_000_001, 8,
  ]);
  fc.assert(
    fc.property(
      fc.array(fc.integer(), { minLength: 1 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, share) => {
        const sorted = values.toSorted((left, right) => left - right);
        const found = quantileOfSorted(sorted, share) ?? Number.NaN;
        const place = (sorted.length - 1) * share;
        expect(found).toBeGreaterThanOrEqual(sorted[Math.floor(place)] ?? 0);
        expect(found).toBeLessThanOrEqual(sorted[Math.ceil(place)] ?? 0);
      },
    ),
  );
});
