import {
  ColumnsBuilder,
  lastUpTo,
  MARKET_FIELDS,
  type SampleColumns,
  valueAt,
} from "./codec/columns.ts";
import { HOUR_S, hourOf } from "./sample-times.ts";

/** The last sample of each hour, with the last prices and amounts of that hour. */
export function framesOf(columns: SampleColumns): SampleColumns {
  const { times, rates, intervals, nextTimes, market } = columns;
  const frames = new ColumnsBuilder();
  for (let index = 0; index < times.length; index += 1) {
    const time = times[index] ?? Number.NaN;
    const following = times[index + 1] ?? Number.POSITIVE_INFINITY;
    if (following < hourOf(time) + HOUR_S) continue;
    frames.add(
      time,
      rates[index] ?? Number.NaN,
      valueAt(intervals, index),
      valueAt(nextTimes, index),
    );
    const place = lastUpTo(market.at, index);
    const at = times[market.at[place] ?? -1] ?? Number.NaN;
    if (hourOf(at) === hourOf(time))
      frames.addMarket(MARKET_FIELDS.map((field) => market[field][place] ?? Number.NaN));
  }
  return frames.columns();
}

/** Seconds between two samples of a thinned month. */
const THINNED_EVERY_S = 300;

/** The times that a thinned month keeps: the first refresh in each five minutes. */
export function thinnedAxis(axis: Float64Array): Float64Array {
  let last = Number.NaN;
  return axis.filter((time) => {
    const period = Math.floor(time / THINNED_EVERY_S);
    const isFirst = period !== last;
    last = period;
    return isFirst;
  });
}

/** The samples at those times, with the first prices and amounts of each hour, as far as they are at one of them. */
export function thinned(columns: SampleColumns, axis: Float64Array): SampleColumns {
  const { times, rates, intervals, nextTimes, market } = columns;
  const kept = new Set(axis);
  const builder = new ColumnsBuilder();
  let marketHour = Number.NaN;
  let place = 0;
  for (let index = 0; index < times.length; index += 1) {
    const time = times[index] ?? Number.NaN;
    while ((market.at[place] ?? Number.POSITIVE_INFINITY) < index) place += 1;
    if (!kept.has(time)) continue;
    builder.add(
      time,
      rates[index] ?? Number.NaN,
      valueAt(intervals, index),
      valueAt(nextTimes, index),
    );
    if (market.at[place] !== index || hourOf(time) === marketHour) continue;
    marketHour = hourOf(time);
    builder.addMarket(MARKET_FIELDS.map((field) => market[field][place] ?? Number.NaN));
  }
  return builder.columns();
}
