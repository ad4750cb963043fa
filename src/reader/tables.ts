import type { SeriesRow } from "../db/history/past-reader.ts";
import { HOUR_MS } from "../domain/funding.ts";
import { type FlatCell, type FlatSpec, flatTable } from "../lib/flat-table.ts";
import { groupsOf } from "../lib/groups.ts";
import type { Stepwise } from "../lib/stepwise.ts";
import { cumulative } from "../services/history/cumulative.ts";
import {
  CUMULATIVE_COLUMNS,
  type CumulativeRow,
  MAX_SCANNED,
  type SeriesCells,
  type TableAnswer,
  type TableQuery,
} from "../services/history/cumulative-table.ts";
import { chosenSeries } from "./chosen-series.ts";
import { judgedPasts, type KnownPast, type SeriesPast, withPrices } from "./known-past.ts";

/** What each series charged over the range. */
export function* cumulativeTable(
  known: KnownPast,
  query: TableQuery,
): Stepwise<TableAnswer<CumulativeRow>> {
  return yield* tableOf(known, query, CUMULATIVE_COLUMNS, (past) => cumulativeRow(past, query));
}

/** Tables are as of full minutes: what was first seen within one is in its table. */
const STEP_MS = 60_000;

/** A row for each series that exists in the range, unless that takes too many payments. */
export function* tableOf<Row extends { readonly [Name in keyof Row]: FlatCell }>(
  known: KnownPast,
  { filter, range, asOfMs }: TableQuery,
  spec: FlatSpec<Row>,
  rowOf: (past: SeriesPast) => Row | null,
): Stepwise<TableAnswer<Row>> {
  const { past } = known;
  const chosen = chosenSeries(past, filter).filter(
    ({ endedAtMs, firstSeenMs }) =>
      (endedAtMs === null || endedAtMs >= range.fromMs) && firstSeenMs < asOfMs + STEP_MS,
  );
  const groups = groupsOf(chosen, groupSize(range));
  let payments = 0;
  for (const group of groups) {
    const ids = group.map(({ id }) => id);
    payments += past.groups.count(ids, range);
    yield;
  }
  if (payments > MAX_SCANNED) return { kind: "too_wide", payments };
  const rows: Row[] = [];
  for (const group of groups) {
    for (const one of judgedPasts(known, group, range, asOfMs)) {
      const row = rowOf(yield* withPrices(known, one, range));
      if (row !== null) rows.push(row);
      yield;
    }
  }
  return { kind: "table", table: yield* flatTable(spec, rows) };
}

/** Read in one step: a few milliseconds. */
const HOURS_PER_STEP = 4_096;
const SERIES_PER_STEP = 16;

/** Few series of a long range, more of a short one. */
function groupSize({ fromMs, toMs }: TableQuery["range"]): number {
  const hours = Math.max(1, (toMs - fromMs) / HOUR_MS);
  return Math.min(SERIES_PER_STEP, Math.max(1, Math.floor(HOURS_PER_STEP / hours)));
}

function cumulativeRow(
  { series, past }: SeriesPast,
  { range, asOfMs }: TableQuery,
): CumulativeRow | null {
  const of = cumulative(past, range, asOfMs);
  // An instrument that had ended before, or nothing is known of.
  if (of.count + of.unpriced === 0 && (of.expected ?? 0) === 0 && series.endedAtMs !== null)
    return null;
  const { longestRun: run, lacking, ...figures } = of;
  return {
    ...seriesCells(series),
    ...figures,
    isComplete: lacking.length === 0 && of.unpriced === 0,
    runSign: run?.sign ?? null,
    runCount: run?.count ?? null,
    runHours: run?.hours ?? null,
    runFirstSlotMs: run?.firstSlotMs ?? null,
    runLastSlotMs: run?.lastSlotMs ?? null,
  };
}

export function seriesCells(series: SeriesRow): SeriesCells {
  const { uid, exchange, exchangeSymbol, base, quote, assetClass, accrual } = series;
  return { uid, exchange, exchangeSymbol, base, quote, assetClass, accrual };
}
