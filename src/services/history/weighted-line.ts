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

/**
 * An instrument has not been charged for all of the time yet; no instrument had a rate; too few exchanges had one; enough
 * had one, but too few of them a weight.
 */
type NoLine = "not_charged_yet" | "no_rates" | "too_few_exchanges" | "no_weights";

export interface LinePoint {
  /** The start of the bucket. */
  readonly fromMs: number;
  /** Percent of notional per hour; null if too few exchanges took part. */
  readonly ratePerHourPct: number | null;
  /** Why the rate is null. */
  readonly reason: NoLine | null;
  /** How many instruments took part: those with a rate, and a weight above 0 if they are weighted. */
  readonly instruments: number;
  /** The number of their exchanges. */
  readonly exchanges: number;
  /** The sum of their weights in US dollars; null if each weighs the same. */
  readonly weightUsd: number | null;
  /** How many had a rate but no recent weight above 0: they did not take part. */
  readonly withoutWeight: number;
}

/** An older weight says nothing: those of old samples are an hour apart. */
export const MAX_WEIGHT_AGE_MS = 2 * HOUR_MS;

/** The buckets of a range: those that begin in it, and the one that contains its start. */
export class Buckets {
  readonly lengthMs: number;
  readonly count: number;
  readonly #fromMs: number;
  readonly toMs: number;
  readonly #firstMs: number;

  constructor({ fromMs, toMs }: TimeRange, resolution: BucketResolution) {
    this.lengthMs = bucketMsOf(resolution);
    this.#fromMs = fromMs;
    this.toMs = toMs;
    this.#firstMs = Math.floor(fromMs / this.lengthMs) * this.lengthMs;
    this.count = fromMs < toMs ? Math.ceil((toMs - this.#firstMs) / this.lengthMs) : 0;
  }

  startMs(index: number): number {
    return this.#firstMs + index * this.lengthMs;
  }

  /** Below 0 or not below `count` for a time outside. */
  indexOf(atMs: number): number {
    return Math.floor((atMs - this.#firstMs) / this.lengthMs);
  }

  /** The part of a time that is in the range. */
  clipped(fromMs: number, toMs: number): TimeRange {
    return { fromMs: Math.max(fromMs, this.#fromMs), toMs: Math.min(toMs, this.toMs) };
  }

  contains(atMs: number): boolean {
    return atMs >= this.#fromMs && atMs < this.toMs;
  }
}

/** The rates of one instrument in each bucket, and what it weighed then. */
export class InstrumentLine {
  readonly #buckets: Buckets;
  /** The sum of rates per hour, times what they count, by bucket. */
  readonly #sums: Float64Array;
  readonly #counted: Float64Array;
  /** From this bucket on it has not been charged for all of the time yet. */
  #pendingFrom = Number.POSITIVE_INFINITY;
  /** NaN where unknown; null: each instrument weighs the same. */
  readonly #weights: Float64Array | null;

  constructor(buckets: Buckets, isWeighted: boolean) {
    this.#buckets = buckets;
    this.#sums = new Float64Array(buckets.count);
    this.#counted = new Float64Array(buckets.count);
    this.#weights = isWeighted ? new Float64Array(buckets.count).fill(Number.NaN) : null;
  }

  /** Adds a charge for the part of each bucket that it was charged for; unknown amounts and intervals do not count. */
  charge({ slotMs, rate, intervalHours }: Charge): void {
    if (rate === null || intervalHours === null) return;
    const buckets = this.#buckets;
    const { fromMs, toMs } = buckets.clipped(slotMs - intervalHours * HOUR_MS, slotMs);
    // At most 25 buckets: an interval is a day at most.
    for (let atMs = fromMs; atMs < toMs;) {
      const index = buckets.indexOf(atMs);
      const nextMs = Math.min(toMs, buckets.startMs(index + 1));
      this.#add(index, Number(rate) / intervalHours, nextMs - atMs);
      atMs = nextMs;
    }
  }

  /** What has passed since a moment will be charged at a slot that is still to come. */
  pendingFrom(atMs: number): void {
    if (atMs < this.#buckets.toMs) this.#pendingFrom = this.#buckets.indexOf(atMs);
  }

  isPending(index: number): boolean {
    return index >= this.#pendingFrom;
  }

  /** Adds a live rate; one of unknown interval does not count. */
  sample({ atMs, rate, intervalHours }: RateSample): void {
    if (intervalHours === null || !this.#buckets.contains(atMs)) return;
    this.#add(this.#buckets.indexOf(atMs), rate / intervalHours, 1);
  }

  /** The weight from a moment on, for the bucket of the moment and those that begin soon; in ascending order. */
  weigh({ atMs, usd }: WeightSample): void {
    if (this.#weights === null) return;
    const first = Math.max(0, this.#buckets.indexOf(atMs));
    const last = Math.min(this.#buckets.count - 1, this.#buckets.indexOf(atMs + MAX_WEIGHT_AGE_MS));
    for (let index = first; index <= last; index += 1) this.#weights[index] = usd;
  }

  /** The mean rate per hour, a fraction; null if there is none. */
  ratePerHour(index: number): number | null {
    const counted = this.#counted[index] ?? 0;
    return counted > 0 ? (this.#sums[index] ?? 0) / counted : null;
  }

  /** Above 0; null: unknown or nothing. */
  weight(index: number): number | null {
    if (this.#weights === null) return 1;
    const usd = this.#weights[index] ?? Number.NaN;
    return usd > 0 ? usd : null;
  }

  #add(index: number, perHour: number, counts: number): void {
    this.#sums[index] = (this.#sums[index] ?? 0) + perHour * counts;
    this.#counted[index] = (this.#counted[index] ?? 0) + counts;
  }
}

/** One point for each bucket, from instruments that are added one after the other. */
export class WeightedLine {
  readonly #buckets: Buckets;
  readonly #isWeighted: boolean;
  readonly #points;

  constructor(buckets: Buckets, isWeighted: boolean) {
    this.#buckets = buckets;
    this.#isWeighted = isWeighted;
    this.#points = Array.from({ length: buckets.count }, () => ({
      mean: new WeightedMean(),
      instruments: 0,
      exchanges: new Set<string>(),
      /** Those with a rate, with or without a weight. */
      rated: new Set<string>(),
      weightUsd: 0,
      withoutWeight: 0,
      isPending: false,
    }));
  }

  /** The number of buckets in which it took part. */
  add(exchange: string, instrument: InstrumentLine): number {
    let points = 0;
    for (const [index, point] of this.#points.entries()) {
      point.isPending ||= instrument.isPending(index);
      const rate = instrument.ratePerHour(index);
      if (rate === null) continue;
      point.rated.add(exchange);
      const weight = instrument.weight(index);
      if (weight === null) {
        point.withoutWeight += 1;
        continue;
      }
      points += 1;
      point.mean.add(rate, weight);
      point.instruments += 1;
      point.exchanges.add(exchange);
      point.weightUsd += weight;
    }
    return points;
  }

  /** The points; with fewer exchanges than `minExchanges` a rate would be theirs and not the market's. */
  points(minExchanges: number): readonly LinePoint[] {
    return this.#points.map(({ mean, exchanges, rated, weightUsd, ...point }, index) => {
      const { value } = mean;
      const isKnown = value !== null && exchanges.size >= minExchanges && !point.isPending;
      return {
        fromMs: this.#buckets.startMs(index),
        ratePerHourPct: isKnown ? fractionToPct(value) + 0 : null,
        reason: isKnown ? null : reasonOf(rated.size, minExchanges, point.isPending),
        instruments: point.instruments,
        exchanges: exchanges.size,
        weightUsd: this.#isWeighted ? weightUsd : null,
        withoutWeight: point.withoutWeight,
      };
    });
  }
}

/** Why there is no rate, given the number of exchanges with one of their own. */
function reasonOf(rated: number, minExchanges: number, isPending: boolean): NoLine {
  // Without it, the last hours would be those of the instruments that pay most often.
  if (isPending) return "not_charged_yet";
  if (rated === 0) return "no_rates";
  return rated < minExchanges ? "too_few_exchanges" : "no_weights";
}
