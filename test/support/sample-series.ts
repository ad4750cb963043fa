import fc from "fast-check";
import {
  ColumnsBuilder,
  MARKET_FIELDS,
  type SampleColumns,
} from "../../src/db/history/codec/columns.ts";
import type { RefreshColumns } from "../../src/db/history/codec/refresh.ts";
import { roundedAmount, roundedRate } from "../../src/domain/sample.ts";

const START_S = 1_793_620_800;

/** Seconds between two refreshes: mostly a minute, sometimes a gap. */
const distances = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(59, 60, 60, 60, 61) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 100_000 }) },
);

/** Rates of every size: steady ones, jumps, both signs, and far beyond any exchange. */
export const rates = fc
  .oneof(
    { weight: 4, arbitrary: fc.constantFrom(0.0001, 0, -0, 0.000_05, -0.000_1) },
    { weight: 4, arbitrary: fc.double({ min: -0.01, max: 0.01, noNaN: true }) },
    { weight: 1, arbitrary: fc.double({ min: -1, max: 1, noNaN: true }) },
    { weight: 1, arbitrary: fc.constantFrom(1, -1, 1e-10, -1e-10, 99_999, -99_999) },
  )
  .map(roundedRate);

const rounded = (amount: number): number => roundedAmount(amount) ?? Number.NaN;

/** Amounts of every size; NaN means null. */
export const amounts = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: 90, max: 110, noNaN: true }).map(rounded) },
  { weight: 2, arbitrary: fc.constant(Number.NaN) },
  { weight: 1, arbitrary: fc.double({ min: 0, max: 1e12, noNaN: true }).map(rounded) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1e-18, 1e-300, 1e300, -5, 123_456.789_012_345) },
  { weight: 1, arbitrary: fc.double({ noNaN: true }) },
);

const intervals = fc.constantFrom(8, 8, 8, 8, 4, 1, 0.5, Number.NaN);

const samples = fc.record({
  distance: distances,
  rate: rates,
  interval: intervals,
  next: fc.oneof(
    { weight: 6, arbitrary: fc.constant(28_800) },
    { weight: 1, arbitrary: fc.integer({ min: -100_000, max: 100_000_000 }) },
    { weight: 1, arbitrary: fc.constant(Number.NaN) },
  ),
  market: fc.option(fc.tuple(amounts, amounts, amounts, amounts), { freq: 2 }),
  isPresent: fc.constantFrom(true, true, true, true, false),
});

/** Columns with gaps, jumps, nulls and changes, and an axis that has their times and others. */
export const seriesOnAxis: fc.Arbitrary<{ axis: Float64Array; columns: SampleColumns }> = fc
  .array(samples, { maxLength: 60 })
  .map((list) => {
    const builder = new ColumnsBuilder();
    let at = START_S;
    const axis = list.map(({ distance, rate, interval, next, market, isPresent }) => {
      at += distance;
      if (isPresent) {
        builder.add(at, rate, interval, START_S + next);
        if (market !== null) builder.addMarket(market);
      }
      return at;
    });
    return { axis: Float64Array.from(axis), columns: builder.columns() };
  });

/** Refreshes of one exchange, one after the other, with series that come and go. */
export const refreshes: fc.Arbitrary<readonly RefreshColumns[]> = fc
  .array(fc.array(samples, { minLength: 5, maxLength: 5 }), { minLength: 1, maxLength: 8 })
  .map((list) =>
    list.map((rows, n) => {
      const present = rows.flatMap((row, index) =>
        row.isPresent ? [{ ...row, id: 3 * index + 1 }] : [],
      );
      const withMarket = present.flatMap(({ market }, index) =>
        market === null ? [] : [{ index, market }],
      );
      const [markPrices, indexPrices, openInterestUsd, volume24hUsd] = MARKET_FIELDS.map(
        (_, field) => Float64Array.from(withMarket, ({ market }) => market[field] ?? Number.NaN),
      );
      const none = new Float64Array();
      return {
        at: START_S + 60 * n,
        ids: Uint32Array.from(present, ({ id }) => id),
        rates: Float64Array.from(present, ({ rate }) => rate),
        intervals: Float64Array.from(present, ({ interval }) => interval),
        nextTimes: Float64Array.from(present, ({ next }) => START_S + next),
        market: {
          at: Uint32Array.from(withMarket, ({ index }) => index),
          markPrices: markPrices ?? none,
          indexPrices: indexPrices ?? none,
          openInterestUsd: openInterestUsd ?? none,
          volume24hUsd: volume24hUsd ?? none,
        },
      };
    }),
  );
