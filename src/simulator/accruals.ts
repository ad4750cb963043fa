import { pastFromMs } from "./history.ts";
import type { Listing } from "./listing.ts";
import { HOUR_MS, pricesAt, rateAt } from "./market.ts";
import type { MarketView } from "./wire.ts";

/** The rates of continuous contracts are quoted for this many hours. */
const QUOTED_HOURS = 8;

/** What one hour of a continuous contract cost, before any rounding by a wire format; positive: longs pay. */
export interface AccruedHour {
  readonly endMs: number;
  /** Of notional. */
  readonly fraction: number;
  /** In quote currency per priced unit. */
  readonly perUnit: number;
  readonly index: number;
  readonly indexBefore: number;
}

/** The hours of a listing with fromMs <= end < toMs that are over by now, oldest first, holes included. */
export function accruedHours(
  listing: Listing,
  view: MarketView,
  range: { readonly fromMs: number; readonly toMs: number },
): AccruedHour[] {
  const firstMs = Math.max(range.fromMs, pastFromMs(listing, view) + HOUR_MS);
  const endMs = Math.min(range.toMs, view.nowMs + 1);
  const hours: AccruedHour[] = [];
  for (let atMs = Math.ceil(firstMs / HOUR_MS) * HOUR_MS; atMs < endMs; atMs += HOUR_MS)
    hours.push(accruedHour(listing, atMs));
  return hours;
}

function accruedHour(listing: Listing, endMs: number): AccruedHour {
  const fraction = rateAt({ ...listing, intervalHours: QUOTED_HOURS }, endMs) / QUOTED_HOURS;
  const { mark, index } = pricesAt(listing, endMs);
  const indexBefore = pricesAt(listing, endMs - HOUR_MS).index;
  return { endMs, fraction, perUnit: fraction * mark, index, indexBefore };
}

/** Hours of one listing, counted from when its past begins, added up as far as they were needed. */
interface Sums {
  readonly fromMs: number;
  readonly perUnit: number[];
}

/** An index is the sum of all hours before it: without this, each sample would take as many steps. */
const sumsOf = new WeakMap<Listing, Sums>();

/** What a listing cost from the beginning of its past to a time, in quote currency per priced unit. */
export function accruedUntil(listing: Listing, view: MarketView, atMs: number): number {
  const fromMs = Math.ceil(pastFromMs(listing, view) / HOUR_MS) * HOUR_MS;
  const known = sumsOf.get(listing);
  const sums = known?.fromMs === fromMs ? known : { fromMs, perUnit: [0] };
  sumsOf.set(listing, sums);
  const hours = Math.max(0, Math.floor((atMs - fromMs) / HOUR_MS));
  for (let hour = sums.perUnit.length; hour <= hours; hour += 1) {
    const { perUnit } = accruedHour(listing, fromMs + hour * HOUR_MS);
    sums.perUnit.push((sums.perUnit[hour - 1] ?? 0) + perUnit);
  }
  const hourMs = fromMs + hours * HOUR_MS;
  const running = accruedHour(listing, hourMs + HOUR_MS).perUnit * ((atMs - hourMs) / HOUR_MS);
  return (sums.perUnit[hours] ?? 0) + running;
}
