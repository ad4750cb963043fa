import { isBlocked } from "../../domain/flags.ts";
import { HOUR_MS } from "../../domain/funding.ts";
import type { BoardRow, Snapshot } from "../../domain/market.ts";
import { filterEach, type Stepwise, visitEach } from "../../lib/stepwise.ts";
import { type FundingQuery, NO_FILTER, rowMatcher, sortRows } from "./funding-query.ts";

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

/** The same for a calendar program: they refresh once an hour or less often, so it gets a day. */
export const CALENDAR_FILE_DEFAULTS: CalendarQuery = { ...CALENDAR_DEFAULTS, hours: 24 };

/**
 * The upcoming settlements of a snapshot: periodic funding without a blocking flag, by time, then largest open interest
 * first (unknown last), then exchange and exchange_symbol. Times are in whole seconds, as in responses.
 */
export function* settlementsAhead(snapshot: Snapshot, query: CalendarQuery): Stepwise<Settlements> {
  const settling = yield* settlingRows(snapshot, query);
  const rows = yield* sortRows(settling, "open_interest_usd", "desc");
  const listings = yield* listingsOf(rows);
  return new Settlements(listings, yield* slotsOf(listings, spanOf(snapshot, query)));
}

/** The rows whose settlements a query includes, in snapshot order. */
export function settlingRows(
  snapshot: Snapshot,
  query: CalendarQuery,
): Stepwise<readonly BoardRow[]> {
  const matches = rowMatcher(query.filter);
  return filterEach(
    snapshot.rows,
    (row) => row.record.accrual === "periodic" && !isBlocked(row.flags) && matches(row),
  );
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

/** A row and its settlement times: the first one and the interval, in seconds. */
export interface Listing {
  readonly row: BoardRow;
  readonly intervalHours: number;
  readonly firstS: number;
  readonly stepS: number;
}

/** Shorter than any interval; bounds how often an instrument can settle within the requested hours. */
const MIN_STEP_SECONDS = 60;

/**
 * The grid continues from the stored time even if that has just passed: until the next refresh the rate is unknown, but
 * the next times are known.
 */
export function* listingsOf(rows: readonly BoardRow[]): Stepwise<readonly Listing[]> {
  const listings: Listing[] = [];
  yield* visitEach(rows, (row) => {
    const { nextFundingAtMs, fundingIntervalHours: intervalHours } = row.record;
    if (nextFundingAtMs === null || intervalHours === null) return;
    const stepS = Math.round(intervalHours * HOUR_SECONDS);
    if (stepS < MIN_STEP_SECONDS) return;
    listings.push({ row, intervalHours, firstS: Math.floor(nextFundingAtMs / 1000), stepS });
  });
  return listings;
}

/** Indexes into the ordered listings, ascending. */
type Ranks = readonly number[];

/** All settlements at one time, as one list of ranks per grid. */
interface Slot {
  readonly ranks: Ranks[];
  count: number;
}

/** By time. */
type Slots = readonly (readonly [settlesAt: number, slot: Slot])[];

/**
 * A lazy list: two days of hourly settlements of the whole market are hundreds of thousands, but instruments share a
 * handful of grids, and a page shows a few hundred.
 */
export class Settlements {
  readonly length: number;
  readonly #listings: readonly Listing[];
  readonly #slots: Slots;

  /** `listings` are ordered as within one time. */
  constructor(listings: readonly Listing[], slots: Slots) {
    this.#listings = listings;
    this.#slots = slots;
    this.length = slots.reduce((sum, [, { count }]) => sum + count, 0);
  }

  /** The settlements from index `from` up to but excluding `to`. */
  slice(from: number, to: number): readonly Settlement[] {
    const found: Settlement[] = [];
    let start = 0;
    for (const [settlesAt, slot] of this.#slots) {
      if (start >= to) break;
      const end = start + slot.count;
      const ranks = end > from ? ranksOf(slot).subarray(Math.max(0, from - start), to - start) : [];
      for (const rank of ranks) {
        const listing = this.#listings[rank];
        if (listing !== undefined) found.push(settlementOf(listing, settlesAt));
      }
      start = end;
    }
    return found;
  }
}

/** The settlements of a grid within a span, with their numbers; the first one of the grid is number 0. */
export function* timesIn(
  { firstS, stepS }: Pick<Listing, "firstS" | "stepS">,
  { fromS, toS }: Span,
): Generator<{ readonly nth: number; readonly settlesAt: number }> {
  const first = firstS > fromS ? 0 : Math.floor((fromS - firstS) / stepS) + 1;
  const last = Math.floor((toS - firstS) / stepS);
  for (let nth = first; nth <= last; nth += 1) yield { nth, settlesAt: firstS + nth * stepS };
}

/** The settlements of `listings` within a span. */
function* slotsOf(listings: readonly Listing[], span: Span): Stepwise<Slots> {
  const slots = new Map<number, Slot>();
  for (const { ranks, ...grid } of yield* gridsOf(listings)) {
    for (const { settlesAt } of timesIn(grid, span)) {
      const slot = slots.get(settlesAt) ?? { ranks: [], count: 0 };
      slot.ranks.push(ranks);
      slot.count += ranks.length;
      slots.set(settlesAt, slot);
    }
  }
  return [...slots].toSorted(([left], [right]) => left - right);
}

/** Equal for listings that settle at the same times. */
export function gridKey({ firstS, stepS }: Pick<Listing, "firstS" | "stepS">): string {
  return `${firstS} ${stepS}`;
}

/** Groups listings by grid. */
function* gridsOf(listings: readonly Listing[]) {
  const grids = new Map<string, Pick<Listing, "firstS" | "stepS"> & { readonly ranks: number[] }>();
  yield* visitEach(listings, ({ firstS, stepS }, rank) => {
    const key = gridKey({ firstS, stepS });
    const grid = grids.get(key);
    if (grid === undefined) grids.set(key, { firstS, stepS, ranks: [rank] });
    else grid.ranks.push(rank);
  });
  return grids.values();
}

function ranksOf({ ranks, count }: Slot): Uint32Array {
  const all = new Uint32Array(count);
  let end = 0;
  for (const ofGrid of ranks) {
    all.set(ofGrid, end);
    end += ofGrid.length;
  }
  return all.toSorted();
}

/**
 * The known rate: the live one for the stored next time, the predicted one for the time after it. A row that is
 * settling still shows the rate just charged, which says nothing about the next time.
 */
export function settlementOf(
  { row, intervalHours, firstS, stepS }: Listing,
  settlesAt: number,
): Settlement {
  const { fundingRate, predictedRate, settling } = row.record;
  const known = { row, settlesAt, intervalHours };
  const nth = (settlesAt - firstS) / stepS;
  if (nth === 0 && !settling) return { ...known, rate: fundingRate, rateSource: "live" };
  if (nth === 1 && predictedRate !== null)
    return { ...known, rate: predictedRate, rateSource: "predicted" };
  return { ...known, rate: null, rateSource: null };
}
