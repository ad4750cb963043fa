import { isBlocked } from "../../domain/flags.ts";
import { HOUR_MS } from "../../domain/funding.ts";
import type { BoardRow, MarketRecord, Snapshot } from "../../domain/market.ts";
import { firstByNumber } from "../../lib/sort-in-parts.ts";
import { type Stepwise, visitEach } from "../../lib/stepwise.ts";
import { type FundingQuery, NO_FILTER, rowMatcher } from "./funding-query.ts";

/** Where the rate of an upcoming settlement comes from: the live rate, or the exchange's own prediction. */
export const RATE_SOURCES = ["live", "predicted"] as const;
export type RateSource = (typeof RATE_SOURCES)[number];

/** One upcoming settlement of one instrument. */
export interface Settlement {
  readonly row: BoardRow;
  /** Unix seconds. */
  readonly settlesAt: number;
  readonly intervalHours: number;
  /** A fraction; null if the exchange has not published it yet. */
  readonly rate: number | null;
  readonly rateSource: RateSource | null;
}

/** Which settlements: those of matching rows, in (as_of, as_of + hours]. */
export interface CalendarQuery {
  /** Its sort is ignored. */
  readonly filter: FundingQuery;
  readonly hours: number;
}

/** The defaults: 8 hours are one interval of most instruments. */
export const CALENDAR_DEFAULTS: CalendarQuery = { filter: NO_FILTER, hours: 8 };

/** How many settlements an answer has by default: the whole market has some ten thousand in eight hours. */
export const CALENDAR_PAGE_DEFAULTS = { limit: 500 } as const;

/** The same for a calendar program: they refresh once an hour or less often, so it gets a day. */
export const CALENDAR_FILE_DEFAULTS: CalendarQuery = { ...CALENDAR_DEFAULTS, hours: 24 };

/** Settlements from index `from` up to but excluding `end`. */
interface Part {
  readonly from: number;
  readonly end: number;
}

const ALL: Part = { from: 0, end: Number.POSITIVE_INFINITY };

/** Settlements in order, as far as requested: two days of the whole market are hundreds of thousands. */
export interface Settlements {
  readonly length: number;
  /** The settlements from index `from` up to but excluding `to`, within the requested part. */
  slice(from: number, to: number): readonly Settlement[];
}

/**
 * The upcoming settlements of a snapshot: periodic funding without a blocking flag, by time, then largest open interest
 * first (unknown last), then exchange and exchange_symbol. Times are in whole seconds, as in responses.
 */
export function* settlementsAhead(
  snapshot: Snapshot,
  query: CalendarQuery,
  { from, end }: Part = ALL,
): Stepwise<Settlements> {
  const { rows, sizes, grids } = yield* settlingRows(snapshot, query);
  const ordered: OrderedSlot[] = [];
  let start = 0;
  for (const { settlesAt, members } of slotsOf(grids, spanOf(snapshot, query))) {
    const count = members.reduce((sum, { ranks }) => sum + ranks.length, 0);
    // What is not shown needs no order.
    if (start < end && start + count > from) {
      const ranks = ranksOf(members, count);
      yield;
      const first = yield* firstByNumber(ranks, (rank) => sizes[rank] ?? UNKNOWN, end - start);
      ordered.push({ settlesAt, start, rows: first.flatMap((rank) => rows[rank] ?? []) });
    }
    start += count;
  }
  return {
    length: start,
    slice: (first, last) => ordered.flatMap((slot) => settlementsIn(slot, first, last)),
  };
}

/** The time range of a query in unix seconds: after `fromS`, up to and including `toS`. */
export interface Span {
  readonly fromS: number;
  readonly toS: number;
}

export function spanOf({ asOfMs }: Snapshot, { hours }: CalendarQuery): Span {
  const fromS = Math.floor(asOfMs / 1000);
  return { fromS, toS: fromS + hours * HOUR_SECONDS };
}

const HOUR_SECONDS = HOUR_MS / 1000;

/** Listings that settle at the same times: at `firstS` and every `stepS` after it, in seconds. */
export interface Grid {
  readonly firstS: number;
  readonly stepS: number;
  /** Indexes of their rows, ascending. */
  readonly ranks: readonly number[];
}

/** Shorter than any interval; bounds how often an instrument can settle within the requested hours. */
const MIN_STEP_SECONDS = 60;

/** The rows whose settlements a query includes, in snapshot order. */
interface SettlingRows {
  readonly rows: readonly BoardRow[];
  /** What orders the rows of one time, ascending: the largest open interest comes first. */
  readonly sizes: readonly number[];
  readonly grids: readonly Grid[];
}

/**
 * The rows whose settlements a query includes, and their grids. A grid continues from the stored time even
 * if that has just passed: until the next refresh the rate is unknown, but the next times are known.
 */
export function* settlingRows(snapshot: Snapshot, query: CalendarQuery): Stepwise<SettlingRows> {
  const matches = rowMatcher(query.filter);
  const rows: BoardRow[] = [];
  const sizes: number[] = [];
  const grids = new Grids();
  yield* visitEach(snapshot.rows, (row) => {
    if (row.record.accrual !== "periodic" || isBlocked(row.flags) || !matches(row)) return;
    const rhythm = rhythmOf(row.record);
    if (rhythm === null) return;
    grids.of(rhythm.firstS, rhythm.stepS).ranks.push(rows.length);
    rows.push(row);
    const { openInterestUsd } = row.record;
    sizes.push(openInterestUsd === null ? UNKNOWN : -openInterestUsd);
  });
  return { rows, sizes, grids: grids.all };
}

/** When a listing settles; null if its time or its interval is not known. */
function rhythmOf({ nextFundingAtMs, fundingIntervalHours: intervalHours }: MarketRecord) {
  if (nextFundingAtMs === null || intervalHours === null) return null;
  const stepS = Math.round(intervalHours * HOUR_SECONDS);
  if (stepS < MIN_STEP_SECONDS) return null;
  return { firstS: Math.floor(nextFundingAtMs / 1000), stepS, intervalHours };
}

interface GridDraft extends Grid {
  readonly ranks: number[];
}

/** The grids of a market, some dozens, in the order of their first listings. */
class Grids {
  readonly all: GridDraft[] = [];
  readonly #byStep = new Map<number, Map<number, GridDraft>>();
  #last: GridDraft | null = null;

  of(firstS: number, stepS: number): GridDraft {
    const last = this.#last;
    // Neighbouring rows are of one exchange and mostly alike.
    if (last !== null && last.firstS === firstS && last.stepS === stepS) return last;
    const grid = this.#byStep.get(stepS)?.get(firstS) ?? this.#add(firstS, stepS);
    this.#last = grid;
    return grid;
  }

  #add(firstS: number, stepS: number): GridDraft {
    const grid = { firstS, stepS, ranks: [] };
    this.all.push(grid);
    this.#byStep.getOrInsertComputed(stepS, () => new Map()).set(firstS, grid);
    return grid;
  }
}

/** All that settles at one time. */
interface Slot {
  readonly settlesAt: number;
  readonly members: readonly Grid[];
}

/** The rows of a slot in order, as far as requested. */
interface OrderedSlot {
  readonly settlesAt: number;
  /** The index of its first settlement. */
  readonly start: number;
  readonly rows: readonly BoardRow[];
}

/** The slots of grids within a span, by time. */
function slotsOf(grids: readonly Grid[], span: Span): readonly Slot[] {
  const slots = new Map<number, Grid[]>();
  for (const grid of grids)
    for (const { settlesAt } of timesIn(grid, span))
      slots.getOrInsertComputed(settlesAt, () => []).push(grid);
  return [...slots]
    .map(([settlesAt, members]) => ({ settlesAt, members }))
    .toSorted((left, right) => left.settlesAt - right.settlesAt);
}

/** The settlements of a grid within a span, with their numbers; the first one of the grid is number 0. */
export function* timesIn(
  { firstS, stepS }: Pick<Grid, "firstS" | "stepS">,
  { fromS, toS }: Span,
): Generator<{ readonly nth: number; readonly settlesAt: number }> {
  const first = firstS > fromS ? 0 : Math.floor((fromS - firstS) / stepS) + 1;
  const last = Math.floor((toS - firstS) / stepS);
  for (let nth = first; nth <= last; nth += 1) yield { nth, settlesAt: firstS + nth * stepS };
}

/** The ranks in some grids, ascending. */
function ranksOf(grids: readonly Grid[], count: number): readonly number[] {
  const ranks = new Uint32Array(count);
  let end = 0;
  for (const grid of grids) {
    ranks.set(grid.ranks, end);
    end += grid.ranks.length;
  }
  return Array.from(ranks.toSorted());
}

/** Sorts an unknown open interest last. */
const UNKNOWN = Number.POSITIVE_INFINITY;

/** The settlements of a slot from index `from` up to but excluding `to`. */
function settlementsIn(
  { settlesAt, start, rows }: OrderedSlot,
  from: number,
  to: number,
): readonly Settlement[] {
  const shown = rows.slice(Math.max(0, from - start), Math.max(0, to - start));
  return shown.flatMap((row) => settlementOf(row, settlesAt) ?? []);
}

function settlementOf(row: BoardRow, settlesAt: number): Settlement | null {
  const rhythm = rhythmOf(row.record);
  if (rhythm === null) return null;
  const { firstS, stepS, intervalHours } = rhythm;
  return { row, settlesAt, intervalHours, ...rateOf(row.record, (settlesAt - firstS) / stepS) };
}

/**
 * The known rate of the `nth` settlement: the live one for the stored next time (0), the predicted one for the time
 * after it. A row that is settling still shows the rate just charged, which says nothing about the next time.
 */
export function rateOf(
  { fundingRate, predictedRate, settling }: MarketRecord,
  nth: number,
): Pick<Settlement, "rate" | "rateSource"> {
  if (nth === 0 && !settling) return { rate: fundingRate, rateSource: "live" };
  if (nth === 1 && predictedRate !== null) return { rate: predictedRate, rateSource: "predicted" };
  return { rate: null, rateSource: null };
}
