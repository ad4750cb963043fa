import { describe, expect, test } from "bun:test";
import { BACKTEST_DEFAULTS } from "../../src/services/history/backtest-query.ts";
import { backtest } from "../../src/services/history/backtest.ts";
import type { InstrumentPast } from "../../src/services/history/charges.ts";
import { backtestLeg, backtestOf, sampleAt } from "../support/backtest-legs.ts";
import { accruedAt, hour, pastOf, settledAt, settledEvery, settledPast } from "../support/past.ts";

const SECOND = 1 / 3600;
const NEVER_PAYS = backtestLeg(
  "flat",
  settledPast(settledEvery(8, -48, 48, "0"), { listedAtMs: hour(-48) }),
);

/** All expected amounts: rate x 10,000 dollars, computed by hand. */
describe("a backtest by hand", () => {
  const hourly = backtestLeg("hourly", settledPast(settledEvery(1, 0, 24, "0.00001")));
  const eightHourly = backtestLeg("eight", settledPast(settledEvery(8, 0, 24, "0.0002")));

  test("of a 1 h leg against an 8 h leg", () => {
    const result = backtestOf({ ...hourly, feeBps: 4 }, { ...eightHourly, feeBps: 6 }, 0, 24);
    // The long pays 24 x 0.10 = 2.40, the short receives 3 x 2.00 = 6.00. Fees: two fills of 4.00 and two of 6.00.
    expect(result).toMatchObject({
      heldHours: 24,
      grossUsd: 3.6,
      feesUsd: 20,
      netUsd: -16.4,
      // -0.164 % of the notional in a day, x 365.
      netAprPct: -59.86,
      // 8, 16 and 24 h of 24 payments.
      positiveShare: 0.125,
      // -10.00 for the entry, +3.60, -10.00 for the exit.
      worst: { usd: -16.4, atMs: hour(24) },
      maxDrawdown: { usd: 16.4, peakAtMs: hour(0), troughAtMs: hour(24) },
      lacking: [],
    });
    expect(result.trades).toMatchObject([
      {
        entryReason: "from",
        exitReason: "to",
        longUsd: -2.4,
        shortUsd: 6,
        fundingUsd: 3.6,
        netUsd: -16.4,
      },
    ]);
    // 7 h: -10.00 - 0.70; 8 h: -0.10 + 2.00.
    expect(result.curve.slice(7, 9)).toEqual([
      {
        atMs: hour(7),
        kind: "settlement",
        longUsd: -0.1,
        shortUsd: null,
        equityUsd: -10.7,
        isProRata: false,
      },
      {
        atMs: hour(8),
        kind: "settlement",
        longUsd: -0.1,
        shortUsd: 2,
        equityUsd: -8.8,
        isProRata: false,
      },
    ]);
    expect(result.curve).toHaveLength(26);
  });

  test("without fees is worst right before the short receives", () => {
    // -0.70 at 7 h, 1.20 at 8 h, 0.50 at 15 h, which is as deep a fall, but a later one.
    expect(backtestOf(hourly, eightHourly, 0, 24)).toMatchObject({
      netUsd: 3.6,
      worst: { usd: -0.7, atMs: hour(7) },
      maxDrawdown: { usd: 0.7, peakAtMs: hour(0), troughAtMs: hour(7) },
    });
  });

  test("with a change of the interval in the middle", () => {
    // 4.00 at 8 and 16 h, then 1.50 every 4 h: 20, 24, 28 and 32 h. The long pays 1.00 at 8, 16, 24 and 32 h.
    const short = settledPast(
      [...settledEvery(8, -48, 16, "0.0004"), ...settledEvery(4, 16, 40, "0.00015")],
      { listedAtMs: hour(-48) },
    );
    const long = settledPast(settledEvery(8, 0, 40, "0.0001"));
    const result = backtestOf(backtestLeg("long", long), backtestLeg("short", short), 0, 32);
    expect(result).toMatchObject({ grossUsd: 10, lacking: [] });
    expect(result.trades).toMatchObject([{ longUsd: -4, shortUsd: 14 }]);
    expect(result.curve.map(({ equityUsd }) => equityUsd)).toEqual([0, 3, 6, 7.5, 8, 9.5, 10, 10]);
  });

  test.each([
    // Settlements of 1.00 at 8, 16 and 24 h: entry < slot <= exit.
    ["one second before", 8 - SECOND, 16 - SECOND, 1],
    ["one second before to the slot", 8 - SECOND, 16, 2],
    ["at the slot", 8, 16, 1],
    ["at the slot to one second before", 8, 16 - SECOND, 0],
    ["one second after", 8 + SECOND, 16 + SECOND, 1],
    ["between two slots", 8 + SECOND, 16 - SECOND, 0],
  ])("entered %s", (_, from, to, usd) => {
    const short = backtestLeg("short", settledPast(settledEvery(8, 0, 24, "0.0001")));
    expect(backtestOf(NEVER_PAYS, short, from, to).grossUsd).toBe(usd);
  });

  test("of a continuous leg, whose first and last hours count in part", () => {
    // 00:30 to 02:15: a half of 0.10, all of 0.20, a quarter of 0.40: 0.05 + 0.20 + 0.10.
    const hours = accruedAt([1, "0.00001"], [2, "0.00002"], [3, "0.00004"]);
    const long = backtestLeg("continuous", pastOf({ kind: "accruals", hours }));
    const result = backtestOf(long, NEVER_PAYS, 0.5, 2.25);
    expect(result).toMatchObject({ grossUsd: -0.35, lacking: [] });
    expect(result.curve.slice(1, -1)).toEqual(
      (
        [
          [1, -0.05, -0.05, true],
          [2, -0.2, -0.25, false],
          [2.25, -0.1, -0.35, true],
        ] as const
      ).map(([at, longUsd, equityUsd, isProRata]) => ({
        atMs: hour(at),
        kind: "accrual",
        longUsd,
        shortUsd: null,
        equityUsd,
        isProRata,
      })),
    );
    // Within one hour: 20 minutes of 0.40.
    expect(backtestOf(long, NEVER_PAYS, 2 + 1 / 4, 2 + 7 / 12).grossUsd).toBe(-0.133333333333333);
  });

  test("of a continuous leg against a settlement at the same time is worst in between", () => {
    // The long accrues -0.40 until 8 h, then the short receives 1.00.
    const hours = Array.from({ length: 8 }, (_, nth) => [nth + 1, "0.000005"] as const);
    const long = backtestLeg(
      "continuous",
      pastOf({ kind: "accruals", hours: accruedAt(...hours) }),
    );
    const short = backtestLeg("short", settledPast(settledEvery(8, 0, 24, "0.0001")));
    expect(backtestOf(long, short, 0, 8)).toMatchObject({
      netUsd: 0.6,
      worst: { usd: -0.4, atMs: hour(8) },
    });
  });

  test("closes the position at a delisting", () => {
    // The short is delisted at 20 h: 1.00 at 8 and 16 h; the long pays 0.50 at both, and not at 24 h.
    const short = settledPast(settledEvery(8, 0, 16, "0.0001"), { endedAtMs: hour(20) });
    const long = settledPast(settledEvery(8, 0, 48, "0.00005"));
    const result = backtestOf(backtestLeg("long", long), backtestLeg("short", short), 0, 48);
    expect(result).toMatchObject({ grossUsd: 1, heldHours: 20, lacking: [] });
    expect(result.trades).toMatchObject([{ exitMs: hour(20), exitReason: "delisting" }]);
  });

  test("closes it now if the range ends later", () => {
    const short = backtestLeg("short", settledPast(settledEvery(8, 0, 16, "0.0001")));
    const query = { ...BACKTEST_DEFAULTS, fromMs: hour(0), toMs: hour(100) };
    expect(backtest(NEVER_PAYS, short, query, hour(20))).toMatchObject({
      grossUsd: 2,
      trades: [{ exitMs: hour(20), exitReason: "now" }],
    });
  });

  test("opens it at a listing, and not at all outside of both listings", () => {
    const late = settledPast(settledEvery(8, 16, 48, "0.0001"), { listedAtMs: hour(17) });
    const result = backtestOf(NEVER_PAYS, backtestLeg("late", late), 0, 32);
    expect(result.trades).toMatchObject([
      { entryMs: hour(17), entryReason: "listing", fundingUsd: 2 },
    ]);
    expect(backtestOf(NEVER_PAYS, backtestLeg("late", late), 0, 10)).toMatchObject({
      trades: [],
      heldHours: 0,
      netUsd: 0,
      netAprPct: null,
      worst: null,
      maxDrawdown: null,
      positiveShare: null,
    });
  });

  test("opens it at the first payment that is known if the listing is not", () => {
    // 24 h is the entry, so 32 and 40 h are charged.
    const late = settledPast(settledEvery(8, 16, 48, "0.0001"), {
      listedAtMs: null,
      backfill: {
        readFromMs: hour(24),
        readToMs: hour(100),
        isComplete: true,
        availableFromMs: null,
        failuresInRow: 0,
        attemptedAtMs: null,
      },
    });
    const leg = backtestLeg("late", late);
    expect(backtestOf(NEVER_PAYS, leg, 0, 40)).toMatchObject({
      grossUsd: 2,
      trades: [{ entryMs: hour(24), entryReason: "first_known" }],
    });
    // While older ones may still be read, there are gaps.
    const reading = {
      ...late,
      backfill: {
        readFromMs: hour(24),
        readToMs: hour(100),
        isComplete: false,
        availableFromMs: null,
        failuresInRow: 0,
        attemptedAtMs: null,
      },
    };
    expect(() => backtestOf(NEVER_PAYS, { ...leg, past: reading }, 0, 40)).toThrow(
      "being_backfilled",
    );
  });

  test("of a reused ticker takes one of the two instruments", () => {
    // The old one receives 1.00 at 8 and 16 h and ends; the new one, from 24 h on, pays 3.00 every 4 h.
    const old = settledPast(settledEvery(8, 0, 16, "0.0001"), { endedAtMs: hour(17) });
    const renewed = settledPast(settledEvery(4, 24, 48, "-0.0003"), { listedAtMs: hour(24) });
    const first = backtestOf(NEVER_PAYS, backtestLeg("x-1", old), 0, 40);
    expect(first).toMatchObject({
      grossUsd: 2,
      trades: [{ exitMs: hour(17), exitReason: "delisting" }],
    });
    // 28, 32, 36 and 40 h.
    const second = backtestOf(NEVER_PAYS, backtestLeg("x-2", renewed), 0, 40);
    expect(second).toMatchObject({
      grossUsd: -12,
      trades: [{ entryMs: hour(24), entryReason: "listing" }],
    });
  });

  test("marks what the last interval had earned so far, and adds it nowhere", () => {
    // 3 of 8 hours of a live rate of 0.0008: 3.00 to the short, and 3 of 8 of 0.0004 from the long.
    const live = { intervalHours: 8 };
    const short = backtestLeg("short", settledPast(settledEvery(8, 0, 16, "0.0001")), {
      samples: [sampleAt(18.99, { ...live, rate: 0.0008 })],
    });
    const long = backtestLeg("long", settledPast(settledEvery(8, 0, 16, "0.0001")), {
      samples: [sampleAt(19, { ...live, rate: 0.0004 })],
    });
    const result = backtestOf(long, short, 0, 19);
    expect(result).toMatchObject({ grossUsd: 0, netUsd: 0 });
    expect(result.trades[0]?.unfinished).toEqual([
      { side: "long", sinceMs: hour(16), untilMs: hour(19), usd: -1.5 },
      { side: "short", sinceMs: hour(16), untilMs: hour(19), usd: 3 },
    ]);
    // Entered at 18 h: one hour. At a slot nothing is unfinished; without a recent rate it is unknown.
    expect(backtestOf(long, short, 18, 19).trades[0]?.unfinished[1]).toMatchObject({
      sinceMs: hour(18),
      usd: 1,
    });
    expect(backtestOf(long, short, 0, 16).trades[0]?.unfinished).toEqual([]);
    expect(backtestOf(long, short, 0, 18).trades[0]?.unfinished[1]).toMatchObject({
      sinceMs: hour(16),
      usd: null,
    });
  });

  test("keeps the gain of the prices apart", () => {
    // Long from 100 to 110: +1,000.00. Short from 101 to 109: -10,000 x 8 / 101 = -792.079207920792.
    const prices = (from: number, to: number) => [
      sampleAt(-0.5, { markPrice: from }),
      sampleAt(23.9, { markPrice: to }),
      sampleAt(23.95, { rate: 0.0001, intervalHours: 8 }),
    ];
    const result = backtestOf(
      { ...hourly, samples: prices(100, 110) },
      { ...eightHourly, samples: prices(101, 109) },
      0,
      24,
    );
    expect(result.netUsd).toBe(3.6);
    expect(result.priceUsd).toBe(207.920792079208);
    // An hour and a half later these prices say nothing.
    expect(
      backtestOf({ ...hourly, samples: prices(100, 110) }, eightHourly, 0, 24).priceUsd,
    ).toBeNull();
    expect(
      backtestOf(
        { ...hourly, samples: prices(100, 110) },
        { ...eightHourly, samples: prices(101, 109) },
        1,
        24,
      ).priceUsd,
    ).toBeNull();
  });

  test("sums decimals, not doubles", () => {
    // 0.1 + 0.2 of 10,000 dollars, and 24 hours of 0.0000123.
    const odd = backtestLeg("odd", settledPast(settledAt([8, "0.1"], [16, "0.2"], [24, "0"])));
    expect(backtestOf(NEVER_PAYS, odd, 0, 24, { notionalUsd: 1 }).grossUsd).toBe(0.3);
    const small = backtestLeg("small", settledPast(settledEvery(1, 0, 24, "0.0000123")));
    expect(backtestOf(NEVER_PAYS, small, 0, 24).grossUsd).toBe(2.952);
  });
});

describe("a backtest over gaps", () => {
  const holed = settledPast(
    [
      ...settledEvery(8, -48, 8, "0.0001"),
      { slotMs: hour(24), rate: "0.0001", intervalHours: null, origin: "estimated" },
      ...settledEvery(8, 24, 48, "0.0001"),
    ],
    { listedAtMs: hour(-48) },
  );
  const short = backtestLeg("holed", holed);
  const query = { ...BACKTEST_DEFAULTS, fromMs: hour(0), toMs: hour(40) };

  test("is refused, with the settlements in question", () => {
    expect(backtest(NEVER_PAYS, short, query, hour(40))).toEqual({
      kind: "refused",
      lacking: [
        {
          side: "short",
          uid: "holed",
          ranges: [
            {
              state: "missing",
              firstSlotMs: hour(16),
              lastSlotMs: hour(16),
              intervalHours: 8,
              slots: 1,
            },
            {
              state: "estimated",
              firstSlotMs: hour(24),
              lastSlotMs: hour(24),
              intervalHours: 8,
              slots: 1,
            },
          ],
          slots: 2,
          unpriced: 0,
        },
      ],
    });
  });

  test("counts the estimate but not the missing one if that is accepted, and still names them", () => {
    // 8, 24, 32 and 40 h.
    const result = backtestOf(NEVER_PAYS, short, 0, 40, { gaps: "allow" });
    expect(result.grossUsd).toBe(4);
    expect(result.lacking).toMatchObject([{ uid: "holed", slots: 2 }]);
  });

  test("is answered if the position was not held then", () => {
    expect(backtestOf(NEVER_PAYS, short, 24, 40).grossUsd).toBe(2);
    // The estimate at the exit was charged.
    expect(() => backtestOf(NEVER_PAYS, short, 16, 24)).toThrow("refused");
    expect(backtestOf(NEVER_PAYS, short, 0, 16 - SECOND).grossUsd).toBe(1);
  });

  test("of accrued hours without a price is refused, too", () => {
    const hours = [1, 2, 3].map((at) => ({
      hourEndMs: hour(at),
      amount: "0.5",
      unit: "quote_per_unit" as const,
      markPrice: at === 2 ? null : 50_000,
    }));
    const past: InstrumentPast = pastOf({ kind: "accruals", hours });
    const leg = backtestLeg("paradex", past);
    expect(() => backtestOf(leg, NEVER_PAYS, 0.5, 2)).toThrow(`"unpriced":1`);
    expect(() => backtestOf(leg, NEVER_PAYS, 0.5, 1.5)).toThrow(`"unpriced":1`);
    expect(backtestOf(leg, NEVER_PAYS, 0, 1).grossUsd).toBe(-0.1);
    expect(backtestOf(leg, NEVER_PAYS, 0, 3, { gaps: "allow" }).grossUsd).toBe(-0.2);
  });

  test("of a continuous leg needs the whole hour of its exit", () => {
    const hours = accruedAt([1, "0.00001"], [3, "0.00001"]);
    const leg = backtestLeg("deribit", pastOf({ kind: "accruals", hours }));
    const late = { ...BACKTEST_DEFAULTS, fromMs: hour(0), toMs: hour(1.5) };
    expect(backtest(leg, NEVER_PAYS, late, hour(5)).kind).toBe("refused");
    expect(backtest(leg, NEVER_PAYS, { ...late, toMs: hour(1) }, hour(5)).kind).toBe("done");
  });

  test("marks the hour that is not over yet", () => {
    // Half of an hour of a live rate of 0.0008 per 8 h: 0.50.
    const leg = backtestLeg(
      "deribit",
      pastOf({ kind: "accruals", hours: accruedAt([1, "0.00001"]) }),
      {
        samples: [sampleAt(1.4, { rate: 0.0008, intervalHours: 8 })],
      },
    );
    const [trade] = backtestOf(leg, NEVER_PAYS, 0, 1.5).trades;
    expect(trade).toMatchObject({ longUsd: -0.1 });
    expect(trade?.unfinished[0]).toEqual({
      side: "long",
      sinceMs: hour(1),
      untilMs: hour(1.5),
      usd: -0.5,
    });
  });
});

describe("a backtest by the rule", () => {
  // Both 8 h legs; the yearly rate of 0.0001 is 10.95 %. A sample every 10 minutes.
  const pastOfBoth = settledPast(settledEvery(8, -48, 48, "0.0001"), { listedAtMs: hour(-48) });
  /** Samples from one hour to another. */
  const live = (from: number, to: number, rate: number) =>
    Array.from({ length: Math.round((to - from) * 6) }, (_, nth) =>
      sampleAt(from + nth / 6, { rate, intervalHours: 8 }),
    );
  const rule = { kind: "threshold", enterOverPct: 20, leaveUnderPct: 5 } as const;
  const long = backtestLeg("long", pastOfBoth, { samples: live(-1, 40, 0) });
  // 10.95 % until 2 h, 21.9 % until 9 h, 10.95 % until 17 h, 0 until 20 h, 21.9 % from then on.
  const steps = [
    ...live(-1, 2, 0.0001),
    ...live(2, 9, 0.0002),
    ...live(9, 17, 0.0001),
    ...live(17, 20, 0),
    ...live(20, 40, 0.0002),
  ];
  const short = backtestLeg("short", pastOfBoth, { samples: steps });

  test("enters over one yield, stays between both, leaves under the other, and enters again", () => {
    const flat = { ...NEVER_PAYS, samples: long.samples };
    const result = backtestOf(flat, short, 0, 30, { rule });
    expect(result.trades).toMatchObject([
      {
        entryMs: hour(2),
        exitMs: hour(17),
        entryReason: "rule",
        exitReason: "rule",
        fundingUsd: 2,
      },
      { entryMs: hour(20), exitMs: hour(30), entryReason: "rule", exitReason: "to", fundingUsd: 1 },
    ]);
    expect(result).toMatchObject({ heldHours: 25, grossUsd: 3 });
  });

  test("counts the fees in the yield, spread over the holding time", () => {
    // Four fills of 0.5 basis points are 0.02 %: over 24 h 7.3 % a year, over 240 h 0.73 %. 21.9 - 7.3 is under 20.
    const costly = { ...long, feeBps: 0.5 };
    expect(backtestOf(costly, { ...short, feeBps: 0.5 }, 0, 30, { rule }).trades).toEqual([]);
    expect(
      backtestOf(costly, { ...short, feeBps: 0.5 }, 0, 30, { rule, holdHours: 240 }).trades,
    ).toHaveLength(2);
  });

  test("does nothing on old or missing samples", () => {
    const late = {
      ...short,
      samples: steps.filter(({ atMs }) => atMs < hour(5) || atMs >= hour(10)),
    };
    // The other leg alone moves nothing from 5 h to 10 h.
    expect(backtestOf(long, late, 5.5, 9.5, { rule }).trades).toEqual([]);
    const unknown = steps.map((sample) => ({ ...sample, intervalHours: null }));
    expect(backtestOf(long, { ...short, samples: unknown }, 0, 30, { rule }).trades).toEqual([]);
  });

  test("does not see later samples", () => {
    for (const to of [1, 3, 10, 18]) {
      const cut = (leg: typeof short) => ({
        ...leg,
        samples: leg.samples.filter(({ atMs }) => atMs < hour(to)),
      });
      const whole = backtestOf(long, short, 0, to, { rule });
      expect(backtestOf(cut(long), cut(short), 0, to, { rule }).trades).toEqual(whole.trades);
    }
  });

  test("a sample at the end of the range decides nothing", () => {
    expect(backtestOf(long, short, 0, 2, { rule }).trades).toEqual([]);
    expect(backtestOf(long, short, 2, 2.5, { rule }).trades).toMatchObject([{ entryMs: hour(2) }]);
  });
});
