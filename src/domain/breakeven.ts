/**
 * When a held pair has earned back its fees, by the settlements of both legs: nothing is paid before the first one,
 * whatever the annualized rates are. Rates are assumed to be constant.
 */
import type { Charging } from "./arbitrage.ts";
import { HOUR_MS, pctToFraction } from "./funding.ts";

/** No rate can be expected to last longer: a pair that has not broken even by then never does. */
export const HORIZON_MS = 90 * 24 * HOUR_MS;

/** Payments within this of the fees count as equal: sums differ in their last digits. */
const TOLERANCE = 1e-9;

/** The payments to one leg as fractions of notional, negative if it pays. Times are ms after the snapshot. */
export interface Flow {
  /** At each settlement; null for a leg that accrues. */
  readonly settlement: {
    readonly amount: number;
    readonly firstMs: number;
    readonly everyMs: number;
  } | null;
  /** On average. */
  readonly perMs: number;
  /** The maximum by which the payments so far can exceed `perMs` times the time. */
  readonly maxLead: number;
}

/** The flow of a leg held from `asOfMs` on; null if its interval or next settlement is unknown. */
export function flowOf(charging: Charging, side: "long" | "short", asOfMs: number): Flow | null {
  const { accrual, fundingRate, fundingIntervalHours, nextFundingAtMs } = charging;
  if (fundingIntervalHours === null) return null;
  const everyMs = Math.round(fundingIntervalHours * HOUR_MS);
  const amount = side === "long" ? -fundingRate : fundingRate;
  const perMs = amount / everyMs;
  switch (accrual) {
    case "continuous":
      return { settlement: null, perMs, maxLead: 0 };
    case "periodic": {
      if (nextFundingAtMs === null) return null;
      const firstMs = nextFundingAtMs - asOfMs;
      // Received payments are furthest ahead right after a settlement, paid ones right before it.
      const lead = amount > 0 ? Math.max(0, 1 - firstMs / everyMs) : -firstMs / everyMs;
      return { settlement: { amount, firstMs, everyMs }, perMs, maxLead: amount * lead };
    }
  }
}

/**
 * A lower bound in hours for the break-even: `perMs` is the average of both flows together, `maxLead` the sum of
 * theirs. Infinite if they cannot break even within 90 days.
 */
export function earliestBreakevenHours(perMs: number, maxLead: number, feesPct: number): number {
  const goal = pctToFraction(feesPct) * (1 - TOLERANCE);
  if (maxLead + Math.max(0, perMs * HORIZON_MS) < goal * (1 - TOLERANCE))
    return Number.POSITIVE_INFINITY;
  if (perMs <= 0) return 0;
  return Math.max(0, ((goal - maxLead) / perMs / HOUR_MS) * (1 - TOLERANCE));
}

/**
 * Hours until the payments of both legs cover `feesPct` (percent of notional): at a settlement or, if a leg accrues,
 * between two. 0 without fees, null if 90 days are not enough.
 */
export function breakevenHours(long: Flow, short: Flow, feesPct: number): number | null {
  if (feesPct === 0) return 0;
  const flows = [long, short];
  const perMs = long.perMs + short.perMs;
  const startHours = earliestBreakevenHours(perMs, long.maxLead + short.maxLead, feesPct);
  if (startHours === Number.POSITIVE_INFINITY) return null;
  const fees = pctToFraction(feesPct);
  const accruedPerMs = flows.reduce(
    (sum, flow) => sum + (flow.settlement === null ? flow.perMs : 0),
    0,
  );
  // Bounded by the settlements within 90 days, nearly all of which are skipped.
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

/** The payments up to and including `atMs`. */
function receivedBy({ settlement, perMs }: Flow, atMs: number): number {
  if (settlement === null) return perMs * atMs;
  const { amount, firstMs, everyMs } = settlement;
  return atMs < firstMs ? 0 : amount * (1 + Math.floor((atMs - firstMs) / everyMs));
}

/** When a leg settles next; infinite for one that accrues. */
function nextAfter({ settlement }: Flow, atMs: number): number {
  if (settlement === null) return Number.POSITIVE_INFINITY;
  const { firstMs, everyMs } = settlement;
  return atMs < firstMs
    ? firstMs
    : firstMs + everyMs * (1 + Math.floor((atMs - firstMs) / everyMs));
}
