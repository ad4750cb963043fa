import { isBlocked } from "../../domain/flags.ts";
import { HOUR_MS } from "../../domain/funding.ts";
import type { BoardRow, Snapshot } from "../../domain/market.ts";
import { type FundingQuery, NO_FILTER, rowMatcher, sortRows } from "./funding-query.ts";

/** How the rate of a settlement ahead is known: the live one, or the exchange's own estimate. */
export const RATE_SOURCES = ["live", "predicted"] as const;
export type RateSource = (typeof RATE_SOURCES)[number];

/** One settlement of one instrument that is still to come. */
export interface Settlement {
  readonly row: BoardRow;
  /** Unix seconds. */
  readonly settlesAt: number;
  readonly intervalHours: number;
  /** A fraction; null for a settlement of which the exchange does not say it yet. */
  readonly rate: number | null;
  readonly rateSource: RateSource | null;
}

/** Which settlements: those of the rows that pass, in (as_of, as_of + hours]. */
export interface CalendarQuery {
  /** Its sort is not used. */
  readonly filter: FundingQuery;
  readonly hours: number;
}

/** What is asked for where nothing else is said: one interval of most instruments. */
export const CALENDAR_DEFAULTS: CalendarQuery = { filter: NO_FILTER, hours: 8 };

/** The same for a calendar program, which asks once an hour or less often: it is shown a day. */
export const CALENDAR_FILE_DEFAULTS: CalendarQuery = { ...CALENDAR_DEFAULTS, hours: 24 };

/**
 * The settlements ahead of a snapshot: of periodic funding without a blocking flag, by time, then the largest open
 * interest first (unknown last), then exchange and exchange_symbol. Times are whole seconds, as answers show them.
 */
export function settlementsAhead(snapshot: Snapshot, query: CalendarQuery): Settlements {
  const rows = sortRows(settlingRows(snapshot, query), "open_interest_usd", "desc");
  return new Settlements(rows.flatMap(listingOf), spanOf(snapshot, query));
}

/** The rows whose settlements a query asks for, in the order of the snapshot. */
export function settlingRows(snapshot: Snapshot, query: CalendarQuery): readonly BoardRow[] {
  const matches = rowMatcher(query.filter);
  return snapshot.rows.filter(
    (row) => row.record.accrual === "periodic" && !isBlocked(row.flags) && matches(row),
  );
}

/** The time that a query asks for, unix seconds: after `fromS`, up to and including `toS`. */
export interface Span {
  readonly fromS: number;
  readonly toS: number;
}

export function spanOf({ asOfMs }: Snapshot, { hours }: CalendarQuery): Span {
  const fromS = Math.floor(asOfMs / 1000);
  return { fromS, toS: fromS + hours * HOUR_SECONDS };
}

const HOUR_SECONDS = HOUR_MS / 1000;

/** A row and when it settles: at the first time, then again and again, seconds. */
export interface Listing {
  readonly row: BoardRow;
  readonly intervalHours: number;
  readonly firstS: number;
  readonly stepS: number;
}

/** Less than any interval; it bounds how often an instrument can settle within the hours asked for. */
const LEAST_STEP_SECONDS = 60;

/**
 * The grid goes on from the stored time also where that has just passed: until the exchange is asked again its rate
 * is not known, the next times are.
 */
export function listingOf(row: BoardRow): readonly Listing[] {
  const { nextFundingAtMs, fundingIntervalHours: intervalHours } = row.record;
  if (nextFundingAtMs === null || intervalHours === null) return [];
  const stepS = Math.round(intervalHours * HOUR_SECONDS);
  if (stepS < LEAST_STEP_SECONDS) return [];
  return [{ row, intervalHours, firstS: Math.floor(nextFundingAtMs / 1000), stepS }];
}

/** Places in the ordered listings, rising. */
type Ranks = readonly number[];

/** Everything that settles at one time; one list of ranks for each grid that has it. */
interface Slot {
  readonly ranks: Ranks[];
  count: number;
}

/**
 * A list that is made where it is read: two days of hourly settlements of a whole market are hundreds of thousands,
 * but instruments share a handful of grids, and a page shows a few hundred.
 */
export class Settlements {
  readonly length: number;
  readonly #listings: readonly Listing[];
  readonly #slots: readonly (readonly [settlesAt: number, slot: Slot])[];

  /** Of `listings`, which are in the order of one time, those in `span`. */
  constructor(listings: readonly Listing[], span: Span) {
    this.#listings = listings;
    this.#slots = slotsOf(listings, span);
    this.length = this.#slots.reduce((sum, [, { count }]) => sum + count, 0);
  }

  /** The settlements from place `from` up to, not including, place `to`. */
  slice(from: number, to: number): readonly Settlement[] {
    const found: Settlement[] = [];
    let start = 0;
    for (const [settlesAt, slot] of this.#slots) {
      if (start >= to) break;
      const end = start + slot.count;
      const ranks = end > from ? ranksOf(slot).slice(Math.max(0, from - start), to - start) : [];
      for (const rank of ranks) {
        const listing = this.#listings[rank];
        if (listing !== undefined) found.push(settlementOf(listing, settlesAt));
      }
      start = end;
    }
    return found;
  }
}

/** Which settlements of a grid are in a span: the first one is number 0. */
export function* timesIn(
  { firstS, stepS }: Pick<Listing, "firstS" | "stepS">,
  { fromS, toS }: Span,
): Generator<{ readonly nth: number; readonly settlesAt: number }> {
  const first = firstS > fromS ? 0 : Math.floor((fromS - firstS) / stepS) + 1;
  const last = Math.floor((toS - firstS) / stepS);
  for (let nth = first; nth <= last; nth += 1) yield { nth, settlesAt: firstS + nth * stepS };
}

function slotsOf(listings: readonly Listing[], span: Span) {
  const slots = new Map<number, Slot>();
  for (const { ranks, ...grid } of gridsOf(listings)) {
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

/** Which listings settle together. */
function gridsOf(listings: readonly Listing[]) {
  const grids = new Map<string, Pick<Listing, "firstS" | "stepS"> & { readonly ranks: number[] }>();
  for (const [rank, { firstS, stepS }] of listings.entries()) {
    const key = gridKey({ firstS, stepS });
    const grid = grids.get(key);
    if (grid === undefined) grids.set(key, { firstS, stepS, ranks: [rank] });
    else grid.ranks.push(rank);
  }
  return grids.values();
}

function ranksOf({ ranks: [only, ...others] }: Slot): Ranks {
  if (only === undefined) return [];
  return others.length === 0
    ? only
    : only.concat(...others).toSorted((left, right) => left - right);
}

/**
 * What is known of the rate: of the stored next time the live one, of the time after it the predicted one. A row that
 * is settling still shows the rate that was charged, which says nothing of the next time.
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
