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
