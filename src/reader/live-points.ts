import type { Changes, SampleColumns } from "../db/history/codec/columns.ts";
import type { SeriesRow } from "../db/history/past-reader.ts";
import type { SampleReader } from "../db/history/sample-reader.ts";
import { DAY_S, dayOf, nextMonthOf } from "../db/history/sample-times.ts";
import type { Stepwise } from "../lib/stepwise.ts";
import type { HistoryRange } from "../services/history/history-query.ts";
import type { LivePointRow } from "../services/history/live-page.ts";

/** Samples of a series and where they are read from, none of them before `firstS` (unix seconds). */
export interface Sampled {
  readonly samples: SampleReader;
  readonly firstS: number;
  /** Collects the hours, days and months of an exchange that were damaged, and left out. */
  readonly damaged: Set<string>;
}

export function sampledIn({ samples }: { readonly samples: SampleReader }): Sampled {
  const firstS = samples.firstTime() ?? Number.POSITIVE_INFINITY;
  return { samples, firstS, damaged: new Set() };
}

/**
 * Reads the samples of a range (unix ms) month by month, each in one step of some milliseconds, until `take` has enough:
 * a merged month is one blob, which smaller steps would read again and again. No bucket reaches into another month.
 */
export function* eachMonth(
  { samples, firstS, damaged }: Sampled,
  series: SeriesRow,
  { fromMs, toMs }: HistoryRange,
  {
    withMarket,
    take,
  }: { withMarket: boolean; take: (columns: SampleColumns) => "enough" | "more" },
): Stepwise<void> {
  const end = Math.ceil(toMs / 1000);
  let at = Math.max(Math.ceil(fromMs / 1000), firstS);
  while (at < end) {
    const next = Math.min(end, nextMonthOf(at));
    const { columns, damages } = samples.read(series, at, next, { withMarket });
    for (const { start } of damages) damaged.add(`${series.exchange} ${start}`);
    yield;
    if (take(columns) === "enough") return;
    at = next;
  }
}

/** The longest span that is read at once to find a sample: about a month. */
const MAX_SPAN_S = 32 * DAY_S;

/**
 * The time of the first sample of a series before `endMs`, unix ms; null if it has none. Most series have samples of the
 * first day there is, so it is read in spans that begin with a day, and double.
 */
export function* firstSampleMs(
  { samples, firstS }: Sampled,
  series: SeriesRow,
  endMs: number,
): Stepwise<number | null> {
  const end = Math.ceil(endMs / 1000);
  let at = firstS;
  for (let spanS = DAY_S; at < end; spanS = Math.min(2 * spanS, MAX_SPAN_S)) {
    const next = Math.min(end, dayOf(at) + spanS);
    const [first] = samples.read(series, at, next, { withMarket: false }).columns.times;
    if (first !== undefined) return first * 1000;
    yield;
    at = next;
  }
  return null;
}

/** Samples with the interval and the next time that held; prices and amounts only where they were sampled. */
export function* sampleRows({
  times,
  rates,
  intervals,
  nextTimes,
  market,
}: SampleColumns): Generator<Omit<LivePointRow, "series">> {
  const intervalAt = changeReader(intervals);
  const nextTimeAt = changeReader(nextTimes);
  let sampled = 0;
  for (const [index, time] of times.entries()) {
    // A place after the last one has no value.
    const place = market.at[sampled] === index ? sampled : market.at.length;
    if (place === sampled) sampled += 1;
    const nextTime = nextTimeAt(index);
    yield {
      atMs: time * 1000,
      rate: rates[index] ?? Number.NaN,
      intervalHours: intervalAt(index),
      nextFundingAtMs: nextTime === null ? null : nextTime * 1000,
      markPrice: known(market.markPrices[place]),
      indexPrice: known(market.indexPrices[place]),
      openInterestUsd: known(market.openInterestUsd[place]),
      volume24hUsd: known(market.volume24hUsd[place]),
    };
  }
}

/** The value that holds at a sample; called in ascending order. */
export function changeReader({ at, values }: Changes): (index: number) => number | null {
  let next = 0;
  return (index) => {
    while ((at[next] ?? Number.POSITIVE_INFINITY) <= index) next += 1;
    return known(values[next - 1]);
  };
}

function known(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
