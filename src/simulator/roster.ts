import type { Asset } from "./assets.ts";
import type { ExchangeName, Listing, ListingState, Product, RateStyle } from "./listing.ts";
import { hashText, unit, unitOf } from "./random.ts";
import { decimalsFor } from "./wire-text.ts";

const DAY_MS = 86_400_000;
/** Listing dates are drawn from the years before this instant (2026-10-01 UTC). */
const NEWEST_LISTING_MS = 1_790_812_800_000;
/** When dated contracts end: the last Friday of December 2026, 08:00 UTC. */
export const DELIVERY_AT_MS = 1_798_185_600_000;
/** The usual cap of a small coin; the largest have a narrower one. */
const ORDINARY_CAP = 0.02;
const MAJOR_CAP = 0.003;
const MAJOR_TURNOVER_USD = 800_000_000;

/** What an exchange's file specifies for one instrument; the rest is random. */
export interface ListingPlan {
  readonly asset: Asset;
  readonly symbol: string;
  readonly quote: string;
  readonly settle: string;
  readonly wireBase?: string;
  readonly base?: string;
  readonly multiplier?: number;
  readonly product?: Product;
  readonly state?: ListingState;
  readonly intervalHours: number;
  readonly gridShiftHours?: number;
  readonly cap?: number;
  readonly style?: RateStyle;
  readonly contractSize?: number;
  readonly deliveryAtMs?: number;
  readonly marks?: readonly string[];
}

/** Collects one exchange's instruments; a symbol that exists already is refused. */
export interface Roster {
  readonly listings: readonly Listing[];
  /** True if the instrument was added, false if its symbol exists already. */
  add(plan: ListingPlan): boolean;
  /** A number in [0, 1) for a name on this exchange. */
  draw(name: string, purpose: string): number;
}

export function createRoster(exchange: ExchangeName, seed: number): Roster {
  const listings: Listing[] = [];
  const taken = new Set<string>();
  return {
    listings,
    add(plan) {
      if (taken.has(plan.symbol)) return false;
      taken.add(plan.symbol);
      listings.push(listingOf(exchange, seed, plan));
      return true;
    },
    draw: (name, purpose) => unitOf(`${exchange}:${name}`, purpose, seed),
  };
}

function listingOf(exchange: ExchangeName, seed: number, plan: ListingPlan): Listing {
  const key = hashText(`${exchange}:${plan.symbol}`, seed);
  const multiplier = plan.multiplier ?? 1;
  const wireBase = plan.wireBase ?? plan.asset.ticker;
  const major = plan.asset.turnoverUsd > MAJOR_TURNOVER_USD;
  return {
    exchange,
    symbol: plan.symbol,
    wireBase,
    base: plan.base ?? plan.asset.ticker,
    quote: plan.quote,
    settle: plan.settle,
    multiplier,
    asset: plan.asset,
    product: plan.product ?? "perp",
    state: plan.state ?? "live",
    intervalHours: plan.intervalHours,
    intervalPast: [],
    holes: new Set(),
    gridShiftHours: plan.gridShiftHours ?? 0,
    cap: plan.cap ?? (major ? MAJOR_CAP : ORDINARY_CAP),
    style: plan.style ?? drawStyle(unit(key, 1)),
    contractSize: plan.contractSize ?? 1,
    priceDecimals: decimalsFor(plan.asset.priceUsd * multiplier),
    weight: 0.2 + 1.6 * unit(key, 2),
    listedAtMs: NEWEST_LISTING_MS - Math.floor(unit(key, 3) * 1_500) * DAY_MS,
    deliveryAtMs: plan.deliveryAtMs ?? 0,
    key,
    marks: new Set(plan.marks ?? []),
  };
}

/** A fifth of all rates are at the baseline; a few are pinned to a bound or exactly zero. */
function drawStyle(u: number): RateStyle {
  if (u < 0.2) return "baseline";
  if (u < 0.207) return "cap";
  if (u < 0.211) return "floor";
  if (u < 0.22) return "zero";
  return "wandering";
}

/**
 * The first `count` assets that an exchange lists: nearly all of the big ones, two thirds of the rest, so that
 * exchanges overlap without being equal.
 */
export function pickAssets(
  roster: Roster,
  assets: readonly Asset[],
  count: number,
  share = 0.72,
): Asset[] {
  const picked: Asset[] = [];
  const left: Asset[] = [];
  for (const asset of assets) {
    if (picked.length >= count) break;
    const sure = picked.length < count * 0.25;
    if (sure || roster.draw(asset.ticker, "listed") < share) picked.push(asset);
    else left.push(asset);
  }
  return [...picked, ...left.slice(0, Math.max(0, count - picked.length))];
}

/** Random hours for a name, by shares that sum to one: [[4, 0.58], [8, 0.42]]. */
export function drawHours(
  roster: Roster,
  name: string,
  shares: readonly (readonly [hours: number, share: number])[],
): number {
  let left = roster.draw(name, "interval");
  for (const [hours, share] of shares) {
    left -= share;
    if (left < 0) return hours;
  }
  return 8;
}
