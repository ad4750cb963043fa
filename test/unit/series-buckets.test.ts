import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decimalText } from "../../src/domain/decimal.ts";
import { chargesOf } from "../../src/domain/charges.ts";
import {
  BUCKET_RESOLUTIONS,
  bucketMsOf,
  liveBuckets,
  type RateSample,
  settledBuckets,
} from "../../src/services/history/series.ts";
import { hour, MIDNIGHT_MS, settledAt } from "../support/past.ts";

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
