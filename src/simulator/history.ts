import type { Listing } from "./listing.ts";
import { HOUR_MS, pricesAt, rateAt } from "./market.ts";
import { unit } from "./random.ts";
import type { MarketView } from "./wire.ts";

/** How far the market's past reaches back from the day it was made, in days; younger listings begin later. */
export const PAST_DAYS = 60;

/** Payments are recorded this long after their slot at most, unless an exchange is slower. */
const JITTER_MS = 40;

/** One payment of the past, before any rounding by a wire format. */
export interface Payment {
  readonly slotMs: number;
  /** When the exchange recorded it, a little after the slot. */
  readonly atMs: number;
  /** The fraction per interval that was charged; positive: longs pay. */
  readonly rate: number;
  readonly intervalHours: number;
  readonly mark: number;
  readonly index: number;
}

/** The interval that a listing had at a time. */
function intervalAt({ intervalHours, intervalPast }: Listing, atMs: number): number {
  return intervalPast.find(({ untilMs }) => atMs <= untilMs)?.hours ?? intervalHours;
}

/** The share of listings whose interval has changed in the past, and on which day of it. */
const CHANGED_SHARE = 0.06;
const CHANGED_ON_DAY = 40;

/** Which interval an interval replaced: exchanges shorten it when rates are extreme, and lengthen it again. */
const REPLACED: Readonly<Record<number, number>> = { 8: 1, 4: 8, 1: 4 };

/** The intervals that a listing had before its present one, if it is one of those whose interval has changed. */
export function pastIntervals(
  { intervalHours, key }: Pick<Listing, "intervalHours" | "key">,
  pastMs: number,
): Listing["intervalPast"] {
  const hours = REPLACED[intervalHours];
  if (hours === undefined || unit(key, 31) >= CHANGED_SHARE) return [];
  return [{ untilMs: pastMs + CHANGED_ON_DAY * 24 * HOUR_MS, hours }];
}

/** When the past of a listing begins. */
export function pastFromMs(listing: Listing, view: MarketView): number {
  return Math.max(listing.listedAtMs, view.pastFromMs);
}

/**
 * The payments of a listing with fromMs <= recorded time < toMs that are over by now, oldest first. `jitterMs`: how late
 * the exchange records them at most.
 */
export function paymentsOf(
  listing: Listing,
  view: MarketView,
  range: { readonly fromMs: number; readonly toMs: number },
  jitterMs = JITTER_MS,
): Payment[] {
  const startMs = Math.max(range.fromMs - jitterMs, pastFromMs(listing, view));
  const endMs = Math.min(range.toMs, view.nowMs + 1);
  const payments: Payment[] = [];
  const shiftMs = listing.gridShiftHours * HOUR_MS;
  for (let slotMs = Math.ceil(startMs / HOUR_MS) * HOUR_MS; slotMs < endMs; slotMs += HOUR_MS) {
    const intervalHours = intervalAt(listing, slotMs);
    if ((slotMs - shiftMs) % (intervalHours * HOUR_MS) !== 0) continue;
    if (listing.holes.has(slotMs)) continue;
    const atMs = slotMs + Math.floor(unit(listing.key ^ (slotMs / HOUR_MS), 30) * jitterMs);
    if (atMs < range.fromMs || atMs >= endMs) continue;
    const { mark, index } = pricesAt(listing, slotMs);
    const rate = rateAt({ ...listing, intervalHours }, slotMs);
    payments.push({ slotMs, atMs, rate, intervalHours, mark, index });
  }
  return payments;
}

/** The newest rows of a range, newest first. */
export function newestOf<Row>(rows: readonly Row[], count: number): Row[] {
  return rows.slice(Math.max(0, rows.length - count)).toReversed();
}

/** The oldest payments of a range, oldest first. */
export function oldestOf(payments: readonly Payment[], count: number): Payment[] {
  return payments.slice(0, count);
}

/** All payments of a listing until now. */
export const WHOLE_PAST = { fromMs: 0, toMs: Number.POSITIVE_INFINITY };

/** One page of payments, newest first; `asked`: its number, from 1, absent for the first. */
export function pageOf(
  payments: readonly Payment[],
  size: number,
  asked: string | null,
): Payment[] {
  const page = Number(asked ?? 1);
  return payments.toReversed().slice((page - 1) * size, page * size);
}

/** A range from query parameters in milliseconds; a missing one is open. */
export function rangeOf(
  query: URLSearchParams,
  from: string,
  to: string,
): { readonly fromMs: number; readonly toMs: number } {
  const bound = (name: string, missing: number): number => Number(query.get(name) ?? missing);
  return { fromMs: bound(from, 0), toMs: bound(to, Number.POSITIVE_INFINITY) };
}

/** How many rows a page may have, and what is sent if the request does not say. */
interface PageSize {
  readonly usual: number;
  readonly max: number;
}

/** The number of rows that a request gets: what it asks for within the exchange's bounds. */
export function countOf(view: MarketView, asked: string | null, { usual, max }: PageSize): number {
  const count = Number(asked ?? usual);
  const sent = Number.isInteger(count) && count > 0 ? Math.min(count, max) : usual;
  return Math.min(sent, view.maxPastRows);
}
