import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Charge, chargesOf, type TimeRange } from "../../src/domain/charges.ts";
import { HOUR_MS } from "../../src/domain/funding.ts";
import {
  BUCKET_RESOLUTIONS,
  bucketMsOf,
  type BucketResolution,
  type RateSample,
} from "../../src/services/history/series.ts";
import {
  Buckets,
  InstrumentLine,
  type LinePoint,
  MAX_WEIGHT_AGE_MS,
  WeightedLine,
  type WeightSample,
} from "../../src/services/history/weighted-line.ts";
import { hour, settledAt, settledEvery } from "../support/past.ts";

interface Instrument {
  readonly exchange?: string;
  readonly charges?: readonly Charge[];
  readonly samples?: readonly RateSample[];
  /** Absent: each weighs the same. */
  readonly weights?: readonly WeightSample[];
}

function lineOf(
  instruments: readonly Instrument[],
  range: TimeRange,
  resolution: BucketResolution,
  minExchanges = 1,
): readonly LinePoint[] {
  const buckets = new Buckets(range, resolution);
  const isWeighted = instruments.some(({ weights }) => weights !== undefined);
  const line = new WeightedLine(buckets, isWeighted);
  for (const { exchange = "okx", charges = [], samples = [], weights = [] } of instruments) {
    const instrument = new InstrumentLine(buckets, isWeighted);
    for (const charge of charges) instrument.charge(charge);
    for (const sample of samples) instrument.sample(sample);
    for (const weight of weights) instrument.weigh(weight);
    line.add(exchange, instrument);
  }
  return line.points(minExchanges);
}

const day = { fromMs: hour(0), toMs: hour(24) };

/** 0.0008 per 8 h and 0.0002 per 1 h: 0.01 and 0.02 % an hour. */
const every = (hours: number, rate: string): readonly Charge[] =>
  chargesOf({ kind: "settlements", settlements: settledEvery(hours, -24, 48, rate) });
const charged = (...rows: readonly (readonly [hours: number, rate: string])[]) =>
  chargesOf({ kind: "settlements", settlements: settledAt(...rows) });

test("a line has rates of different intervals in every bucket", () => {
  const instruments = [
    { exchange: "okx", charges: every(8, "0.0008") },
    { exchange: "bybit", charges: every(1, "0.0002") },
  ];
  const line = lineOf(instruments, day, "1h");
  expect(line).toHaveLength(24);
  for (const [nth, point] of line.entries())
    expect(point).toEqual({
      fromMs: hour(nth),
      ratePerHourPct: 0.015,
      reason: null,
      instruments: 2,
      exchanges: 2,
      weightUsd: null,
      withoutWeight: 0,
    });
});

test("a rate of too few exchanges is not known, however many instruments they have", () => {
  const of = (...exchanges: readonly string[]) =>
    lineOf(
      exchanges.map((exchange) => ({ exchange, charges: every(8, "0.0008") })),
      day,
      "1d",
      3,
    );
  expect(of("okx", "okx", "bybit")).toMatchObject([
    { ratePerHourPct: null, reason: "too_few_exchanges", instruments: 3, exchanges: 2 },
  ]);
  expect(of("okx", "gate", "bybit")).toMatchObject([
    { ratePerHourPct: 0.01, instruments: 3, exchanges: 3 },
  ]);
});

describe("a weighted line", () => {
  test("follows what each instrument weighed then", () => {
    // 300 and 100 dollars until noon: (0.03 + 0.02) / 4. Then 100 and 300: (0.01 + 0.06) / 4.
    const weights = (before: number, after: number) =>
      Array.from({ length: 24 }, (_, at) => ({
        atMs: hour(at + 0.5),
        usd: at < 12 ? before : after,
      }));
    const line = lineOf(
      [
        { charges: every(8, "0.0008"), weights: weights(300, 100) },
        { charges: every(1, "0.0002"), weights: weights(100, 300) },
      ],
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

  test("leaves out instruments without a recent weight above 0, and says so", () => {
    const weighed = { charges: every(8, "0.0008"), weights: [{ atMs: hour(0), usd: 50 }] };
    const unknown = { charges: every(1, "0.0002"), weights: [] };
    const empty = { charges: every(1, "0.0002"), weights: [{ atMs: hour(0), usd: 0 }] };
    const line = lineOf([weighed, unknown, empty], day, "1h");
    const rest = { instruments: 1, exchanges: 1, weightUsd: 50, withoutWeight: 2 };
    expect(line[0]).toMatchObject({ ratePerHourPct: 0.01, ...rest });
    // Two hours later the weight is still good, then it is too old.
    expect(line[2]).toMatchObject({ ratePerHourPct: 0.01, ...rest });
    expect(line[3]).toMatchObject({
      ratePerHourPct: null,
      reason: "no_weights",
      instruments: 0,
      exchanges: 0,
      weightUsd: 0,
      withoutWeight: 3,
    });
  });
});

test("a line is empty where nothing was charged", () => {
  const gone = { charges: charged([8, "0.0008"], [16, "0.0008"], [24, "0.0008"]) };
  const line = lineOf([gone], { fromMs: hour(0), toMs: hour(48) }, "8h");
  expect(line.map(({ ratePerHourPct }) => ratePerHourPct)).toEqual([
    0.01,
    0.01,
    0.01,
    null,
    null,
    null,
  ]);
  expect(line[3]).toMatchObject({ reason: "no_rates", instruments: 0, withoutWeight: 0 });
});

test("a settlement counts only in the part of the range for which it was charged", () => {
  // 0.01 % an hour until 8 h, 0.03 % from then on; the bucket of the day covers 6 h to 10 h.
  const changed = { charges: charged([0, "0"], [8, "0.0008"], [16, "0.0024"]) };
  const [point] = lineOf([changed], { fromMs: hour(6), toMs: hour(10) }, "1d");
  expect(point).toMatchObject({ fromMs: hour(0), ratePerHourPct: 0.02 });
});

test("a line of live rates is their mean per hour", () => {
  const sample = (at: number, rate: number, intervalHours: number | null = 8) => ({
    atMs: hour(at),
    rate,
    intervalHours,
  });
  const samples = [
    sample(0, 0.0008),
    sample(0.5, 0.0016),
    sample(0.7, 5, null),
    sample(1.5, 0.0001, 1),
  ];
  const line = lineOf([{ samples }], { fromMs: hour(0), toMs: hour(3) }, "1h");
  expect(line.map(({ ratePerHourPct }) => ratePerHourPct)).toEqual([0.015, 0.01, null]);
});

test("an empty range has no points", () => {
  expect(lineOf([], { fromMs: hour(3), toMs: hour(3) }, "1h")).toEqual([]);
  expect(lineOf([], { fromMs: hour(3), toMs: hour(1) }, "1h")).toEqual([]);
  expect(lineOf([], { fromMs: hour(3), toMs: hour(3) }, "8h")).toEqual([]);
});

const HALF_MS = HOUR_MS / 2;
const halves = { min: -20, max: 120 };

const instruments = fc.array(
  fc.record({
    exchange: fc.constantFrom("okx", "bybit", "gate"),
    /** Ascending slots, each with an interval that may overlap the one before. */
    charges: fc.uniqueArray(fc.integer(halves), { maxLength: 12 }).chain((at) =>
      fc.tuple(
        ...at
          .toSorted((left, right) => left - right)
          .map((half) =>
            fc.record({
              slotMs: fc.constant(hour(half / 2)),
              intervalHours: fc.constantFrom(1, 4, 8, null),
              origin: fc.constant("exchange" as const),
              rate: fc.option(fc.integer({ min: -500, max: 500 }).map((n) => n / 1e5)),
            }),
          ),
      ),
    ),
    weights: fc
      .uniqueArray(fc.integer(halves), { maxLength: 12 })
      .map((at) =>
        at
          .toSorted((left, right) => left - right)
          .map((half) => ({ atMs: hour(half / 2), usd: Math.abs(half % 5) * 100 })),
      ),
  }),
  { maxLength: 5 },
);

test("each point is what a walk from half-hour to half-hour finds", () => {
  fc.assert(
    fc.property(
      instruments,
      fc.constantFrom(...BUCKET_RESOLUTIONS),
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 1, max: 80 }),
      (all, resolution, from, length) => {
        const range = { fromMs: hour(from / 2), toMs: hour((from + length) / 2) };
        const lengthMs = bucketMsOf(resolution);
        for (const point of lineOf(all, range, resolution, 2)) {
          const taking = all.flatMap(({ exchange, charges, weights }) => {
            const rates: number[] = [];
            for (let atMs = point.fromMs; atMs < point.fromMs + lengthMs; atMs += HALF_MS) {
              if (atMs < range.fromMs || atMs >= range.toMs) continue;
              for (const { slotMs, rate, intervalHours } of charges) {
                if (rate === null || intervalHours === null) continue;
                if (atMs >= slotMs - intervalHours * HOUR_MS && atMs < slotMs)
                  rates.push(Number(rate) / intervalHours);
              }
            }
            if (rates.length === 0) return [];
            const weight = weights.findLast(({ atMs }) => atMs < point.fromMs + lengthMs);
            const isRecent =
              weight !== undefined && point.fromMs - weight.atMs <= MAX_WEIGHT_AGE_MS;
            const usd = isRecent && weight.usd > 0 ? weight.usd : null;
            const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
            return [{ exchange, usd, mean }];
          });
          const weighed = taking.flatMap(({ usd, ...rest }) =>
            usd === null ? [] : [{ ...rest, usd }],
          );
          const weightUsd = weighed.reduce((sum, { usd }) => sum + usd, 0);
          const exchanges = new Set(weighed.map(({ exchange }) => exchange)).size;
          expect(point).toMatchObject({
            instruments: weighed.length,
            exchanges,
            weightUsd: all.length === 0 ? null : weightUsd,
            withoutWeight: taking.length - weighed.length,
          });
          const sum = weighed.reduce((so, { mean, usd }) => so + mean * usd, 0);
          const rated = new Set(taking.map(({ exchange }) => exchange)).size;
          const why = rated === 0 ? "no_rates" : rated < 2 ? "too_few_exchanges" : "no_weights";
          expect(point.reason).toBe(exchanges < 2 ? why : null);
          if (exchanges < 2) expect(point.ratePerHourPct).toBeNull();
          else expect(point.ratePerHourPct).toBeCloseTo((sum / weightUsd) * 100, 10);
        }
      },
    ),
    { numRuns: 400 },
  );
});

test("a point does not depend on how the range is cut into pages of whole buckets", () => {
  fc.assert(
    fc.property(
      instruments,
      fc.constantFrom(...BUCKET_RESOLUTIONS),
      fc.integer({ min: 1, max: 7 }),
      (all, resolution, size) => {
        const range = { fromMs: hour(3.5), toMs: hour(60) };
        const whole = lineOf(all, range, resolution);
        const pages: LinePoint[] = [];
        const stepMs = bucketMsOf(resolution) * size;
        const firstMs = Math.floor(range.fromMs / bucketMsOf(resolution)) * bucketMsOf(resolution);
        for (let atMs = firstMs; atMs < range.toMs; atMs += stepMs) {
          const page = {
            fromMs: Math.max(atMs, range.fromMs),
            toMs: Math.min(atMs + stepMs, range.toMs),
          };
          pages.push(...lineOf(all, page, resolution));
        }
        expect(pages).toEqual([...whole]);
      },
    ),
  );
});
