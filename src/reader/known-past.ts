import { type Backfill, NOT_STARTED } from "../db/history/backfill-repository.ts";
import type { PastReader, SeriesRow } from "../db/history/past-reader.ts";
import { pricedHours } from "../db/history/hour-prices.ts";
import type { AccrualRow, SettlementRow, SlotRow } from "../db/history/past-rows.ts";
import type { SampleReader } from "../db/history/sample-reader.ts";
import { monthOf } from "../db/history/sample-times.ts";
import type { ExchangeId } from "../domain/exchange.ts";
import type { Accrual } from "../domain/quote.ts";
import {
  type AccruedHour,
  type Charge,
  chargesWithin,
  type StoredPast,
} from "../domain/charges.ts";
import { intervalsInForce } from "../domain/intervals-in-force.ts";
import { judgedRange, judgedRows, type StoredRows, withEarlier } from "../domain/judged-range.ts";
import type { AccruedAmount } from "../domain/settlement.ts";
import type { Stepwise } from "../lib/stepwise.ts";
import { type InstrumentPast, ledgerOf } from "../services/history/charges.ts";
import {
  type BackfillProgress,
  type LedgerRange,
  lackingWithin,
} from "../services/history/gap-ledger.ts";
import type { HistoryRange } from "../services/history/history-query.ts";

/** What a question is answered from. */
export interface KnownPast {
  readonly past: PastReader;
  readonly samples: SampleReader;
  /** Exchanges whose past can be read at the source. */
  readonly withHistory: ReadonlySet<ExchangeId>;
}

/** The charges of one series in a range without amounts, each with the interval that held; and what is lacking. */
export interface JudgedCharges {
  readonly charges: readonly Charge[];
  readonly lacking: readonly LedgerRange[];
}

/**
 * The interval that ended at a slot, null if it is unknown; called in ascending order. Payments are stored while a
 * question is worked on: two readings of one range need not have the same rows.
 */
export function intervalReader(judged: readonly Charge[]): (slotMs: number) => number | null {
  let next = 0;
  return (slotMs) => {
    while ((judged[next]?.slotMs ?? Number.POSITIVE_INFINITY) < slotMs) next += 1;
    const charge = judged[next];
    return charge?.slotMs === slotMs ? charge.intervalHours : null;
  };
}

/** Judges the charges with fromMs <= slot < toMs; nothing after `asOfMs` is taken into account. */
export function judgedCharges(
  known: KnownPast,
  series: SeriesRow,
  range: HistoryRange,
  asOfMs: number,
): JudgedCharges {
  const { past } = known;
  const rows = judgedRows(slotsOf(past, series, asOfMs), range);
  const intervals = series.accrual === "continuous" ? rows.map(() => 1) : intervalsInForce(rows);
  const charges = rows.map(({ slotMs, origin }, index): Charge => ({
    slotMs,
    origin,
    rate: null,
    intervalHours: intervals[index] ?? null,
  }));
  const ledger = ledgerOf(
    lifeOf(known, series, past.backfill(series.id)),
    charges,
    range.fromMs,
    asOfMs,
  );
  return {
    charges: chargesWithin(charges, range),
    lacking: lackingWithin(ledger, range.fromMs, Math.min(range.toMs, asOfMs + 1)),
  };
}

/** The slots of a series up to `asOfMs`. */
function slotsOf(past: PastReader, series: SeriesRow, asOfMs: number): StoredRows<SlotRow> {
  const { id, accrual } = series;
  const endMs = asOfMs + 1;
  return {
    timeOf: ({ slotMs }) => slotMs,
    within: ({ fromMs, toMs }) =>
      past.slots(series, fromMs, Math.min(toMs, endMs), MAX_SERIES_ROWS),
    before: (atMs, count) =>
      accrual === "continuous"
        ? past.accrualsBefore(id, atMs, count).map(slotOfHour)
        : past.settlementsBefore(id, atMs, count),
    after: (atMs, count) => past.slots(series, atMs, endMs, count),
  };
}

function slotOfHour({ hourEndMs }: AccrualRow): SlotRow {
  return { slotMs: hourEndMs, intervalHours: null, origin: null };
}

/** The payments of a series up to `asOfMs`. */
function paymentsOf(
  past: PastReader,
  { id }: SeriesRow,
  asOfMs: number,
): StoredRows<SettlementRow> {
  const endMs = asOfMs + 1;
  return {
    timeOf: ({ slotMs }) => slotMs,
    within: ({ fromMs, toMs }) =>
      past.settlements(id, fromMs, Math.min(toMs, endMs), MAX_SERIES_ROWS),
    before: (atMs, count) => past.settlementsBefore(id, atMs, count),
    after: (atMs, count) => past.settlements(id, atMs, endMs, count),
  };
}

/** The accrued hours of a series up to `asOfMs`. */
function hoursOf(past: PastReader, { id }: SeriesRow, asOfMs: number): StoredRows<AccrualRow> {
  const endMs = asOfMs + 1;
  return {
    timeOf: ({ hourEndMs }) => hourEndMs,
    within: ({ fromMs, toMs }) => past.accruals(id, fromMs, Math.min(toMs, endMs), MAX_SERIES_ROWS),
    before: (atMs, count) => past.accrualsBefore(id, atMs, count),
    after: (atMs, count) => past.accruals(id, atMs, endMs, count),
  };
}

/** A series with what its charges in a range are judged by; only those in the range have prices. */
export function* judgedPast(
  known: KnownPast,
  series: SeriesRow,
  range: HistoryRange,
  asOfMs: number,
): Stepwise<InstrumentPast> {
  const { past } = known;
  const stored: StoredPast =
    series.accrual === "continuous"
      ? yield* pricedPast(known, series, judgedRows(hoursOf(past, series, asOfMs), range), range)
      : {
          kind: "settlements",
          settlements: judgedRows(paymentsOf(past, series, asOfMs), range),
        };
  yield;
  return { ...lifeOf(known, series, past.backfill(series.id)), stored };
}

/** What is stored of a series in a range. */
export function* storedIn(
  known: KnownPast,
  series: SeriesRow,
  range: HistoryRange,
): Stepwise<StoredPast> {
  const { past } = known;
  const { id, accrual } = series;
  const { fromMs, toMs } = range;
  const stored: StoredPast =
    accrual === "continuous"
      ? yield* pricedPast(known, series, past.accruals(id, fromMs, toMs, MAX_SERIES_ROWS), range)
      : {
          kind: "settlements",
          settlements: past.settlements(id, fromMs, toMs, MAX_SERIES_ROWS),
        };
  yield;
  return stored;
}

/** One of several series, with what is stored of it. */
export interface SeriesPast {
  readonly series: SeriesRow;
  /** Hours without prices: see `withPrices`. */
  readonly past: InstrumentPast;
  /** Null before the first attempt. */
  readonly backfill: Backfill | null;
}

/**
 * Several series with what their charges up to `asOfMs` are judged by in a range that begins at `fromMs`, in their
 * order: four statements, and more for a series with a hole there.
 */
export function judgedPasts(
  known: KnownPast,
  group: readonly SeriesRow[],
  range: HistoryRange,
  asOfMs: number,
): readonly SeriesPast[] {
  const { past } = known;
  const read = { fromMs: judgedRange(range).fromMs, toMs: asOfMs + 1 };
  const idsOf = (wanted: Accrual): number[] =>
    group.flatMap(({ id, accrual }) => (accrual === wanted ? [id] : []));
  const settlements = past.groups.settlements(idsOf("periodic"), read);
  const hours = past.groups.accruals(idsOf("continuous"), read);
  const backfills = past.groups.backfills(group.map(({ id }) => id));
  return group.map((series) => {
    const { id, accrual } = series;
    const backfill = backfills.get(id) ?? null;
    const stored: StoredPast =
      accrual === "continuous"
        ? accruedPast(withEarlier(hoursOf(past, series, asOfMs), hours.get(id) ?? [], range))
        : {
            kind: "settlements",
            settlements: withEarlier(
              paymentsOf(past, series, asOfMs),
              settlements.get(id) ?? [],
              range,
            ),
          };
    return { series, past: { ...lifeOf(known, series, backfill), stored }, backfill };
  });
}

/** The same with the prices that the accrued hours of a range need. */
export function* withPrices(
  known: KnownPast,
  one: SeriesPast,
  range: HistoryRange,
): Stepwise<SeriesPast> {
  const { series, past } = one;
  if (past.stored.kind === "settlements") return one;
  const stored = yield* pricedPast(known, series, past.stored.hours, range);
  return { ...one, past: { ...past, stored } };
}

/** Hours with the prices of those in a range, which are read month by month: a merged month is one blob. */
function* pricedPast(
  { samples }: KnownPast,
  series: SeriesRow,
  hours: readonly AccruedAmount[],
  { fromMs, toMs }: HistoryRange,
): Stepwise<StoredPast> {
  const isIn = ({ hourEndMs }: AccruedAmount) => hourEndMs >= fromMs && hourEndMs < toMs;
  const monthOfHour = (hour: AccruedAmount) => (isIn(hour) ? monthOf(hour.hourEndMs / 1000) : null);
  const priced: AccruedHour[] = [];
  for (const [month, some] of Map.groupBy(hours, monthOfHour)) {
    const known = month === null ? some.map(unpriced) : pricedHours(samples, series, some);
    for (const hour of known) priced.push(hour);
    yield;
  }
  return {
    kind: "accruals",
    hours: priced.toSorted((one, other) => one.hourEndMs - other.hourEndMs),
  };
}

function unpriced(hour: AccruedAmount): AccruedHour {
  return { ...hour, markPrice: null };
}

/** Of one series: some forty years of hours. */
const MAX_SERIES_ROWS = 400_000;

function lifeOf({ withHistory }: KnownPast, series: SeriesRow, backfill: Backfill | null) {
  const { exchange, listedAtMs, firstSeenMs, endedAtMs } = series;
  const progress = withHistory.has(exchange) ? progressOf(backfill) : null;
  return { listedAtMs, firstSeenMs, endedAtMs, backfill: progress };
}

function progressOf(backfill: Backfill | null): BackfillProgress {
  const { complete, ...progress } = backfill ?? NOT_STARTED;
  return { ...progress, isComplete: complete };
}

/** How many accrued hours of a range are in no sum, because no price makes fractions of them. */
export function unpricedOf(charges: readonly Charge[], range: HistoryRange): number {
  return chargesWithin(charges, range).filter(({ rate }) => rate === null).length;
}

function accruedPast(hours: readonly AccrualRow[]): StoredPast {
  return { kind: "accruals", hours: hours.map(unpriced) };
}
