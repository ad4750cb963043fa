import type { ExchangeId } from "../../../domain/exchange.ts";
import type { LackingRow, LedgerRow } from "../../../services/history/ledger-table.ts";
import { lackingItems } from "../../lists/lacking.ts";
import { instrumentPart, knownSeconds } from "../../lists/row-fields.ts";
import type { ExchangeGaps, InstrumentGaps } from "./gap-schema.ts";

/** The ledger of one instrument, with what it lacks. */
export interface LedgerItem {
  readonly row: LedgerRow;
  readonly lacking: readonly LackingRow[];
}

/** One row for each exchange, in the order of their ids. */
export function exchangeGaps(items: readonly LedgerItem[]): ExchangeGaps[] {
  const byExchange = Map.groupBy(items, ({ row }) => row.exchange);
  return [...byExchange]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([exchange, of]) =>
      exchangeRow(
        exchange,
        of.map(({ row }) => row),
      ),
    );
}

function exchangeRow(exchange: ExchangeId, rows: readonly LedgerRow[]): ExchangeGaps {
  const sum = (numberOf: (row: LedgerRow) => number): number =>
    rows.reduce((total, row) => total + numberOf(row), 0);
  const isCounted = rows.every(({ expected }) => expected !== null);
  const oldest = rows.flatMap(({ oldestMs }) => oldestMs ?? []);
  const present = sum((row) => row.present);
  const expected = isCounted ? sum((row) => row.expected ?? 0) : null;
  return {
    exchange,
    has_history: rows.some(({ hasHistory }) => hasHistory),
    instruments: rows.length,
    complete_instruments: sum(({ isComplete }) => Number(isComplete)),
    expected_settlements: expected,
    present,
    estimated: sum((row) => row.estimated),
    pending: sum((row) => row.pending),
    being_backfilled: sum((row) => row.beingBackfilled),
    missing: sum((row) => row.missing),
    absent_at_source: sum((row) => row.absentAtSource),
    completeness_share: shareOf(present, expected),
    instruments_read: sum(({ isRead }) => Number(isRead)),
    instruments_failing: sum(({ failuresInRow }) => Number(failuresInRow > 0)),
    requests: sum((row) => row.requests),
    oldest_at: oldest.length === 0 ? null : knownSeconds(Math.min(...oldest)),
  };
}

/** One instrument. */
export function instrumentGaps(
  { row, lacking }: LedgerItem,
  assetIds: ReadonlyMap<string, string | null>,
): InstrumentGaps {
  return {
    ...instrumentPart({ ...row, assetId: assetIds.get(row.uid) ?? null }),
    accrual: row.accrual,
    has_history: row.hasHistory,
    complete: row.isComplete,
    expected_settlements: row.expected,
    present: row.present,
    estimated: row.estimated,
    pending: row.pending,
    being_backfilled: row.beingBackfilled,
    missing: row.missing,
    absent_at_source: row.absentAtSource,
    completeness_share: shareOf(row.present, row.expected),
    lacking: lackingItems(lacking),
    listed_at: knownSeconds(row.listedAtMs),
    ended_at: knownSeconds(row.endedAtMs),
    oldest_at: knownSeconds(row.oldestMs),
    read_from_at: knownSeconds(row.readFromMs),
    read_to_at: knownSeconds(row.readToMs),
    read_completely: row.isRead,
    available_from_at: knownSeconds(row.availableFromMs),
    requests: row.requests,
    failures_in_row: row.failuresInRow,
    failure: row.failure,
    attempted_at: knownSeconds(row.attemptedAtMs),
  };
}

function shareOf(present: number, expected: number | null): number | null {
  return expected === null || expected === 0 ? null : Math.min(1, present / expected);
}
