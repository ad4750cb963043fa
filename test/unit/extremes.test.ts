import { describe, expect, test } from "bun:test";
import { atOnce } from "../../src/lib/stepwise.ts";
import fc from "fast-check";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import { BLOCKING_FLAGS, flagBit, FLAGS, isBlocked } from "../../src/domain/flags.ts";
import type { BoardRow } from "../../src/domain/market.ts";
import {
  type Extreme,
  EXTREME_PERIODS,
  EXTREME_SIDES,
  type ExtremesQuery,
  findExtremes,
} from "../../src/services/finder/extremes.ts";
import { NO_FILTER } from "../../src/services/finder/funding-query.ts";
import { rowOf, snapshotOf } from "../support/board.ts";

const ALL: ExtremesQuery = { rows: NO_FILTER, side: "both", per: "year", limitPerSide: 1_000 };

function extremes(rows: readonly BoardRow[], query: Partial<ExtremesQuery> = {}) {
  return atOnce(findExtremes(snapshotOf("1-1", rows), { ...ALL, ...query }));
}

const uidOf = ({ row }: Extreme): string => row.record.uid;
const named = (found: readonly Extreme[]): string[] =>
  found.map(({ end, rank, row }) => `${end} ${rank} ${row.record.exchange}`);

/** In percent per year: 87.6, 54.75, 43.8, 0, -10.95 and -109.5. */
const ROWS: readonly BoardRow[] = [
  rowOf("okx", "A", { fundingRate: 0.0005, fundingIntervalHours: 8 }),
  rowOf("kraken", "B", { fundingRate: 0.0001, fundingIntervalHours: 1 }),
  rowOf("gate", "C", { fundingRate: 0.0002, fundingIntervalHours: 4 }),
  rowOf("bybit", "D", { fundingRate: 0, fundingIntervalHours: 8 }),
  rowOf("binance", "E", { fundingRate: -0.0003, fundingIntervalHours: 24 }),
  rowOf("bitget", "F", { fundingRate: -0.0005, fundingIntervalHours: 4 }),
];

describe("extremes", () => {
  test("are ranked by yearly rate, whatever the interval: 0.01 % per hour is above 0.05 % per 8 hours", () => {
    const found = extremes(ROWS);
    expect(named(found)).toEqual([
      "most_positive 1 kraken",
      "most_positive 2 okx",
      "most_positive 3 gate",
      "most_negative 1 bitget",
      "most_negative 2 binance",
    ]);
    const values = [87.6, 54.75, 43.8, -109.5, -10.95];
    for (const [index, value] of values.entries())
      expect(found[index]?.valuePct).toBeCloseTo(value, 9);
  });

  test("per hour are the same rows, with the hourly rate", () => {
    const found = extremes(ROWS, { per: "hour" });
    expect(named(found)).toEqual(named(extremes(ROWS)));
    const values = [0.01, 0.00625, 0.005, -0.0125, -0.00125];
    for (const [index, value] of values.entries())
      expect(found[index]?.valuePct).toBeCloseTo(value, 12);
  });

  test.each([...BLOCKING_FLAGS])("a row is excluded when it is %s", (flag) => {
    const rows = ROWS.map((row) =>
      row.record.exchange === "kraken" ? { ...row, flags: flagBit(flag) } : row,
    );
    expect(named(extremes(rows, { side: "positive", limitPerSide: 1 }))).toEqual([
      "most_positive 1 okx",
    ]);
  });

  test("a row at its cap is included: nothing can be more extreme", () => {
    const rows = ROWS.map((row) => ({ ...row, flags: flagBit("pinned_cap") }));
    expect(named(extremes(rows))).toEqual(named(extremes(ROWS)));
  });

  test("equal rates are ordered by exchange, then exchange_symbol", () => {
    const rows = [
      rowOf("okx", "B"),
      rowOf("okx", "A"),
      rowOf("gate", "Z"),
      rowOf("okx", "N", { fundingRate: -0.0001 }),
      rowOf("gate", "N", { fundingRate: -0.0001 }),
    ];
    expect(extremes(rows).map(uidOf)).toEqual([
      "gate:ZUSDT:1",
      "okx:AUSDT:1",
      "okx:BUSDT:1",
      "gate:NUSDT:1",
      "okx:NUSDT:1",
    ]);
  });
});

const ROW = fc
  .record({
    exchange: fc.constantFrom(...EXCHANGE_IDS.slice(0, 5)),
    base: fc.constantFrom("A", "B", "C", "D"),
    rate: fc.integer({ min: -900, max: 900 }),
    interval: fc.constantFrom(1, 2, 4, 8, 24),
    flag: fc.option(fc.constantFrom(...FLAGS)),
  })
  .map(({ exchange, base, rate, interval, flag }) =>
    rowOf(
      exchange,
      base,
      { fundingRate: rate * 1e-5, fundingIntervalHours: interval },
      flag === null ? 0 : flagBit(flag),
    ),
  );
const MARKET = fc.uniqueArray(ROW, { maxLength: 20, selector: ({ record }) => record.uid });

test("in generated markets each end holds the outermost trusted rows of its sign, ranked from 1", () => {
  const query = fc.record({
    side: fc.constantFrom(...EXTREME_SIDES),
    per: fc.constantFrom(...EXTREME_PERIODS),
    limitPerSide: fc.integer({ min: 1, max: 6 }),
  });
  fc.assert(
    fc.property(MARKET, query, (rows, options) => {
      const found = extremes(rows, options);
      for (const sign of [1, -1]) {
        const end = found.filter(({ valuePct }) => valuePct * sign > 0);
        const able = rows.filter(
          ({ record, flags }) => !isBlocked(flags) && record.fundingRate * sign > 0,
        );
        const wanted = options.side === "both" || (options.side === "positive") === (sign === 1);
        expect(end).toHaveLength(wanted ? Math.min(able.length, options.limitPerSide) : 0);
        expect(end.map(({ rank }) => rank)).toEqual(end.map((_, index) => index + 1));
        const values = end.map(({ valuePct }) => valuePct * sign);
        expect(values).toEqual(values.toSorted((left, right) => right - left));
        const shown = new Set(end.map(uidOf));
        const perHour = ({ record }: BoardRow): number =>
          (record.fundingRate * sign) / (record.fundingIntervalHours ?? Number.NaN);
        const lowest = Math.min(...end.map(({ row }) => perHour(row)));
        for (const row of wanted ? able : []) {
          if (!shown.has(row.record.uid))
            expect(perHour(row)).toBeLessThanOrEqual(lowest * 1.000001);
        }
      }
    }),
  );
});
