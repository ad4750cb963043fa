import { lastUpTo, type SampleColumns, valueAt } from "../db/history/codec/columns.ts";
import type { SeriesRow } from "../db/history/past-reader.ts";
import { type Charge, chargesOf, chargesWithin } from "../domain/charges.ts";
import { HOUR_MS } from "../domain/funding.ts";
import { flatTable } from "../lib/flat-table.ts";
import { groupsOf } from "../lib/groups.ts";
import type { Stepwise } from "../lib/stepwise.ts";
import {
  FORECAST_HORIZONS_HOURS,
  FORECAST_TOLERANCE_MS,
  ForecastErrors,
  type ForecastSample,
} from "../services/history/forecast-error.ts";
import {
  FORECAST_COLUMNS,
  type ForecastAnswer,
  type ForecastQuery,
  MAX_SERIES_DAYS,
} from "../services/history/forecast-table.ts";
import type { HistoryRange } from "../services/history/history-query.ts";
import { chosenSeries } from "./chosen-series.ts";
import { judgedPast, type KnownPast } from "./known-past.ts";

const DAY_S = 86_400;

/** Two days of a few series of one exchange are read in one step: some milliseconds. */
const SLICE_S = 2 * DAY_S;
const GROUP_SIZE = 4;

/** After every moment. */
const END = Number.POSITIVE_INFINITY;

/** A series that is being compared. */
interface Compared {
  readonly series: SeriesRow;
  readonly charges: readonly Charge[];
  /** Unix seconds, ascending. */
  readonly moments: Float64Array;
  /** The place of the first moment whose sample is not read yet. */
  next: number;
  readonly samples: ForecastSample[];
}

/** The live rates before the settlements of each series against what was charged. */
export function* forecastTable(
  known: KnownPast,
  { filter, range }: ForecastQuery,
): Stepwise<ForecastAnswer> {
  const all = chosenSeries(known.past, filter).filter(
    ({ endedAtMs, firstSeenMs }) =>
      (endedAtMs === null || endedAtMs >= range.fromMs) && firstSeenMs < range.toMs,
  );
  const periodic = all.filter(({ accrual }) => accrual === "periodic");
  const seriesDays = periodic.length * Math.ceil((range.toMs - range.fromMs) / (DAY_S * 1000));
  if (seriesDays > MAX_SERIES_DAYS) return { kind: "too_wide", seriesDays };
  const errors = new ForecastErrors();
  const unreadable = new Set<string>();
  for (const some of groupsOfExchanges(periodic)) {
    const group: Compared[] = [];
    for (const series of some) {
      const charges = yield* chargesIn(known, series, range);
      group.push({ series, charges, moments: momentsOf(charges), next: 0, samples: [] });
      yield;
    }
    yield* readSamples(known, group, unreadable);
    for (const { series, charges, samples } of group) errors.add(series.exchange, charges, samples);
    yield;
  }
  return {
    kind: "table",
    table: yield* flatTable(FORECAST_COLUMNS, errors.rows()),
    instruments: periodic.length,
    continuous: all.length - periodic.length,
    unreadable: unreadable.size,
  };
}

/** A few series of one exchange at a time. */
function groupsOfExchanges(series: readonly SeriesRow[]): readonly (readonly SeriesRow[])[] {
  return [...Map.groupBy(series, ({ exchange }) => exchange).values()].flatMap((own) =>
    groupsOf(own, GROUP_SIZE),
  );
}

/** Judged with what was paid in the hour that the range ends before, too. */
function* chargesIn(
  known: KnownPast,
  series: SeriesRow,
  range: HistoryRange,
): Stepwise<readonly Charge[]> {
  const { stored } = yield* judgedPast(known, series, range, range.toMs + HOUR_MS);
  return chargesWithin(chargesOf(stored), range);
}

/**
 * Of each moment at a horizon before a charge the last sample, ascending. The samples of the last hour before the range
 * ends are not read, because no horizon is shorter.
 */
function* readSamples(
  { samples }: KnownPast,
  group: readonly Compared[],
  unreadable: Set<string>,
): Stepwise<void> {
  const exchange = group[0]?.series.exchange;
  if (exchange === undefined) return;
  for (;;) {
    const from = Math.min(...group.map(({ moments, next }) => moments[next] ?? END));
    if (from === END) return;
    const end = from + SLICE_S;
    const due = group.filter(({ moments, next }) => (moments[next] ?? END) < end);
    const to = Math.max(...due.map(({ moments }) => moments[lastUpTo(moments, end - 1)] ?? 0)) + 1;
    const { each, damages } = samples.ratesOfEach(
      exchange,
      due.map(({ series }) => series.id),
      from - FORECAST_TOLERANCE_MS / 1000,
      to,
    );
    for (const { start } of damages) unreadable.add(`${exchange} ${start}`);
    for (const [place, one] of due.entries()) {
      const columns = each[place];
      if (columns !== undefined) take(one, columns, end);
    }
    yield;
  }
}

/** Takes the last sample of each moment before `end`. */
function take(one: Compared, columns: SampleColumns, end: number): void {
  for (; (one.moments[one.next] ?? END) < end; one.next += 1) {
    const index = lastUpTo(columns.times, one.moments[one.next] ?? 0);
    const atMs = (columns.times[index] ?? 0) * 1000;
    if (index >= 0 && atMs !== one.samples.at(-1)?.atMs)
      one.samples.push(sampleAt(columns, index, atMs));
  }
}

/** Unix seconds, ascending. */
function momentsOf(charges: readonly Charge[]): Float64Array {
  const moments = FORECAST_HORIZONS_HOURS.flatMap((hours) =>
    charges.map(({ slotMs }) => (slotMs - hours * HOUR_MS) / 1000),
  );
  return Float64Array.from(moments).toSorted();
}

function sampleAt(
  { rates, intervals, nextTimes }: SampleColumns,
  index: number,
  atMs: number,
): ForecastSample {
  const nextTime = numberOrNull(valueAt(nextTimes, index));
  return {
    atMs,
    rate: rates[index] ?? Number.NaN,
    intervalHours: numberOrNull(valueAt(intervals, index)),
    nextFundingAtMs: nextTime === null ? null : nextTime * 1000,
  };
}

function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
