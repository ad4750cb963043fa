/** The past of one instrument as points. Buckets start at multiples of their length since midnight UTC; unix ms. */
import { decimalNumber, decimalPct, DecimalSum, decimalText } from "../../domain/decimal.ts";
import { HOUR_MS } from "../../domain/funding.ts";
import { roundPct } from "../../domain/percent.ts";
import { firstWhere } from "../../domain/sorted-search.ts";
import { type Charge, chargesWithin, type TimeRange } from "../../domain/charges.ts";

export const SERIES_KINDS = ["settled", "live"] as const;
export type SeriesKind = (typeof SERIES_KINDS)[number];

export const BUCKET_RESOLUTIONS = ["1h", "4h", "8h", "1d"] as const;
export type BucketResolution = (typeof BUCKET_RESOLUTIONS)[number];

export const RESOLUTIONS = ["raw", ...BUCKET_RESOLUTIONS] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

/** How the instruments of one line are weighed. */
export const WEIGHTINGS = ["none", "oi", "volume"] as const;
export type Weighting = (typeof WEIGHTINGS)[number];

export interface SeriesQuery {
  readonly kind: SeriesKind;
  /** The time up to now, if the caller names no range. */
  readonly spanMs: number;
  readonly resolution: Resolution;
  /** More points are paged. */
  readonly maxPointsPerSeries: number;
  readonly maxPoints: number;
}

/** The defaults. */
export const SERIES_DEFAULTS: SeriesQuery = {
  kind: "settled",
  spanMs: 7 * 24 * HOUR_MS,
  resolution: "raw",
  maxPointsPerSeries: 1000,
  maxPoints: 10_000,
};

/** The default of a line: it has no single points. */
export const LINE_RESOLUTION: BucketResolution = "1h";

/** A longer range needs buckets. */
export const MAX_RAW_RANGE_MS = 366 * 24 * HOUR_MS;

const BUCKET_HOURS = { "1h": 1, "4h": 4, "8h": 8, "1d": 24 } satisfies Record<
  BucketResolution,
  number
>;

export function bucketMsOf(resolution: BucketResolution): number {
  return BUCKET_HOURS[resolution] * HOUR_MS;
}

/** The settlements whose slots are in [fromMs, fromMs + length). Buckets without any are left out. */
export interface SettledBucket {
  readonly fromMs: number;
  readonly count: number;
  /** The exact sum as plain decimal text, a fraction of notional. */
  readonly sum: string;
  readonly sumPct: number;
  /** The mean per settlement. */
  readonly meanPct: number;
}

/** Ascending; hours without a known amount are left out. */
export function settledBuckets(
  charges: readonly Charge[],
  range: TimeRange,
  resolution: BucketResolution,
): readonly SettledBucket[] {
  const lengthMs = bucketMsOf(resolution);
  const buckets: SettledBucket[] = [];
  let sum = new DecimalSum();
  let count = 0;
  let fromMs = Number.NEGATIVE_INFINITY;
  const close = () => {
    if (count === 0) return;
    const { value } = sum;
    const meanPct = roundPct((decimalNumber(value) / count) * 100) + 0;
    buckets.push({ fromMs, count, sum: decimalText(value), sumPct: decimalPct(value), meanPct });
    sum = new DecimalSum();
    count = 0;
  };
  for (const { slotMs, rate } of chargesWithin(charges, range)) {
    if (rate === null) continue;
    const startMs = Math.floor(slotMs / lengthMs) * lengthMs;
    if (startMs !== fromMs) close();
    fromMs = startMs;
    sum.add(rate);
    count += 1;
  }
  close();
  return buckets;
}

/** A live rate at a moment. */
export interface RateSample {
  readonly atMs: number;
  /** A fraction per interval. */
  readonly rate: number;
  /** The quoting period of a continuous contract; null: unknown. */
  readonly intervalHours: number | null;
}

/** The live rates sampled in [fromMs, fromMs + length). Buckets without any are left out: nothing is carried over. */
export interface LiveBucket {
  readonly fromMs: number;
  /** Fractions per interval. */
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly samples: number;
  /** Null if unknown or changed within the bucket: then its rates are not comparable with each other. */
  readonly intervalHours: number | null;
}

/** Ascending. */
export function liveBuckets(
  samples: readonly RateSample[],
  { fromMs, toMs }: TimeRange,
  resolution: BucketResolution,
): readonly LiveBucket[] {
  const lengthMs = bucketMsOf(resolution);
  const buckets: { -readonly [Key in keyof LiveBucket]: LiveBucket[Key] }[] = [];
  const first = firstWhere(0, samples.length, (index) => (samples[index]?.atMs ?? 0) >= fromMs);
  for (let index = first; index < samples.length; index += 1) {
    const sample = samples[index];
    if (sample === undefined || sample.atMs >= toMs) break;
    const { atMs, rate, intervalHours } = sample;
    const startMs = Math.floor(atMs / lengthMs) * lengthMs;
    const bucket = buckets.at(-1);
    if (bucket?.fromMs !== startMs) {
      const rates = { open: rate, high: rate, low: rate, close: rate };
      buckets.push({ fromMs: startMs, ...rates, samples: 1, intervalHours });
      continue;
    }
    bucket.high = Math.max(bucket.high, rate);
    bucket.low = Math.min(bucket.low, rate);
    bucket.close = rate;
    bucket.samples += 1;
    if (bucket.intervalHours !== intervalHours) bucket.intervalHours = null;
  }
  return buckets;
}
