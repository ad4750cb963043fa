import type { Listing } from "./listing.ts";
import { unit, wander } from "./random.ts";

export const HOUR_MS = 3_600_000;
/** The market's time step; within one step every reply has the same bytes. */
export const STEP_MS = 5_000;
/** The interest component of most exchanges: 0.01 % per 8 h. */
const INTEREST_PER_8H = 0.0001;
/** The widest swing of a wandering rate, per 8 h. */
const RATE_SWING_PER_8H = 0.005;
/** Mark and index stay within 0.1 % of the asset's one price. */
const MAX_BASIS = 0.001;

/** The current numbers of one listing at one time, before any rounding by a wire format. */
export interface LiveNumbers {
  /** In quote per priced unit (per 1000 coins for 1000PEPE). */
  readonly index: number;
  readonly mark: number;
  readonly last: number;
  readonly dayAgo: number;
  /** The bounds of the day, and the best offers. */
  readonly high: number;
  readonly low: number;
  readonly bid: number;
  readonly ask: number;
  /** The running rate, a fraction per interval. */
  readonly rate: number;
  /** The rate charged at `previousAtMs`. */
  readonly settledRate: number;
  readonly previousAtMs: number;
  readonly nextAtMs: number;
  /** One-sided, in priced units. */
  readonly openInterest: number;
  /** Of 24 h, in priced units and in dollars. */
  readonly volume: number;
  readonly turnoverUsd: number;
}

/** The first settlement after `timeMs` on a listing's grid. */
function nextSettlementMs(listing: Listing, timeMs: number): number {
  const interval = listing.intervalHours * HOUR_MS;
  const shift = listing.gridShiftHours * HOUR_MS;
  return (Math.floor((timeMs - shift) / interval) + 1) * interval + shift;
}

/** The first time on a grid of whole hours from UTC midnight that lies after `timeMs`, in unix seconds. */
export function nextHourSeconds(timeMs: number, everyHours = 1): number {
  const everyMs = everyHours * HOUR_MS;
  return ((Math.floor(timeMs / everyMs) + 1) * everyMs) / 1000;
}

/** The baseline of an interval: the interest component, in proportion. */
function baselineRate(intervalHours: number): number {
  return (INTEREST_PER_8H * intervalHours) / 8;
}

/** The running rate of a listing at a time, a fraction per its interval. */
export function rateAt(listing: Listing, timeMs: number): number {
  const baseline = baselineRate(listing.intervalHours);
  const bound = Math.min(listing.cap, 0.9);
  switch (listing.style) {
    case "baseline":
      return baseline;
    case "zero":
      return 0;
    case "cap":
      return bound;
    case "floor":
      return -bound;
    case "beyond_cap":
      return bound * (1.2 + 0.6 * unit(listing.key, 4)) * (unit(listing.key, 5) < 0.5 ? -1 : 1);
    case "wandering": {
      // Most coins barely leave the baseline, a few swing to the full half per cent.
      const reach = RATE_SWING_PER_8H * unit(listing.key, 6) ** 5 + 0.00008;
      const scale = listing.intervalHours / 8;
      const rate = baseline + wander(listing.key ^ 0x51ed, timeMs) * reach * scale;
      return Math.min(Math.max(rate, -bound), bound);
    }
  }
}

/** Dollars per unit of a listing's asset at a time: the price shared by all exchanges. */
function assetPriceUsd(listing: Listing, timeMs: number): number {
  return listing.asset.priceUsd * Math.exp(listing.asset.swing * wander(listing.asset.key, timeMs));
}

/** Index, mark and last price of a listing at a time. */
export function pricesAt(
  listing: Listing,
  timeMs: number,
): { index: number; mark: number; last: number } {
  const fair = assetPriceUsd(listing, timeMs) * listing.multiplier;
  const index =
    fair * (1 + 0.2 * MAX_BASIS * Math.max(-1, Math.min(1, wander(listing.key, timeMs))));
  const lean = Math.max(-1, Math.min(1, wander(listing.key ^ 0x3c6e, timeMs)));
  const mark = index * (1 + 0.6 * MAX_BASIS * lean);
  return { index, mark, last: mark * (1 + 0.15 * MAX_BASIS * lean) };
}

/** The numbers computed last: one step has them in several payloads, and in the truth. */
const latest = new WeakMap<
  Listing,
  { readonly timeMs: number; readonly intervalHours: number; readonly numbers: LiveNumbers }
>();

/** All changing numbers for one listing at one time: a function of these, whatever was requested before. */
export function liveNumbers(listing: Listing, timeMs: number): LiveNumbers {
  const { intervalHours } = listing;
  const known = latest.get(listing);
  if (known?.timeMs === timeMs && known.intervalHours === intervalHours) return known.numbers;
  const numbers = computedNumbers(listing, timeMs);
  latest.set(listing, { timeMs, intervalHours, numbers });
  return numbers;
}

function computedNumbers(listing: Listing, timeMs: number): LiveNumbers {
  const { index, mark, last } = pricesAt(listing, timeMs);
  const nextAtMs = nextSettlementMs(listing, timeMs);
  const previousAtMs = nextAtMs - listing.intervalHours * HOUR_MS;
  const turnoverUsd =
    Math.max(listing.asset.turnoverUsd * listing.weight, 2_000) *
    (1 + 0.2 * wander(listing.key ^ 0x77aa, timeMs));
  const openUsd =
    turnoverUsd * (0.15 + 1.2 * unit(listing.key, 7)) * (1 + 0.05 * wander(listing.key, timeMs));
  const dayAgo = assetPriceUsd(listing, timeMs - 24 * HOUR_MS) * listing.multiplier;
  return {
    index,
    mark,
    last,
    dayAgo,
    high: Math.max(last, dayAgo) * 1.01,
    low: Math.min(last, dayAgo) * 0.99,
    bid: last * 0.9999,
    ask: last * 1.0001,
    rate: rateAt(listing, timeMs),
    settledRate: rateAt(listing, previousAtMs),
    previousAtMs,
    nextAtMs,
    openInterest: openUsd / mark,
    volume: turnoverUsd / last,
    turnoverUsd,
  };
}
