import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decimalText } from "../../src/domain/decimal.ts";
import { HOUR_MS } from "../../src/domain/funding.ts";
import { chargesOf } from "../../src/domain/charges.ts";
import {
  BUCKET_RESOLUTIONS,
  bucketMsOf,
  liveBuckets,
  type RateSample,
  settledBuckets,
} from "../../src/services/history/series.ts";
import { type LineInstrument, weightedLine } from "../../src/services/history/weighted-line.ts";
import { hour, MIDNIGHT_MS, settledAt, settledEvery } from "../support/past.ts";

const charged = (...rows: readonly (readonly [hours: number, rate: string])[]) =>
  chargesOf({ kind: "settlements", settlements: settledAt(...rows) });

function sample(at: number, rate: number, intervalHours: number | null = 8): RateSample {
  return { atMs: hour(at), rate, intervalHours };
}

describe("settled buckets", () => {
  const charges = charged([0, "0.1"], [1, "0.2"], [7, "-0.05"], [8, "0.3"], [24, "0.4"]);

  test("hold the settlements of their half-open time", () => {
    expect(settledBuckets(charges, { fromMs: hour(0), toMs: hour(24) }, "8h")).toEqual([
      { fromMs: hour(0), count: 3, sum: "0.25", sumPct: 25, meanPct: 8.33333333333333 },
      { fromMs: hour(8), count: 1, sum: "0.3", sumPct: 30, meanPct: 30 },
    ]);
  });

  test("are cut at the range", () => {
    expect(settledBuckets(charges, { fromMs: hour(1), toMs: hour(7) }, "1d")).toMatchObject([
      { fromMs: hour(0), count: 1, sum: "0.2" },
    ]);
    expect(settledBuckets(charges, { fromMs: hour(9), toMs: hour(24) }, "1d")).toEqual([]);
  });

  test("have no noise", () => {
    expect(settledBuckets(charges, { fromMs: hour(0), toMs: hour(2) }, "4h")[0]?.sum).toBe("0.3");
  });
});

describe("live buckets", () => {
  test("open, rise, fall and close with their samples", () => {
    const samples = [
      sample(0.9, 9),
      sample(1, 3),
      sample(1.2, 5),
      sample(1.5, -1),
      sample(1.9, 2),
      sample(3, 7),
    ];
    expect(liveBuckets(samples, { fromMs: hour(1), toMs: hour(3.5) }, "1h")).toEqual([
      { fromMs: hour(1), open: 3, high: 5, low: -1, close: 2, samples: 4, intervalHours: 8 },
      // Nothing is carried over to 2 h.
      { fromMs: hour(3), open: 7, high: 7, low: 7, close: 7, samples: 1, intervalHours: 8 },
    ]);
    expect(liveBuckets(samples, { fromMs: hour(1), toMs: hour(3) }, "1h")).toHaveLength(1);
    expect(liveBuckets([], { fromMs: hour(1), toMs: hour(3) }, "1h")).toEqual([]);
  });

  test("show no interval if it changed within them", () => {
    const samples = [sample(1, 3, 8), sample(1.2, 5, 4), sample(1.4, 5, 4), sample(2, 1, 4)];
    expect(
      liveBuckets(samples, { fromMs: hour(0), toMs: hour(3) }, "1h").map(
        ({ intervalHours }) => intervalHours,
      ),
    ).toEqual([null, 4]);
  });
});

test("buckets equal those collected one by one", () => {
  const rows = fc.array(
    fc.tuple(fc.integer({ min: -100, max: 5000 }), fc.integer({ min: -9, max: 9 })),
    { maxLength: 60 },
  );
  const minute = fc.integer({ min: -200, max: 5200 });
  fc.assert(
    fc.property(
      rows,
      minute,
      minute,
      fc.constantFrom(...BUCKET_RESOLUTIONS),
      (drawn, from, to, resolution) => {
        const unique = [...new Map(drawn)].toSorted(([left], [right]) => left - right);
        const range = { fromMs: hour(from / 60), toMs: hour(to / 60) };
        const lengthMs = bucketMsOf(resolution);
        const groups = new Map<number, number[]>();
        for (const [at, rate] of unique) {
          if (at < from || at >= to) continue;
          const atMs = hour(at / 60);
          const startMs = atMs - ((((atMs - MIDNIGHT_MS) % lengthMs) + lengthMs) % lengthMs);
          groups.set(startMs, [...(groups.get(startMs) ?? []), rate]);
        }
        const charges = unique.map(([at, rate]) => ({
          slotMs: hour(at / 60),
          rate: `${rate}e-3`,
          intervalHours: 1,
          origin: "exchange" as const,
        }));
        expect(
          settledBuckets(charges, range, resolution).map(({ fromMs, sum, count }) => ({
            fromMs,
            sum,
            count,
          })),
        ).toEqual(
          [...groups].map(([fromMs, rates]) => ({
            fromMs,
            sum: decimalText({
              units: BigInt(rates.reduce((sum, rate) => sum + rate, 0)),
              scale: 3,
            }),
            count: rates.length,
          })),
        );
        const samples = unique.map(([at, rate]) => sample(at / 60, rate));
        expect(liveBuckets(samples, range, resolution)).toEqual(
          [...groups].map(([fromMs, rates]) => ({
            fromMs,
            open: rates[0] ?? 0,
            high: Math.max(...rates),
            low: Math.min(...rates),
            close: rates.at(-1) ?? 0,
            samples: rates.length,
            intervalHours: 8,
          })),
        );
      },
    ),
  );
});

describe("one line over all instruments", () => {
  const day = { fromMs: hour(0), toMs: hour(24) };
  /** 0.0008 per 8 h and 0.0002 per 1 h: 0.01 and 0.02 % an hour. */
  const settled = (
    hours: number,
    rate: string,
    weights: LineInstrument["weights"],
  ): LineInstrument => ({
    uid: `${hours}h`,
    rates: {
      kind: "settled",
      charges: chargesOf({ kind: "settlements", settlements: settledEvery(hours, -24, 48, rate) }),
    },
    weights,
  });

  test("has rates of different intervals in every bucket", () => {
    const line = weightedLine([settled(8, "0.0008", null), settled(1, "0.0002", null)], day, "1h");
    expect(line).toHaveLength(24);
    for (const [nth, point] of line.entries())
      expect(point).toEqual({
        fromMs: hour(nth),
        ratePerHourPct: 0.015,
        instruments: [0, 1],
        weightUsd: null,
        withoutWeight: 0,
      });
  });

  test("is weighted by what each instrument weighed then", () => {
    // 300 and 100 dollars until noon: (0.03 + 0.02) / 4. Then 100 and 300: (0.01 + 0.06) / 4.
    const weights = (before: number, after: number) =>
      Array.from({ length: 24 }, (_, at) => ({
        atMs: hour(at + 0.5),
        usd: at < 12 ? before : after,
      }));
    const line = weightedLine(
      [settled(8, "0.0008", weights(300, 100)), settled(1, "0.0002", weights(100, 300))],
      day,
      "4h",
    );
    expect(line.map(({ ratePerHourPct, weightUsd }) => [ratePerHourPct, weightUsd])).toEqual([
      [0.0125, 400],
      [0.0125, 400],
      [0.0125, 400],
      [0.0175, 400],
      [0.0175, 400],
      [0.0175, 400],
    ]);
  });

  test("leaves out instruments without a weight, and says so", () => {
    const weights = [{ atMs: hour(0), usd: 50 }];
    const line = weightedLine([settled(8, "0.0008", weights), settled(1, "0.0002", [])], day, "1h");
    expect(line[0]).toMatchObject({
      ratePerHourPct: 0.01,
      instruments: [0],
      weightUsd: 50,
      withoutWeight: 1,
    });
    // Two hours later the weight is too old.
    expect(line[2]).toMatchObject({ ratePerHourPct: 0.01 });
    expect(line[3]).toMatchObject({
      ratePerHourPct: null,
      instruments: [],
      weightUsd: 0,
      withoutWeight: 2,
    });
  });

  test("is empty where nothing was charged", () => {
    const gone: LineInstrument = {
      uid: "gone",
      rates: { kind: "settled", charges: charged([8, "0.0008"], [16, "0.0008"], [24, "0.0008"]) },
      weights: null,
    };
    const line = weightedLine([gone], { fromMs: hour(0), toMs: hour(48) }, "8h");
    expect(line.map(({ ratePerHourPct }) => ratePerHourPct)).toEqual([
      0.01,
      0.01,
      0.01,
      null,
      null,
      null,
    ]);
    expect(line[3]).toMatchObject({ instruments: [], withoutWeight: 0 });
  });

  test("counts a settlement only in the part of the range for which it was charged", () => {
    // 0.01 % an hour until 8 h, 0.03 % from then on; the bucket of the day covers 6 h to 10 h.
    const changed: LineInstrument = {
      uid: "changed",
      rates: { kind: "settled", charges: charged([0, "0"], [8, "0.0008"], [16, "0.0024"]) },
      weights: null,
    };
    const [point] = weightedLine([changed], { fromMs: hour(6), toMs: hour(10) }, "1d");
    expect(point).toMatchObject({ fromMs: hour(0), ratePerHourPct: 0.02 });
  });

  test("takes the mean of live rates per hour", () => {
    const samples = [
      sample(0, 0.0008),
      sample(0.5, 0.0016),
      sample(0.7, 5, null),
      sample(1.5, 0.0001, 1),
    ];
    const live: LineInstrument = { uid: "live", rates: { kind: "live", samples }, weights: null };
    const line = weightedLine([live], { fromMs: hour(0), toMs: hour(3) }, "1h");
    expect(line.map(({ ratePerHourPct }) => ratePerHourPct)).toEqual([0.015, 0.01, null]);
  });

  test("of an empty range has no points", () => {
    expect(weightedLine([], { fromMs: hour(3), toMs: hour(3) }, "1h")).toEqual([]);
    expect(weightedLine([], { fromMs: hour(3), toMs: hour(1) }, "1h")).toEqual([]);
    expect(bucketMsOf("1d")).toBe(24 * HOUR_MS);
  });
});
