/**
 * One line over all instruments of an asset: the mean of their rates per hour, equal or by open interest or volume.
 * A settlement counts in the hours that it was charged for, the interval up to its slot, so that instruments of
 * different intervals meet in every bucket. Times are unix ms.
 */
import { fractionToPct, HOUR_MS } from "../../domain/funding.ts";
import { WeightedMean } from "../../domain/statistics.ts";
import type { Charge, TimeRange } from "../../domain/charges.ts";
import { bucketMsOf, type BucketResolution, type RateSample } from "./series.ts";

/** What an instrument weighed at a moment, in US dollars of open interest or volume. */
export interface WeightSample {
  readonly atMs: number;
  readonly usd: number;
}

export type RatesOfLine =
  | { readonly kind: "settled"; readonly charges: readonly Charge[] }
  | { readonly kind: "live"; readonly samples: readonly RateSample[] };

export interface LineInstrument {
  readonly uid: string;
  /** Ascending; settlements up to one interval after the range, which were charged for a part of it. */
  readonly rates: RatesOfLine;
  /** Ascending; null: each instrument weighs the same. */
  readonly weights: readonly WeightSample[] | null;
}

export interface LinePoint {
  /** The start of the bucket. */
  readonly fromMs: number;
  /** Percent of notional per hour; null if no instrument has both a rate and a weight above 0. */
  readonly ratePerHourPct: number | null;
  /** Those that took part: places in the list that was given, ascending. */
  readonly instruments: readonly number[];
  /** The sum of their weights in US dollars; null if each weighs the same. */
  readonly weightUsd: number | null;
  /** How many had a rate but no recent weight: they did not take part. */
  readonly withoutWeight: number;
}

/** An older weight says nothing: those of old samples are an hour apart. */
const MAX_WEIGHT_AGE_MS = 2 * HOUR_MS;

/** One point for each bucket that begins in the range or contains its start. */
export function weightedLine(
  instruments: readonly LineInstrument[],
  range: TimeRange,
  resolution: BucketResolution,
): readonly LinePoint[] {
  const buckets = new Buckets(range, bucketMsOf(resolution));
  const points = buckets.starts().map((fromMs) => ({
    fromMs,
    mean: new WeightedMean(),
    instruments: [] as number[],
    weightUsd: 0,
    withoutWeight: 0,
  }));
  const isWeighted = instruments.some(({ weights }) => weights !== null);
  for (const [place, { rates, weights }] of instruments.entries()) {
    const means =
      rates.kind === "settled"
        ? buckets.ofCharges(rates.charges)
        : buckets.ofSamples(rates.samples);
    const weightOf = weightReader(weights, buckets.lengthMs);
    for (const [index, point] of points.entries()) {
      const perHour = means[index] ?? Number.NaN;
      if (Number.isNaN(perHour)) continue;
      const weight = weightOf(point.fromMs);
      if (weight === null) {
        point.withoutWeight += 1;
        continue;
      }
      point.mean.add(perHour, weight);
      point.instruments.push(place);
      point.weightUsd += weight;
    }
  }
  return points.map(({ fromMs, mean, instruments: places, weightUsd, withoutWeight }) => ({
    fromMs,
    ratePerHourPct: mean.value === null ? null : fractionToPct(mean.value) + 0,
    instruments: places,
    weightUsd: isWeighted ? weightUsd : null,
    withoutWeight,
  }));
}

/** The newest weight before the end of a bucket; called in ascending order. */
function weightReader(
  weights: readonly WeightSample[] | null,
  lengthMs: number,
): (fromMs: number) => number | null {
  if (weights === null) return () => 1;
  let next = 0;
  return (fromMs) => {
    while ((weights[next]?.atMs ?? Number.POSITIVE_INFINITY) < fromMs + lengthMs) next += 1;
    const newest = weights[next - 1];
    return newest !== undefined && fromMs - newest.atMs <= MAX_WEIGHT_AGE_MS ? newest.usd : null;
  };
}

/** The buckets of a range. Means are NaN where there is no rate. */
class Buckets {
  readonly lengthMs: number;
  readonly #fromMs: number;
  readonly #toMs: number;
  readonly #firstMs: number;
  readonly #count: number;

  constructor({ fromMs, toMs }: TimeRange, lengthMs: number) {
    this.lengthMs = lengthMs;
    this.#fromMs = fromMs;
    this.#toMs = toMs;
    this.#firstMs = Math.floor(fromMs / lengthMs) * lengthMs;
    this.#count = Math.max(0, Math.ceil((toMs - this.#firstMs) / lengthMs));
  }

  starts(): readonly number[] {
    return Array.from({ length: this.#count }, (_, index) => this.#firstMs + index * this.lengthMs);
  }

  /** The mean per hour over the part of each bucket for which something was charged. */
  ofCharges(charges: readonly Charge[]): Float64Array {
    const rates = new Float64Array(this.#count);
    const covered = new Float64Array(this.#count);
    for (const { slotMs, rate, intervalHours } of charges) {
      if (rate === null || intervalHours === null) continue;
      const startMs = Math.max(slotMs - intervalHours * HOUR_MS, this.#fromMs);
      const endMs = Math.min(slotMs, this.#toMs);
      const perHour = Number(rate) / intervalHours;
      // At most 25 buckets: an interval is a day at most.
      for (let atMs = startMs; atMs < endMs;) {
        const index = this.#indexOf(atMs);
        const nextMs = Math.min(endMs, this.#firstMs + (index + 1) * this.lengthMs);
        rates[index] = (rates[index] ?? 0) + perHour * (nextMs - atMs);
        covered[index] = (covered[index] ?? 0) + nextMs - atMs;
        atMs = nextMs;
      }
    }
    return rates.map((sum, index) => sum / (covered[index] ?? 0));
  }

  /** The mean per hour of the samples of each bucket; samples of unknown interval do not count. */
  ofSamples(samples: readonly RateSample[]): Float64Array {
    const rates = new Float64Array(this.#count);
    const counts = new Float64Array(this.#count);
    for (const { atMs, rate, intervalHours } of samples) {
      if (atMs < this.#fromMs || atMs >= this.#toMs || intervalHours === null) continue;
      const index = this.#indexOf(atMs);
      rates[index] = (rates[index] ?? 0) + rate / intervalHours;
      counts[index] = (counts[index] ?? 0) + 1;
    }
    return rates.map((sum, index) => sum / (counts[index] ?? 0));
  }

  #indexOf(atMs: number): number {
    return Math.floor((atMs - this.#firstMs) / this.lengthMs);
  }
}
