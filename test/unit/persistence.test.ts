import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { makePairFrame, type PairFrame, yieldStepOf } from "../../src/domain/pair-frame.ts";
import { LifeTable } from "../../src/services/history/kaplan-meier.ts";
import {
  PERSISTENCE_AGES_HOURS,
  PERSISTENCE_DEFAULTS,
  PERSISTENCE_HORIZONS_HOURS,
  PersistenceCount,
  type PersistenceQuery,
  type PersistenceReport,
} from "../../src/services/history/persistence.ts";

/** Observations: numbers have ended, texts with a plus are censored. */
function tableOf(...lives: readonly (number | `${number}+`)[]): LifeTable {
  const table = new LifeTable(40);
  for (const life of lives) table.add(Number.parseFloat(String(life)), typeof life === "number");
  return table;
}

describe("the share that lasts", () => {
  // Weeks of remission under 6-MP (Freireich et al., 1963), the example of Klein and Moeschberger, section 4.2.
  const ended = [6, 6, 6, 7, 10, 13, 16, 22, 23];
  const censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35];
  const remission = tableOf(...ended, ...censored.map((weeks) => `${weeks}+` as const));

  test.each([
    // 18/21; x 16/17; x 14/15; x 11/12; x 10/11; x 6/7; x 5/6.
    [5, 1, null, null, 0],
    [6, 0.8571, 0.6197, 0.9516, 3],
    [7, 0.8067, 0.5631, 0.9228, 4],
    [10, 0.7529, 0.5032, 0.8894, 5],
    [13, 0.6902, 0.4316, 0.8491, 6],
    [16, 0.6275, 0.3675, 0.8049, 7],
    [22, 0.5378, 0.2678, 0.7468, 8],
    [23, 0.4482, 0.1881, 0.6801, 9],
    [35, 0.4482, 0.1881, 0.6801, 9],
  ])("of the textbook's example beyond %i weeks", (weeks, share, low, high, count) => {
    const found = remission.survival(weeks);
    expect(found).toMatchObject({ atRisk: 21, ended: count });
    expect(found.share ?? Number.NaN).toBeCloseTo(share, 4);
    if (low === null || high === null) return expect([found.low, found.high]).toEqual([null, null]);
    expect(found.low ?? Number.NaN).toBeCloseTo(low, 4);
    return expect(found.high ?? Number.NaN).toBeCloseTo(high, 4);
  });

  test("is unknown beyond the last observation, and zero once the last one has ended", () => {
    expect(remission.survival(36)).toMatchObject({ atRisk: 21, share: null, low: null });
    expect(tableOf().survival(1)).toMatchObject({ atRisk: 0, ended: 0, share: null });
    expect(tableOf("0+").survival(1)).toMatchObject({ atRisk: 0, share: null });
    expect(tableOf(1, 2, 3).survival(5)).toMatchObject({ atRisk: 3, ended: 3, share: 0 });
  });

  test("counts what lasts longer than the table as lasting", () => {
    const table = new LifeTable(24);
    for (const hours of [30, 24, 25]) table.add(hours, true);
    expect(table.survival(24)).toMatchObject({ atRisk: 3, ended: 1 });
    expect(table.survival(24).share ?? 0).toBeCloseTo(2 / 3, 12);
  });

  test("is the product over all steps, and without censoring the share that is counted", () => {
    const lives = fc.array(
      fc.record({ steps: fc.integer({ min: 1, max: 20 }), ends: fc.boolean() }),
    );
    fc.assert(
      fc.property(lives, fc.integer({ min: 1, max: 20 }), fc.boolean(), (some, steps, all) => {
        const observed = some.map((one) => ({ ...one, ends: all || one.ends }));
        const table = new LifeTable(20);
        for (const { steps: lasted, ends } of observed) table.add(lasted, ends);
        const { share, low, high } = table.survival(steps);
        let product: number | null = 1;
        for (let step = 1; step <= steps && product !== 0; step += 1) {
          const during = observed.filter((one) => one.steps >= step);
          const ends = during.filter((one) => one.ends && one.steps === step);
          if (during.length === 0) product = null;
          else if (product !== null) product *= 1 - ends.length / during.length;
        }
        if (product === null) return expect(share).toBeNull();
        expect(share ?? Number.NaN).toBeCloseTo(product, 12);
        if (all && observed.length > 0) {
          const lasted = observed.filter((one) => one.steps > steps);
          expect(share ?? Number.NaN).toBeCloseTo(lasted.length / observed.length, 12);
        }
        if (share !== null && low !== null && high !== null)
          expect(0 < low && low < share && share < high && high < 1).toBe(true);
        return undefined;
      }),
      { numRuns: 1000 },
    );
  });
});

const HOUR_S = 3_600;
const START_S = 1_793_620_800;

/** A pair from one hour to another (exclusive), with its gross yield at each of them. */
interface Life {
  readonly long: number;
  readonly short: number;
  readonly from: number;
  readonly to: number;
  readonly pct: number | ((hour: number) => number);
}

function frameOf(hour: number, lives: readonly Life[]): PairFrame {
  const open = lives
    .filter(({ from, to }) => from <= hour && hour < to)
    .toSorted((one, other) => one.long - other.long || one.short - other.short);
  const frame = makePairFrame(START_S + hour * HOUR_S, open.length);
  for (const [index, { long, short, from, pct }] of open.entries()) {
    const grossPct = typeof pct === "number" ? pct : pct(hour);
    frame.longIds[index] = long;
    frame.shortIds[index] = short;
    // Opened a few minutes before the full hour.
    frame.firstSeen[index] = START_S + from * HOUR_S - 300;
    frame.steps[index] = grossPct < 5 ? 0 : yieldStepOf(grossPct);
  }
  return frame;
}

const EXCHANGES = ["okx", "gate", "bybit"];
/** Fees of 0.1 % for a round trip take ten points a year. */
const QUERY: PersistenceQuery = { ...PERSISTENCE_DEFAULTS, minNetPct: 10, holdHours: 87.6 };

function reportOf(
  lives: readonly Life[],
  hours: readonly number[],
  query = QUERY,
): PersistenceReport {
  const count = new PersistenceCount(query, {
    exchangeOf: (id) => EXCHANGES[id % 10] ?? null,
    feesPct: (long) => (long === "bybit" ? null : 0.1),
  });
  for (const hour of hours) count.add(frameOf(hour, lives));
  return count.report();
}

const upTo = (hours: number) => Array.from({ length: hours }, (_, hour) => hour);

function rowAt({ rows }: Pick<PersistenceReport, "rows">, ageHours: number, horizonHours: number) {
  return rows.find((row) => row.ageHours === ageHours && row.horizonHours === horizonHours);
}

describe("persistence", () => {
  const life = { long: 10, short: 21, from: 1, to: 3, pct: 30 };

  test("is stated by age, horizon and pair of exchanges, over full hours", () => {
    const lives = [
      life,
      { ...life, long: 20, to: 5 },
      { ...life, long: 30, to: 11 },
      // Still open at the end.
      { ...life, long: 40, to: 99 },
      { ...life, long: 41, short: 30, to: 3 },
    ];
    const report = reportOf(lives, upTo(30));
    expect(report).toMatchObject({ hours: 30, fromS: START_S, toS: START_S + 29 * HOUR_S });
    expect(rowAt(report, 0, 1)).toMatchObject({ atRisk: 5, ended: 0, share: 1 });
    // Two ended after 2 h; one after 4 h; one after 10 h.
    expect(rowAt(report, 0, 3)).toMatchObject({ atRisk: 5, ended: 2 });
    expect(rowAt(report, 0, 8)?.share ?? 0).toBeCloseTo(2 / 5, 12);
    // At the age of 3 h three were there: one ended 1 h later, one 7 h later.
    expect(rowAt(report, 3, 1)).toMatchObject({ atRisk: 3, ended: 1 });
    expect(rowAt(report, 3, 8)?.share ?? 0).toBeCloseTo(1 / 3, 12);
    expect(rowAt(report, 24, 3)).toMatchObject({ atRisk: 1, ended: 0, share: 1 });
    expect(rowAt(report, 24, 8)?.share).toBeNull();
    expect(report.pairs.map((pair) => [pair.longExchange, pair.shortExchange])).toEqual([
      ["okx", "gate"],
      ["gate", "okx"],
    ]);
    expect(rowAt(report.pairs[1] ?? report, 0, 3)).toMatchObject({ atRisk: 1, share: 0 });
  });

  test("selects by the net yield at the moment of sight, whatever came later", () => {
    // 20 % gross are 10 % net; yields are known in steps of 9 %.
    const rising = { ...life, to: 9, pct: (hour: number) => (hour < 4 ? 12 : 200) };
    const falling = { ...life, long: 20, to: 9, pct: (hour: number) => (hour < 2 ? 60 : 6) };
    const report = reportOf([rising, falling], upTo(12));
    expect(rowAt(report, 0, 1)?.atRisk).toBe(1);
    expect(rowAt(report, 1, 1)?.atRisk).toBe(0);
    expect(rowAt(report, 3, 1)?.atRisk).toBe(1);
    expect(reportOf([rising, falling], upTo(12), { ...QUERY, minNetPct: 40 }).spreads).toBe(2);
    expect(reportOf([rising, falling], upTo(12), { ...QUERY, minNetPct: 400 }).spreads).toBe(0);
  });

  test("knows no end of what was open before an interruption, nor across it", () => {
    const hours = [0, 1, 2, 3, 7, 8, 9];
    const report = reportOf(
      [
        { ...life, to: 5 },
        { ...life, long: 20, to: 99 },
      ],
      hours,
    );
    // Both were seen from hour 1 to hour 3.
    expect(rowAt(report, 0, 1)).toMatchObject({ atRisk: 2, ended: 0, share: 1 });
    expect(rowAt(report, 0, 3)).toMatchObject({ ended: 0, share: null });
    expect(report.open).toBe(report.spreads);
  });

  test("counts a pair that came back as another spread", () => {
    const again = [life, { ...life, from: 3, to: 4 }];
    const report = reportOf(again, upTo(8));
    expect(rowAt(report, 0, 1)).toMatchObject({ atRisk: 2, ended: 1 });
  });

  test("leaves out pairs without known exchanges or fees", () => {
    const lives = [
      { ...life, long: 19 },
      { ...life, long: 12 },
    ];
    expect(reportOf(lives, upTo(6))).toMatchObject({ spreads: 0, pairs: [] });
    expect(reportOf([], []).fromS).toBeNull();
  });

  test("agrees with counting each spread by itself", () => {
    const lives = fc.array(
      fc.record({
        from: fc.nat(40),
        length: fc.integer({ min: 1, max: 60 }),
        pct: fc.constantFrom(6, 15, 60),
      }),
      { maxLength: 12 },
    );
    const missing = fc.uniqueArray(fc.nat(59), { maxLength: 3 });
    fc.assert(
      fc.property(lives, missing, (some, gone) => {
        const hours = upTo(60).filter((hour) => !gone.includes(hour));
        const all = some.map(({ from, length, pct }, index) => ({
          long: 10 * (index + 1),
          short: 1,
          from,
          to: from + length,
          pct,
        }));
        const report = reportOf(all, hours);
        for (const ageHours of PERSISTENCE_AGES_HOURS) {
          const table = new LifeTable(Math.max(...PERSISTENCE_HORIZONS_HOURS));
          for (const { from, to, pct } of all) {
            const seenAt = from + ageHours;
            if (pct < 20 || seenAt >= to || !hours.includes(seenAt)) continue;
            let last = seenAt;
            while (hours.includes(last + 1) && last + 1 < to) last += 1;
            const hasEnded = hours.includes(last + 1);
            table.add(hasEnded ? last + 1 - seenAt : last - seenAt, hasEnded);
          }
          for (const horizonHours of PERSISTENCE_HORIZONS_HOURS)
            expect(rowAt(report, ageHours, horizonHours)).toEqual({
              ageHours,
              horizonHours,
              ...table.survival(horizonHours),
            });
        }
      }),
      { numRuns: 300 },
    );
  });
});
