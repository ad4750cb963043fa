import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { PastReader } from "../../src/db/history/past-reader.ts";
import { SampleReader } from "../../src/db/history/sample-reader.ts";
import { flatRows } from "../../src/lib/flat-table.ts";
import { atOnce } from "../../src/lib/stepwise.ts";
import type { KnownPast } from "../../src/reader/known-past.ts";
import { bucketPage, settledPage } from "../../src/reader/settled.ts";
import {
  MAX_POINTS,
  MAX_POINTS_PER_SERIES,
  type PointsQuery,
} from "../../src/services/history/history-query.ts";
import type { BucketPage, SettledPage } from "../../src/services/history/settled-page.ts";
import { seriesOf } from "../support/history.ts";
import { anyPast } from "../support/past.ts";
import { historyInMemory, HistoryWriter, type Paid } from "../support/history-db.ts";

const START = Date.UTC(2026, 2, 1) / 1000;
const HOUR = 3600;
const DAY = 24 * HOUR;

const ALL = { names: null, exchanges: null, quotes: null, assetClasses: null };

function knownOf(write: (writer: HistoryWriter) => void): KnownPast {
  const db = historyInMemory();
  write(new HistoryWriter(db));
  const samples = new SampleReader(db);
  return { past: new PastReader(db), samples, withHistory: new Set(["okx"]) };
}

function queryOf(from: number, to: number, more: Partial<PointsQuery> = {}): PointsQuery {
  return {
    filter: ALL,
    range: { fromMs: from * 1000, toMs: to * 1000 },
    asOfMs: to * 1000,
    limit: MAX_POINTS,
    after: null,
    total: null,
    ...more,
  };
}

/** The points of a page as objects, with the uid of their series. */
function pointsOf({ series, points, count }: SettledPage) {
  const amounts = points.amounts.split("\n");
  return Array.from({ length: count }, (_, row) => ({
    uid: series[points.series[row] ?? -1]?.uid,
    slot: (points.slotMs[row] ?? 0) / 1000,
    at: (points.atMs[row] ?? 0) / 1000,
    amount: amounts[row],
    unit: points.unit[row],
    hours: points.intervalHours[row],
    mark: points.markPrice[row],
    origin: points.origin[row],
    estimate: points.estimate[row],
  }));
}

/** All pages of a chain. */
function* pagesOf(known: KnownPast, first: PointsQuery): Generator<SettledPage> {
  let place: Pick<PointsQuery, "after" | "total"> = first;
  do {
    const page = atOnce(settledPage(known, { ...first, ...place }));
    yield page;
    place = { after: page.next, total: page.total };
  } while (place.after !== null);
}

/** Slots every `hours` hours from START on. */
function every(hours: number, count: number, rate = "0.0001"): Paid[] {
  return Array.from({ length: count }, (_, n) => ({ slot: START + n * hours * HOUR, rate }));
}

const payments = fc
  .uniqueArray(fc.integer({ min: 0, max: 40 * 24 }), { minLength: 0, maxLength: 120 })
  .chain((hours) =>
    fc.tuple(
      ...hours
        .toSorted((a, b) => a - b)
        .map((hour) =>
          fc.record({
            slot: fc.constant(START + hour * HOUR),
            offset: fc.integer({ min: -30, max: 30 }),
            rate: fc.constantFrom("0.00010000", "-0.0003", "0", "1e-7", 0.0001, -0.00025),
            hours: fc.constantFrom(null, null, 1, 8),
            mark: fc.option(fc.double({ min: 0.1, max: 1e5, noNaN: true })),
            origin: fc.constantFrom("exchange", "row", "estimated" as const),
            estimate: fc.option(fc.double({ min: -0.01, max: 0.01, noNaN: true })),
          }),
        ),
    ),
  );

describe("generated pasts", () => {
  test("pages join to the one page of all, whatever their size; the order is time, then series", () => {
    fc.assert(
      fc.property(
        fc.array(payments, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 40 }),
        fc.tuple(fc.integer({ min: 0, max: 960 }), fc.integer({ min: 0, max: 960 })),
        (pasts, limit, [one, other]) => {
          const known = knownOf((writer) => {
            for (const [index, past] of pasts.entries())
              writer.add(seriesOf(`A${index}`), past as readonly Paid[]);
          });
          const [from, to] = [
            START + Math.min(one, other) * HOUR,
            START + Math.max(one, other) * HOUR,
          ];
          const whole = atOnce(settledPage(known, queryOf(from, to)));
          expect(whole.next).toBeNull();
          const expected = pasts
            .flatMap((past, index) =>
              past.map(({ slot, offset, rate }) => ({
                uid: `okx-A${index}`,
                slot,
                at: slot + offset,
                amount: String(rate),
              })),
            )
            .filter(({ slot }) => slot >= from && slot < to)
            .toSorted((a, b) => a.slot - b.slot || a.uid.localeCompare(b.uid));
          expect(pointsOf(whole)).toMatchObject(expected);
          expect([whole.count, whole.total]).toEqual([expected.length, expected.length]);
          const joined: unknown[] = [];
          for (const page of pagesOf(known, queryOf(from, to, { limit }))) {
            expect(page.total).toBe(expected.length);
            joined.push(...pointsOf(page));
            if (page.next !== null) expect(page.count).toBe(limit);
          }
          expect(joined).toEqual(pointsOf(whole));
        },
      ),
      { numRuns: 60 },
    );
  });

  test("what pages lack joins to what the one page of all lacks", () => {
    fc.assert(
      fc.property(
        fc.array(anyPast, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 40 }),
        (pasts, limit) => {
          const known = knownOf((writer) => {
            for (const [index, past] of pasts.entries()) {
              const paid = past
                .filter(({ isHole }) => !isHole)
                .map(({ slotMs }) => ({ slot: slotMs / 1000, rate: 0.0001 }));
              const id = writer.add(seriesOf(`A${index}`, { firstSeen: START * 1000 }), paid);
              writer.backfilled(id, START, START + 30 * DAY, false);
            }
          });
          const slotsOf = ({ series }: SettledPage): string[] =>
            series.flatMap(({ uid, lacking }) =>
              lacking.flatMap(({ state, firstSlotMs, intervalHours, slots }) =>
                Array.from(
                  { length: slots ?? 0 },
                  (_, n) => `${uid} ${state} ${firstSlotMs + n * (intervalHours ?? 0) * 3_600_000}`,
                ),
              ),
            );
          const [from, to] = [START + DAY, START + 35 * DAY];
          const whole = slotsOf(atOnce(settledPage(known, queryOf(from, to))));
          const joined: string[] = [];
          for (const page of pagesOf(known, queryOf(from, to, { limit })))
            joined.push(...slotsOf(page));
          expect(joined.toSorted()).toEqual(whole.toSorted());
        },
      ),
      { numRuns: 40 },
    );
  });
});

test("pages of sums join to the one page of all, and together they are all that was charged", () => {
  fc.assert(
    fc.property(
      fc.array(payments, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 20 }),
      fc.constantFrom("1h", "4h", "8h", "1d" as const),
      (pasts, limit, resolution) => {
        const known = knownOf((writer) => {
          for (const [index, past] of pasts.entries())
            writer.add(seriesOf(`A${index}`), past as readonly Paid[]);
        });
        const [from, to] = [START + 5 * HOUR, START + 30 * DAY];
        const sumsOf = (page: BucketPage) =>
          Array.from({ length: page.count }, (_, row) => flatRows(page.buckets)(row)).map(
            ({ series, ...sum }) => ({ uid: page.series[series]?.uid, ...sum }),
          );
        const first = { ...queryOf(from, to), resolution };
        const whole = atOnce(bucketPage(known, first));
        const sums = sumsOf(whole);
        expect([whole.next, whole.total]).toEqual([null, sums.length]);
        const slots = pasts.flat().filter(({ slot }) => slot >= from && slot < to);
        expect(sums.reduce((all, { count }) => all + count, 0)).toBe(slots.length);
        const joined: unknown[] = [];
        let place: Pick<PointsQuery, "after" | "total"> = first;
        do {
          const page: BucketPage = atOnce(bucketPage(known, { ...first, ...place, limit }));
          joined.push(...sumsOf(page));
          place = { after: page.next, total: page.total };
        } while (place.after !== null);
        expect(joined).toEqual(sums);
      },
    ),
    { numRuns: 40 },
  );
});

test("a page ends where a series has its maximum, and the others continue from the same time", () => {
  const known = knownOf((writer) => {
    writer.add(seriesOf("A"), every(1, MAX_POINTS_PER_SERIES + 2));
    writer.add(seriesOf("B"), every(8, 150));
  });
  const query = queryOf(START, START + 60 * DAY);
  const first = atOnce(settledPage(known, query));
  expect(first.count).toBe(MAX_POINTS_PER_SERIES + MAX_POINTS_PER_SERIES / 8);
  expect(first.total).toBe(MAX_POINTS_PER_SERIES + 2 + 150);
  const second = atOnce(settledPage(known, { ...query, after: first.next, total: first.total }));
  expect(pointsOf(second).slice(0, 2)).toMatchObject([
    { uid: "okx-A", slot: START + MAX_POINTS_PER_SERIES * HOUR },
    { uid: "okx-B", slot: START + MAX_POINTS_PER_SERIES * HOUR },
  ]);
  expect([second.count, second.next]).toEqual([27, null]);
});

test("a payment has the interval that held, wherever the range begins", () => {
  const past = [...every(8, 30), { slot: START + 240 * HOUR, rate: "0.0001" }];
  const hourly = Array.from({ length: 50 }, (_, n) => ({
    slot: START + (241 + n) * HOUR,
    rate: "0.0001",
  }));
  const known = knownOf((writer) => writer.add(seriesOf("A"), [...past, ...hourly]));
  const hoursAt = (hour: number) =>
    pointsOf(
      atOnce(
        settledPage(known, {
          ...queryOf(START + hour * HOUR, START + (hour + 1) * HOUR),
          asOfMs: (START + 40 * DAY) * 1000,
        }),
      ),
    ).map(({ hours }) => hours);
  expect([0, 8, 232, 240, 241, 290].map(hoursAt)).toEqual([[8], [8], [8], [8], [1], [1]]);
});

test("holes are named exactly: read and missing, or not read yet", () => {
  const paid = every(8, 30).filter((_, n) => n !== 10 && n !== 11 && n !== 20);
  const known = knownOf((writer) => {
    const id = writer.add(seriesOf("A", { firstSeen: START * 1000 }), paid);
    writer.backfilled(id, START + 5 * DAY, START + 100 * DAY, false);
  });
  const page = atOnce(settledPage(known, queryOf(START, START + 10 * DAY)));
  expect(page.series).toMatchObject([
    {
      uid: "okx-A",
      points: 27,
      lackingRanges: 2,
      lacking: [
        {
          state: "being_backfilled",
          firstSlotMs: (START + 80 * HOUR) * 1000,
          lastSlotMs: (START + 88 * HOUR) * 1000,
          slots: 2,
        },
        { state: "missing", firstSlotMs: (START + 160 * HOUR) * 1000, slots: 1 },
      ],
    },
  ]);
});

test("continuous funding has its hours, with amount and unit, and no rate", () => {
  const known = knownOf((writer) => {
    const id = writer.add(seriesOf("A", { accrual: "continuous", firstSeen: START * 1000 }));
    writer.accrue(id, START + HOUR, "0.000040037341082362756", "fraction");
    writer.accrue(id, START + 2 * HOUR, "-0.25", "quote_per_unit");
  });
  const page = atOnce(settledPage(known, queryOf(START, START + 3 * HOUR)));
  expect(pointsOf(page)).toMatchObject([
    { slot: START + HOUR, amount: "0.000040037341082362756", unit: 1, hours: 1, origin: 255 },
    { slot: START + 2 * HOUR, amount: "-0.25", unit: 2, hours: 1 },
  ]);
});

test("a reused ticker is two series; one that ended before the range is not shown", () => {
  const known = knownOf((writer) => {
    writer.add(
      seriesOf("A", { uid: "okx-A:1", firstSeen: START * 1000, endedAt: (START + 5 * DAY) * 1000 }),
      every(8, 15),
    );
    writer.add(
      seriesOf("A", { uid: "okx-A:2", firstSeen: (START + 8 * DAY) * 1000 }),
      every(8, 40).slice(24),
    );
  });
  const uidsFrom = (day: number) =>
    atOnce(settledPage(known, queryOf(START + day * DAY, START + 12 * DAY))).series.map(
      ({ uid, points }) => [uid, points],
    );
  expect(uidsFrom(0)).toEqual([
    ["okx-A:1", 15],
    ["okx-A:2", 12],
  ]);
  expect(uidsFrom(9)).toEqual([["okx-A:2", 9]]);
});

test("the filter takes tickers, uids, exceptions, exchanges, quotes and classes", () => {
  const known = knownOf((writer) => {
    writer.add(seriesOf("GOLD", { uid: "1" }), every(8, 1));
    writer.add(seriesOf("XAU", { uid: "2", quote: "USDC" }), every(8, 1));
    writer.add(seriesOf("XAU", { uid: "3", exchange: "gate", assetClass: null }), every(8, 1));
    writer.add(seriesOf("PAXG", { uid: "4", assetClass: "metal" }), every(8, 1));
    writer.add(seriesOf("BTC", { uid: "5" }), every(8, 1));
  });
  const names = { bases: ["GOLD", "XAU"], exceptUids: ["1"], uids: ["4"] };
  const uidsOf = (more: Partial<PointsQuery["filter"]>) =>
    pointsOf(
      atOnce(
        settledPage(known, queryOf(START, START + DAY, { filter: { ...ALL, names, ...more } })),
      ),
    ).map(({ uid }) => uid);
  expect(uidsOf({})).toEqual(["2", "3", "4"]);
  expect(uidsOf({ names: null })).toEqual(["1", "2", "3", "4", "5"]);
  expect(uidsOf({ exchanges: ["gate"] })).toEqual(["3"]);
  expect(uidsOf({ quotes: ["USDT"] })).toEqual(["3", "4"]);
  expect(uidsOf({ assetClasses: ["crypto", "metal"] })).toEqual(["2", "4"]);
});

/** Notes from when to when samples are read, in unix seconds. */
class NotedSamples extends SampleReader {
  readonly reads: { readonly from: number; readonly to: number }[] = [];

  override read(...of: Parameters<SampleReader["read"]>) {
    const [, from, to] = of;
    this.reads.push({ from, to });
    return super.read(...of);
  }
}

test("sums of a page read the samples with the prices of its hours once", () => {
  const db = historyInMemory();
  const writer = new HistoryWriter(db);
  const id = writer.add(seriesOf("A", { accrual: "continuous", firstSeen: START * 1000 }));
  const hours = 50 * 24;
  for (let hour = 1; hour <= hours; hour += 1)
    writer.accrue(id, START + hour * HOUR, "0.5", "quote_per_unit");
  const samples = new NotedSamples(db);
  const known = { past: new PastReader(db), samples, withHistory: new Set(["okx" as const]) };
  const query = { ...queryOf(START, START + hours * HOUR + 1), resolution: "1d" as const };
  const page = atOnce(bucketPage(known, query));
  expect(page.series).toMatchObject([{ unpriced: hours, points: 0 }]);
  expect(samples.reads.length).toBeGreaterThan(0);
  const read = samples.reads.reduce((sum, { from, to }) => sum + to - from, 0);
  // Each read begins up to a price's age before its first hour.
  expect(read).toBeLessThanOrEqual(hours * HOUR + samples.reads.length * HOUR);
});
