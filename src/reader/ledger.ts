import { NOT_STARTED } from "../db/history/backfill-repository.ts";
import { chargesOf } from "../domain/charges.ts";
import { flatTable } from "../lib/flat-table.ts";
import type { Stepwise } from "../lib/stepwise.ts";
import { ledgerOf } from "../services/history/charges.ts";
import type { TableQuery } from "../services/history/cumulative-table.ts";
import { rangesWithin, type SlotState } from "../services/history/gap-ledger.ts";
import {
  LACKING_COLUMNS,
  type LackingRow,
  LEDGER_COLUMNS,
  type LedgerAnswer,
  type LedgerQuery,
  type LedgerRow,
} from "../services/history/ledger-table.ts";
import type { KnownPast, SeriesPast } from "./known-past.ts";
import { seriesCells, tableOf } from "./tables.ts";

/** The ledger of each series in the range, and what it lacks. */
export function* ledgerTable(known: KnownPast, query: LedgerQuery): Stepwise<LedgerAnswer> {
  const lacking: LackingRow[] = [];
  let place = 0;
  const answer = yield* tableOf(known, query, LEDGER_COLUMNS, (past) => {
    const { row, ranges } = judged(known, past, query);
    for (const range of ranges.slice(0, query.maxRanges)) lacking.push({ series: place, ...range });
    place += 1;
    return row;
  });
  return answer.kind === "too_wide"
    ? answer
    : { ...answer, lacking: yield* flatTable(LACKING_COLUMNS, lacking) };
}

function judged(
  known: KnownPast,
  { series, past, backfill: read }: SeriesPast,
  { range, asOfMs }: TableQuery,
) {
  const isWhole = range.fromMs <= 0;
  const ledger = ledgerOf(past, chargesOf(past.stored), isWhole ? null : range.fromMs, asOfMs);
  const ranges = rangesWithin(ledger.ranges, range.fromMs, range.toMs);
  const slotsOf = (state: SlotState): number =>
    ranges.reduce((sum, one) => sum + (one.state === state ? (one.slots ?? 0) : 0), 0);
  const isCounted = ranges.every(({ slots }) => slots !== null);
  const backfill = read ?? NOT_STARTED;
  const row: LedgerRow = {
    ...seriesCells(series),
    expected: isCounted ? ranges.reduce((sum, { slots }) => sum + (slots ?? 0), 0) : null,
    present: slotsOf("present"),
    estimated: slotsOf("estimated"),
    pending: slotsOf("pending"),
    beingBackfilled: slotsOf("being_backfilled"),
    missing: slotsOf("missing"),
    absentAtSource: slotsOf("absent_at_source"),
    isComplete: ranges.every(({ state }) => state === "present"),
    listedAtMs: series.listedAtMs,
    endedAtMs: series.endedAtMs,
    oldestMs: known.past.firstSlotMs(series.id, series.accrual),
    hasHistory: known.withHistory.has(series.exchange),
    readFromMs: backfill.readFromMs,
    readToMs: backfill.readToMs,
    isRead: backfill.complete,
    availableFromMs: backfill.availableFromMs,
    requests: backfill.requests,
    failuresInRow: backfill.failuresInRow,
    failure: backfill.failure,
    attemptedAtMs: backfill.attemptedAtMs,
  };
  return { row, ranges: ranges.filter(({ state }) => state !== "present") };
}
