import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { HOUR_MS } from "../../src/domain/funding.ts";
import { type Spell, SpellTable } from "../../src/services/history/kaplan-meier.ts";
import {
  MAX_UNOBSERVED_SHARE,
  persistence,
  PERSISTENCE_DEFAULTS,
  type SeenSpread,
} from "../../src/services/history/persistence.ts";
import { hour } from "../support/past.ts";

/** Spells from age 0: numbers have ended, texts with a plus are censored. */
function spellsOf(...exits: readonly (number | `${number}+`)[]): readonly Spell[] {
  return exits.map((exit) => ({
    entryAge: 0,
    exitAge: Number.parseFloat(String(exit)),
    hasEnded: typeof exit === "number",
  }));
}

describe("the share that lasts", () => {
  // Weeks of remission under 6-MP (Freireich et al., 1963), the example of Klein and Moeschberger, section 4.2.
  const remission = new SpellTable(
    spellsOf(
      6,
      6,
      6,
      "6+",
      7,
      "9+",
      10,
      "10+",
      "11+",
      13,
      16,
      "17+",
      "19+",
      "20+",
      22,
      23,
      "25+",
      "32+",
      "32+",
      "34+",
      "35+",
    ),
  );

  test.each([
    // 18/21; x 16/17; x 14/15; x 11/12; x 10/11; x 6/7; x 5/6.
    [5, 1, 0.6197, 0.9516, 0],
    [6, 0.8571, 0.6197, 0.9516, 3],
    [7, 0.8067, 0.5631, 0.9228, 4],
    [10, 0.7529, 0.5032, 0.8894, 5],
    [13, 0.6902, 0.4316, 0.8491, 6],
    [16, 0.6275, 0.3675, 0.8049, 7],
    [22, 0.5378, 0.2678, 0.7468, 8],
    [23, 0.4482, 0.1881, 0.6801, 9],
    [35, 0.4482, 0.1881, 0.6801, 9],
  ])("of the textbook's example beyond %i weeks", (weeks, share, low, high, ended) => {
    const found = remission.survival(0, weeks);
    expect(found).toMatchObject({ atRisk: 21, ended });
    expect(found.share ?? Number.NaN).toBeCloseTo(share, 4);
    if (share === 1) {
      expect([found.low, found.high]).toEqual([null, null]);
      return;
    }
    expect(found.low ?? Number.NaN).toBeCloseTo(low, 4);
    expect(found.high ?? Number.NaN).toBeCloseTo(high, 4);
  });

  test("is unknown beyond the last observation", () => {
    expect(remission.survival(0, 36)).toMatchObject({ atRisk: 21, share: null, low: null });
    expect(remission.survival(35, 1)).toMatchObject({ atRisk: 0, share: null });
    expect(new SpellTable([]).survival(0, 1)).toMatchObject({ atRisk: 0, ended: 0, share: null });
  });

  test("is zero once the last one has ended", () => {
    expect(new SpellTable(spellsOf(1, 2, 3)).survival(0, 5)).toEqual({
      atRisk: 3,
      ended: 3,
      share: 0,
      low: null,
      high: null,
    });
  });

  test("of those that have reached an age does not depend on those that have not", () => {
    // 13 weeks reached by 11 of 12: 10/11 beyond 16, x 6/7 beyond 22.
    expect(remission.survival(13, 3)).toMatchObject({ atRisk: 11, ended: 1 });
    expect(remission.survival(13, 3).share ?? 0).toBeCloseTo(10 / 11, 12);
    expect(remission.survival(13, 9).share ?? 0).toBeCloseTo((10 / 11) * (6 / 7), 12);
  });

  test("takes what is seen late into account from that age on", () => {
    // By hand: (entry, exit]: (0, 2] ends, (1, 4] ends, (3, 6] ends, (0, 5] censored.
    const table = new SpellTable([
      { entryAge: 0, exitAge: 2, hasEnded: true },
      { entryAge: 1, exitAge: 4, hasEnded: true },
      { entryAge: 3, exitAge: 6, hasEnded: true },
      { entryAge: 0, exitAge: 5, hasEnded: false },
      // Was not observed at all.
      { entryAge: 9, exitAge: 9, hasEnded: true },
    ]);
    // At 2: three at risk, 2/3. At 4: three again, 2/3.
    expect(table.survival(0, 2).share ?? 0).toBeCloseTo(2 / 3, 12);
    expect(table.survival(0, 5).share ?? 0).toBeCloseTo(4 / 9, 12);
    expect(table.survival(0, 2).atRisk).toBe(2);
    expect(table.survival(0, 6).share).toBe(0);
  });

  test("is unknown across an age at which nothing was observed", () => {
    const table = new SpellTable([
      { entryAge: 0, exitAge: 2, hasEnded: false },
      { entryAge: 3, exitAge: 6, hasEnded: true },
    ]);
    expect(table.survival(0, 2).share).toBe(1);
    expect(table.survival(0, 4).share).toBeNull();
    expect(table.survival(3, 2).share).toBe(1);
  });
});

test("without censoring the share is the one that is counted", () => {
  const ages = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 60 });
  fc.assert(
    fc.property(ages, fc.nat(30), fc.integer({ min: 1, max: 30 }), (exits, from, more) => {
      const { share, atRisk, low, high } = new SpellTable(spellsOf(...exits)).survival(from, more);
      const reached = exits.filter((exit) => exit > from);
      const lasted = reached.filter((exit) => exit > from + more);
      expect(atRisk).toBe(reached.length);
      if (reached.length === 0) {
        expect(share).toBeNull();
        return;
      }
      expect(share ?? Number.NaN).toBeCloseTo(lasted.length / reached.length, 12);
      if (low !== null && high !== null && share !== null)
        expect(0 < low && low < share && share < high && high < 1).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test("with censoring and late entries it is the product over all ages, age by age", () => {
  const spells = fc.array(
    fc.record({
      entryAge: fc.constantFrom(0, 0, 0, 1, 2, 5, 10),
      exitAge: fc.integer({ min: 1, max: 20 }),
      hasEnded: fc.boolean(),
    }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(spells, fc.nat(15), fc.integer({ min: 1, max: 10 }), (all, from, more) => {
      const observed = all.filter(({ entryAge, exitAge }) => entryAge < exitAge);
      let product = 1;
      let isKnown = true;
      for (let age = from + 1; age <= from + more && product > 0; age += 1) {
        // Between two whole ages nothing enters or leaves.
        const during = observed.filter((spell) => spell.entryAge < age && spell.exitAge >= age);
        if (during.length === 0) isKnown = false;
        const deaths = during.filter(({ exitAge, hasEnded }) => hasEnded && exitAge === age).length;
        if (during.length > 0) product *= 1 - deaths / during.length;
      }
      const { share } = new SpellTable(all).survival(from, more);
      if (!isKnown && product > 0) expect(share).toBeNull();
      else if (share !== null) expect(share).toBeCloseTo(product, 12);
      // Only what nobody has reached is unknown otherwise.
      else
        expect(observed.some(({ entryAge, exitAge }) => entryAge <= from && exitAge > from)).toBe(
          false,
        );
    }),
    { numRuns: 2000 },
  );
});

/** Open since an hour after midnight until another one. */
function spread(from: number, to: number, changed: Partial<SeenSpread> = {}): SeenSpread {
  return {
    longExchange: "okx",
    shortExchange: "gate",
    firstSeenMs: hour(from),
    lastSeenMs: hour(to),
    endedMs: hour(to),
    peakNetPct: 10,
    unobservedMs: 0,
    ...changed,
  };
}

describe("persistence", () => {
  const query = { ...PERSISTENCE_DEFAULTS, sinceMs: hour(0), minNetPct: 5 };

  test("is stated by age and by pair of exchanges", () => {
    // Lives of 2, 4, 10 and 30 h; the last one is still open. The other pair lasted 2 h twice.
    const other = { longExchange: "bybit" };
    const report = persistence(
      [
        spread(0, 2),
        spread(1, 5),
        spread(2, 12),
        spread(3, 33, { endedMs: null }),
        spread(0, 2, other),
        spread(9, 11, other),
        spread(0, 50, { peakNetPct: 4.9 }),
        spread(0, 50, { peakNetPct: null }),
      ],
      query,
    );
    const row = (rows: typeof report.rows, ageHours: number, horizonHours: number) =>
      rows.find((found) => found.ageHours === ageHours && found.horizonHours === horizonHours);
    expect(report).toMatchObject({ spreads: 6, open: 1, leftOut: 0 });
    // Of six, three lasted longer than 3 h; of those, two lasted 8 h more.
    expect(row(report.rows, 0, 3)).toMatchObject({ atRisk: 6, ended: 3, share: 0.5 });
    expect(row(report.rows, 3, 3)).toMatchObject({ atRisk: 3, ended: 1 });
    expect(row(report.rows, 3, 3)?.share ?? 0).toBeCloseTo(2 / 3, 12);
    // Only the open one is observed at 24 h, up to 30 h.
    expect(row(report.rows, 24, 3)).toMatchObject({ atRisk: 1, share: 1 });
    expect(row(report.rows, 24, 8)?.share).toBeNull();
    expect(
      report.pairs.map(({ longExchange, spreads, open }) => [longExchange, spreads, open]),
    ).toEqual([
      ["okx", 4, 1],
      ["bybit", 2, 0],
    ]);
    expect(row(report.pairs[1]?.rows ?? [], 0, 1)).toMatchObject({ atRisk: 2, share: 1 });
    expect(row(report.pairs[1]?.rows ?? [], 0, 3)).toMatchObject({ ended: 2, share: 0 });
  });

  test("counts a spread from the age that it had when the record starts", () => {
    // Both 20 h old then: nothing is known of spreads that ended younger.
    const old = [spread(-20, 2), spread(-20, 6)];
    const { rows } = persistence(old, query);
    expect(
      rows.find(({ ageHours, horizonHours }) => ageHours === 8 && horizonHours === 3),
    ).toMatchObject({
      atRisk: 0,
      share: null,
    });
    const day = rows.find(({ ageHours, horizonHours }) => ageHours === 24 && horizonHours === 1);
    expect(day).toMatchObject({ atRisk: 1, share: 1 });
    // Ended before the record starts: not observed.
    expect(persistence([spread(-20, -1)], query).rows.every(({ atRisk }) => atRisk === 0)).toBe(
      true,
    );
  });

  test("leaves out what was not observed for a large part of its life", () => {
    const unobservedMs = MAX_UNOBSERVED_SHARE * 10 * HOUR_MS;
    const seen = spread(0, 10, { unobservedMs });
    expect(persistence([seen], query)).toMatchObject({ spreads: 1, leftOut: 0 });
    expect(persistence([{ ...seen, unobservedMs: unobservedMs + 1000 }], query)).toMatchObject({
      spreads: 0,
      leftOut: 1,
      pairs: [],
    });
  });
});
