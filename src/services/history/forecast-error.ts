/** How far the live rate some hours before a settlement was from what was then charged. Times are unix ms. */
import { fractionToPct, HOUR_MS } from "../../domain/funding.ts";
import { quantileOfSorted } from "../../domain/statistics.ts";
import type { Charge } from "../../domain/charges.ts";

/** How many hours before the slot. */
export const FORECAST_HORIZONS_HOURS = [1, 2, 4] as const;

/** A live rate counts if it was sampled at most this long before the moment: five refreshes. */
export const FORECAST_TOLERANCE_MS = 5 * 60_000;

export interface ForecastErrorQuery {
  /** The time up to now of which settlements are compared. */
  readonly days: number;
}

/** The defaults. */
export const FORECAST_ERROR_DEFAULTS: ForecastErrorQuery = { days: 7 };

/** A live rate of a periodic contract. */
export interface ForecastSample {
  readonly atMs: number;
  /** A fraction per interval. */
  readonly rate: number;
  /** Null: unknown. */
  readonly intervalHours: number | null;
  /** The settlement that it was published for; null: unknown. */
  readonly nextFundingAtMs: number | null;
}

/** One exchange, interval and horizon. Differences are live minus charged, in percent of notional per interval. */
export interface ForecastError {
  readonly exchange: string;
  readonly intervalHours: number;
  readonly horizonHours: number;
  readonly count: number;
  /** The mean difference: above 0, the live rate was too high. */
  readonly biasPct: number;
  readonly p10Pct: number;
  readonly p50Pct: number;
  readonly p90Pct: number;
}

/** Collects instruments one by one, so that their samples need not be in memory together. */
export class ForecastErrors {
  readonly #groups = new Map<string, Group>();

  /**
   * The charges in the range and the samples from four hours before it on, both ascending. A settlement counts only as
   * known from the exchange, for horizons shorter than its interval: before that the live rate was for the one before.
   */
  add(exchange: string, charges: readonly Charge[], samples: readonly ForecastSample[]): void {
    for (const horizonHours of FORECAST_HORIZONS_HOURS) {
      let next = 0;
      for (const { slotMs, rate, intervalHours, origin } of charges) {
        const momentMs = slotMs - horizonHours * HOUR_MS;
        while ((samples[next]?.atMs ?? Number.POSITIVE_INFINITY) <= momentMs) next += 1;
        const sample = samples[next - 1];
        if (sample === undefined || momentMs - sample.atMs > FORECAST_TOLERANCE_MS) continue;
        if (rate === null || intervalHours === null || intervalHours <= horizonHours) continue;
        if (origin !== "exchange" && origin !== "row") continue;
        if (!isFor(sample, slotMs, intervalHours)) continue;
        this.#group(exchange, intervalHours, horizonHours).add(sample.rate - Number(rate));
      }
    }
  }

  /** By exchange, interval and horizon; groups without a settlement are left out. */
  rows(): readonly ForecastError[] {
    return [...this.#groups.values()]
      .map((group) => group.row())
      .toSorted(
        (left, right) =>
          (left.exchange < right.exchange ? -1 : left.exchange > right.exchange ? 1 : 0) ||
          left.intervalHours - right.intervalHours ||
          left.horizonHours - right.horizonHours,
      );
  }

  #group(exchange: string, intervalHours: number, horizonHours: number): Group {
    const key = `${exchange} ${intervalHours} ${horizonHours}`;
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const group = new Group(exchange, intervalHours, horizonHours);
    this.#groups.set(key, group);
    return group;
  }
}

/** Slots are rounded to the minute, next times may have jitter. */
const SAME_SLOT_MS = 2 * 60_000;

/** Whether the rate was published for this settlement: at the same interval and, where known, time. */
function isFor(
  { intervalHours, nextFundingAtMs }: ForecastSample,
  slotMs: number,
  chargedHours: number,
): boolean {
  if (intervalHours !== null && intervalHours !== chargedHours) return false;
  return nextFundingAtMs === null || Math.abs(nextFundingAtMs - slotMs) <= SAME_SLOT_MS;
}

/**
 * Differences kept of one group: 64 KB. Beyond it every second one is dropped, and so on: percentiles then rest on an
 * even selection of at least half as many, bias and count on all.
 */
export const MAX_KEPT_DIFFERENCES = 8192;

class Group {
  readonly #exchange: string;
  readonly #intervalHours: number;
  readonly #horizonHours: number;
  #count = 0;
  #sum = 0;
  #kept: number[] = [];
  #step = 1;

  constructor(exchange: string, intervalHours: number, horizonHours: number) {
    this.#exchange = exchange;
    this.#intervalHours = intervalHours;
    this.#horizonHours = horizonHours;
  }

  add(difference: number): void {
    if (this.#count % this.#step === 0) {
      if (this.#kept.length === MAX_KEPT_DIFFERENCES) {
        this.#kept = this.#kept.filter((_, index) => index % 2 === 0);
        this.#step *= 2;
      }
      if (this.#count % this.#step === 0) this.#kept.push(difference);
    }
    this.#count += 1;
    this.#sum += difference;
  }

  /** Called only once a difference was added. */
  row(): ForecastError {
    const sorted = Float64Array.from(this.#kept).toSorted();
    const pct = (share: number): number => fractionToPct(quantileOfSorted(sorted, share) ?? 0) + 0;
    return {
      exchange: this.#exchange,
      intervalHours: this.#intervalHours,
      horizonHours: this.#horizonHours,
      count: this.#count,
      biasPct: fractionToPct(this.#sum / this.#count) + 0,
      p10Pct: pct(0.1),
      p50Pct: pct(0.5),
      p90Pct: pct(0.9),
    };
  }
}
