/**
 * When a held pair has earned its fees, counted by the settlements of both legs: before the first of them nothing is
 * paid, whatever the yearly rates say. Rates are assumed to stay as they are.
 */
import type { Charging } from "./arbitrage.ts";
import { HOUR_MS, pctToFraction } from "./funding.ts";

/** Nobody plans for a rate to last longer: what has not paid by then is said to pay never. */
export const HORIZON_MS = 90 * 24 * HOUR_MS;

/** Payments that equal the fees but for the last digits of a sum have paid them. */
const TOLERANCE = 1e-9;

/** What one leg brings, as fractions of notional; negative where it is paid. Times are ms after the snapshot. */
export interface Flow {
  /** At each settlement; null for a leg that accrues. */
  readonly settlement: {
    readonly amount: number;
    readonly firstMs: number;
    readonly everyMs: number;
  } | null;
  /** In the mean. */
  readonly perMs: number;
  /** The most by which what has come can ever be above `perMs` times the time. */
  readonly leadMost: number;
}

/** The flow of a leg that is held from `asOfMs` on; null where its interval or its next settlement is not known. */
export function flowOf(charging: Charging, side: "long" | "short", asOfMs: number): Flow | null {
  const { accrual, fundingRate, fundingIntervalHours, nextFundingAtMs } = charging;
  if (fundingIntervalHours === null) return null;
  const everyMs = Math.round(fundingIntervalHours * HOUR_MS);
  const amount = side === "long" ? -fundingRate : fundingRate;
  const perMs = amount / everyMs;
  switch (accrual) {
    case "continuous":
      return { settlement: null, perMs, leadMost: 0 };
    case "periodic": {
      if (nextFundingAtMs === null) return null;
      const firstMs = nextFundingAtMs - asOfMs;
      // What is received is ahead right after a settlement, what is paid right before one.
      const lead = amount > 0 ? Math.max(0, 1 - firstMs / everyMs) : -firstMs / everyMs;
      return { settlement: { amount, firstMs, everyMs }, perMs, leadMost: amount * lead };
    }
  }
}

/**
 * A time in hours before which flows cannot have paid the fees: `perMs` is what both bring in the mean, `leadMost` the
 * sum of theirs. Infinite where they cannot within 90 days.
 */
export function earliestBreakevenHours(perMs: number, leadMost: number, feesPct: number): number {
  const goal = pctToFraction(feesPct) * (1 - TOLERANCE);
  if (leadMost + Math.max(0, perMs * HORIZON_MS) < goal * (1 - TOLERANCE))
    return Number.POSITIVE_INFINITY;
  if (perMs <= 0) return 0;
  return Math.max(0, ((goal - leadMost) / perMs / HOUR_MS) * (1 - TOLERANCE));
}

/**
 * Hours until the payments of both legs have paid `feesPct` (percent of notional): until a settlement, or a moment
 * between two where a leg accrues. 0 where there are no fees, null where 90 days do not suffice.
 */
export function breakevenHours(long: Flow, short: Flow, feesPct: number): number | null {
  if (feesPct === 0) return 0;
  const flows = [long, short];
  const perMs = long.perMs + short.perMs;
  const startHours = earliestBreakevenHours(perMs, long.leadMost + short.leadMost, feesPct);
  if (startHours === Number.POSITIVE_INFINITY) return null;
  const fees = pctToFraction(feesPct);
  const accruedPerMs = flows.reduce(
    (sum, flow) => sum + (flow.settlement === null ? flow.perMs : 0),
    0,
  );
  // Bounded: the settlements of 90 days, of which all but a few are skipped.
  let atMs = Math.max(0, Math.floor(startHours * HOUR_MS) - 1);
  while (atMs <= HORIZON_MS) {
    const lacking = fees - receivedBy(long, atMs) - receivedBy(short, atMs);
    if (lacking <= fees * TOLERANCE) return atMs / HOUR_MS;
    const nextMs = Math.min(nextAfter(long, atMs), nextAfter(short, atMs), HORIZON_MS);
    if (accruedPerMs > 0 && atMs + lacking / accruedPerMs < nextMs)
      return (atMs + lacking / accruedPerMs) / HOUR_MS;
    if (nextMs <= atMs) break;
    atMs = nextMs;
  }
  return null;
}

/** What has come up to and including `atMs`. */
function receivedBy({ settlement, perMs }: Flow, atMs: number): number {
  if (settlement === null) return perMs * atMs;
  const { amount, firstMs, everyMs } = settlement;
  return atMs < firstMs ? 0 : amount * (1 + Math.floor((atMs - firstMs) / everyMs));
}

/** When a leg settles next; never for one that accrues. */
function nextAfter({ settlement }: Flow, atMs: number): number {
  if (settlement === null) return Number.POSITIVE_INFINITY;
  const { firstMs, everyMs } = settlement;
  return atMs < firstMs
    ? firstMs
    : firstMs + everyMs * (1 + Math.floor((atMs - firstMs) / everyMs));
}
