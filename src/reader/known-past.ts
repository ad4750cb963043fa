import { type Backfill, NOT_STARTED } from "../db/history/backfill-repository.ts";
import type { PastReader, SeriesRow } from "../db/history/past-reader.ts";
import { pricedHours } from "../db/history/hour-prices.ts";
import type { AccrualRow, SlotRow } from "../db/history/past-rows.ts";
import type { SampleReader } from "../db/history/sample-reader.ts";
import { monthOf } from "../db/history/sample-times.ts";
import type { ExchangeId } from "../domain/exchange.ts";
import type { Accrual } from "../domain/quote.ts";
import {
  type AccruedHour,
  type Charge,
  chargesOf,
  chargesWithin,
  type StoredPast,
} from "../domain/charges.ts";
import { intervalsInForce } from "../domain/intervals-in-force.ts";
import type { AccruedAmount } from "../domain/settlement.ts";
import { firstWhere } from "../domain/sorted-search.ts";
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

/** Whole blocks are judged, so that the interval of a payment does not depend on the range or the page asked for … */
const BLOCK_MS = 8 * 24 * 3_600_000;

/** … with what is next to them on both sides: three distances of the longest interval and one hole. */
const MARGIN_MS = 4 * 24 * 3_600_000;

/** One payment a minute over a year: far more than any exchange has, and a bound for one read. */
const MAX_ROWS = 366 * 24 * 60;

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
  { fromMs, toMs }: HistoryRange,
  asOfMs: number,
): JudgedCharges {
  const firstBlock = Math.floor(fromMs / BLOCK_MS);
  const endBlock = Math.max(firstBlock + 1, Math.ceil(toMs / BLOCK_MS));
  const loaded = { fromMs: firstBlock * BLOCK_MS - MARGIN_MS, toMs: endBlock * BLOCK_MS };
  const charges = blockCharges(
    series,
    known.past.slots(
      series,
      loaded.fromMs,
      Math.min(loaded.toMs + MARGIN_MS, asOfMs + 1),
      MAX_ROWS,
    ),
    { first: firstBlock, end: endBlock },
  );
  const { before, after } = neighbours(known.past, series, charges, loaded, asOfMs);
  const all = [...before, ...charges, ...after];
  const ledger = ledgerOf(
    {
      ...lifeOf(known, series, known.past.backfill(series.id)),
      currentIntervalHours: knownInterval(all, after),
    },
    all,
    Math.max(before[0]?.slotMs ?? loaded.fromMs, startOfLife(known, series)),
    asOfMs,
  );
  return {
    charges: charges.filter(({ slotMs }) => slotMs >= fromMs && slotMs < toMs),
    lacking: lackingWithin(ledger, fromMs, Math.min(toMs, asOfMs + 1)),
  };
}

/**
 * The charges of whole blocks, without their amounts; those in the margins before the first block and after the last
 * stay, because the ledger needs what is around the range.
 */
function blockCharges(
  { accrual }: SeriesRow,
  slots: readonly SlotRow[],
  blocks: { readonly first: number; readonly end: number },
): Charge[] {
  if (accrual === "continuous")
    return slots.map((slot) => ({ ...slot, intervalHours: 1, rate: null }));
  const charges: Charge[] = [];
  for (let block = blocks.first; block < blocks.end; block += 1) {
    const startMs = block * BLOCK_MS;
    const near = slotsBetween(slots, startMs - MARGIN_MS, startMs + BLOCK_MS + MARGIN_MS);
    const intervals = intervalsInForce(near);
    const keepFromMs = block === blocks.first ? startMs - MARGIN_MS : startMs;
    const keepToMs = startMs + BLOCK_MS + (block === blocks.end - 1 ? MARGIN_MS : 0);
    for (const [index, { slotMs, origin }] of near.entries())
      if (slotMs >= keepFromMs && slotMs < keepToMs)
        charges.push({ slotMs, origin, rate: null, intervalHours: intervals[index] ?? null });
  }
  return charges;
}

function slotsBetween(slots: readonly SlotRow[], fromMs: number, toMs: number): readonly SlotRow[] {
  const at = (ms: number) =>
    firstWhere(
      0,
      slots.length,
      (index) => (slots[index]?.slotMs ?? Number.POSITIVE_INFINITY) >= ms,
    );
  return slots.slice(at(fromMs), at(toMs));
}

/** A range in the middle of a long hole has no payments near it: the next ones on both sides show what it lacks. */
function neighbours(
  past: PastReader,
  { id, accrual }: SeriesRow,
  charges: readonly Charge[],
  { fromMs, toMs }: HistoryRange,
  asOfMs: number,
) {
  const isNear = (charge: Charge | undefined, atMs: number): boolean =>
    charge !== undefined && Math.abs(charge.slotMs - atMs) <= MARGIN_MS;
  const before = (): StoredPast =>
    accrual === "continuous"
      ? accruedPast(past.accrualsBefore(id, fromMs, NEIGHBOURS))
      : { kind: "settlements", settlements: past.settlementsBefore(id, fromMs, NEIGHBOURS) };
  const after = (): StoredPast =>
    accrual === "continuous"
      ? accruedPast(past.accruals(id, toMs, asOfMs + 1, NEIGHBOURS))
      : { kind: "settlements", settlements: past.settlements(id, toMs, asOfMs + 1, NEIGHBOURS) };
  return {
    before: charges.length >= NEIGHBOURS && isNear(charges[0], fromMs) ? [] : chargesOf(before()),
    after: isNear(charges.at(-1), toMs) ? [] : chargesOf(after()),
  };
}

/** For a payment whose own interval nothing near it shows: that of the last one before, else of the next one. */
function knownInterval(all: readonly Charge[], after: readonly Charge[]): number | null {
  const isKnown = ({ intervalHours }: Charge): boolean => intervalHours !== null;
  const before = all.slice(0, all.length - after.length).findLast(isKnown);
  return (before ?? after.find(isKnown))?.intervalHours ?? null;
}

/** As many as make a run of equal distances (domain/intervals-in-force). */
const NEIGHBOURS = 4;

/** A series with what is stored of it in a range. */
export function* instrumentPast(
  known: KnownPast,
  series: SeriesRow,
  range: HistoryRange,
): Stepwise<InstrumentPast> {
  const { past } = known;
  const { id, accrual } = series;
  const stored: StoredPast =
    accrual === "continuous"
      ? yield* pricedPast(
          known,
          series,
          past.accruals(id, range.fromMs, range.toMs, MAX_SERIES_ROWS),
        )
      : {
          kind: "settlements",
          settlements: past.settlements(id, range.fromMs, range.toMs, MAX_SERIES_ROWS),
        };
  yield;
  return { ...lifeOf(known, series, past.backfill(id)), stored, currentIntervalHours: null };
}

/** One of several series, with what is stored of it. */
export interface SeriesPast {
  readonly series: SeriesRow;
  /** Hours without prices: see `withPrices`. */
  readonly past: InstrumentPast;
  /** Null before the first attempt. */
  readonly backfill: Backfill | null;
}

/** Several series with all that is stored of them in a range, in their order: four statements. */
export function instrumentPasts(
  known: KnownPast,
  group: readonly SeriesRow[],
  range: HistoryRange,
): readonly SeriesPast[] {
  const { groups } = known.past;
  const idsOf = (wanted: Accrual): number[] =>
    group.flatMap(({ id, accrual }) => (accrual === wanted ? [id] : []));
  const settlements = groups.settlements(idsOf("periodic"), range);
  const hours = groups.accruals(idsOf("continuous"), range);
  const backfills = groups.backfills(group.map(({ id }) => id));
  return group.map((series) => {
    const { id, accrual } = series;
    const backfill = backfills.get(id) ?? null;
    const stored: StoredPast =
      accrual === "continuous"
        ? accruedPast(hours.get(id) ?? [])
        : { kind: "settlements", settlements: settlements.get(id) ?? [] };
    const past = { ...lifeOf(known, series, backfill), stored, currentIntervalHours: null };
    return { series, past, backfill };
  });
}

/** The same with the prices that accrued hours need. */
export function* withPrices(known: KnownPast, one: SeriesPast): Stepwise<SeriesPast> {
  const { series, past } = one;
  if (past.stored.kind === "settlements") return one;
  const stored = yield* pricedPast(known, series, past.stored.hours);
  return { ...one, past: { ...past, stored } };
}

/** Prices are read month by month: a merged month is one blob. */
function* pricedPast(
  { samples }: KnownPast,
  series: SeriesRow,
  hours: readonly AccruedAmount[],
): Stepwise<StoredPast> {
  const priced: AccruedHour[] = [];
  const monthOfHour = ({ hourEndMs }: AccruedAmount) => monthOf(hourEndMs / 1000);
  for (const some of Map.groupBy(hours, monthOfHour).values()) {
    for (const hour of pricedHours(samples, series, some)) priced.push(hour);
    yield;
  }
  return { kind: "accruals", hours: priced };
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

/**
 * Nothing is expected before the listing; if that is unknown, before the first trace of the instrument, unless more of
 * its past is still to be read.
 */
function startOfLife({ past, withHistory }: KnownPast, series: SeriesRow): number {
  const { id, exchange, accrual, listedAtMs, firstSeenMs } = series;
  if (listedAtMs !== null) return listedAtMs;
  const backfill = past.backfill(id) ?? NOT_STARTED;
  if (withHistory.has(exchange) && !backfill.complete) return Number.NEGATIVE_INFINITY;
  const firstMs = Math.min(firstSeenMs, past.firstSlotMs(id, accrual) ?? firstSeenMs);
  return Math.min(firstMs, backfill.readFromMs ?? firstMs) - 1;
}

/** How many accrued hours of a range are in no sum, because no price makes fractions of them. */
export function* unpricedIn(
  known: KnownPast,
  series: SeriesRow,
  range: HistoryRange,
): Stepwise<number> {
  if (series.accrual === "periodic" || range.fromMs >= range.toMs) return 0;
  return unpricedOf(chargesOf((yield* instrumentPast(known, series, range)).stored), range);
}

/** The same of charges. */
export function unpricedOf(charges: readonly Charge[], range: HistoryRange): number {
  return chargesWithin(charges, range).filter(({ rate }) => rate === null).length;
}

function accruedPast(hours: readonly AccrualRow[]): StoredPast {
  return { kind: "accruals", hours: hours.map((hour) => ({ ...hour, markPrice: null })) };
}
