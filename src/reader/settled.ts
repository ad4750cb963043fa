import { HOUR_MS } from "../domain/funding.ts";
import { flatTable } from "../lib/flat-table.ts";
import type { Stepwise } from "../lib/stepwise.ts";
import type { PointsQuery } from "../services/history/history-query.ts";
import { bucketMsOf, settledBuckets } from "../services/history/series.ts";
import {
  BUCKET_COLUMNS,
  type BucketPage,
  type BucketQuery,
  type BucketRow,
  type SettledColumns,
  type SettledPage,
} from "../services/history/settled-page.ts";
import { ChargesRead } from "./charges-read.ts";
import { intervalReader, type JudgedCharges, type KnownPast, unpricedOf } from "./known-past.ts";
import { pageRead, type Placed } from "./page-points.ts";
import { type Point, pointsOf, unitIndex } from "./settled-points.ts";

/** One page of payments and accrued hours, with the interval of each and what the page lacks. */
export function* settledPage(known: KnownPast, query: PointsQuery): Stepwise<SettledPage> {
  const { past } = known;
  const { fromMs, toMs } = query.range;
  const { points, shown, places, judged, ...page } = yield* pageRead(known, query, {
    stepMs: 1,
    everyMs: HOUR_MS,
    *read(one, index, range) {
      yield;
      return pointsOf(past, one, index, range);
    },
    *count(one) {
      yield;
      return past.count(one, fromMs, toMs);
    },
  });
  return {
    ...page,
    series: shown,
    points: columnsOf(points, places, judged),
    count: points.length,
  };
}

/** One page of sums over equal lengths of time, and what the page lacks. */
export function* bucketPage(known: KnownPast, query: BucketQuery): Stepwise<BucketPage> {
  const { range, resolution } = query;
  const stepMs = bucketMsOf(resolution);
  const charged = new ChargesRead(known, range);
  const {
    points,
    shown,
    places,
    judged: _,
    ...page
  } = yield* pageRead(known, query, {
    stepMs,
    everyMs: stepMs,
    *read(one, series, { fromMs, toMs }): Stepwise<(BucketRow & Placed)[]> {
      yield;
      const within = {
        fromMs: Math.max(fromMs, range.fromMs),
        toMs: Math.min(toMs, range.toMs),
      };
      const charges = yield* charged.of(one, within);
      return settledBuckets(charges, within, resolution).map((bucket) => ({
        series,
        slotMs: bucket.fromMs,
        ...bucket,
      }));
    },
    *count(one) {
      yield;
      if (one.accrual === "periodic")
        return known.past.countSteps(one.id, range.fromMs, range.toMs, stepMs);
      // Only hours with a known price are in a sum.
      const charges = yield* charged.of(one, range);
      return settledBuckets(charges, range, resolution).length;
    },
    *unpriced(one, covered) {
      return one.accrual === "periodic" ? 0 : unpricedOf(yield* charged.of(one, covered), covered);
    },
  });
  const rows = points.map(({ slotMs: _slot, series, ...bucket }) => ({
    ...bucket,
    series: places[series] ?? 0,
  }));
  return {
    ...page,
    series: shown,
    buckets: yield* flatTable(BUCKET_COLUMNS, rows),
    count: rows.length,
  };
}

function columnsOf(
  points: readonly Point[],
  places: Uint32Array,
  judged: readonly JudgedCharges[],
): SettledColumns {
  const { length } = points;
  const columns = {
    series: new Uint32Array(length),
    slotMs: new Float64Array(length),
    atMs: new Float64Array(length),
    unit: new Uint8Array(length),
    intervalHours: new Uint8Array(length),
    markPrice: new Float64Array(length),
    origin: new Uint8Array(length),
    estimate: new Float64Array(length),
  };
  const amounts: string[] = [];
  const intervals = judged.map(({ charges }) => intervalReader(charges));
  for (const [row, point] of points.entries()) {
    columns.series[row] = places[point.series] ?? 0;
    columns.slotMs[row] = point.slotMs;
    columns.atMs[row] = point.atMs;
    columns.unit[row] = unitIndex(point.unit);
    columns.intervalHours[row] = intervals[point.series]?.(point.slotMs) ?? 0;
    columns.markPrice[row] = point.markPrice ?? Number.NaN;
    columns.origin[row] = point.origin;
    columns.estimate[row] = point.estimate ?? Number.NaN;
    amounts.push(point.amount);
  }
  return { ...columns, amounts: amounts.join("\n") };
}
