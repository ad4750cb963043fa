/**
 * Arithmetic of one asset held long on one exchange and short on another, the same notional on each side.
 * Annual rates and yields are percent a year of the notional of one side, simple; fees are basis points per fill.
 */
import { bpsToFraction, fractionToPct, HOUR_MS } from "./funding.ts";
import { roundPct } from "./percent.ts";
import type { Accrual } from "./quote.ts";

const HOURS_PER_YEAR = 8_760;

/** Each side is opened and closed once. */
const FILLS_PER_SIDE = 2;

/** What the pair yields before fees: the short side receives its rate, the long side pays its own. */
export function grossAprPct(longAnnualizedPct: number, shortAnnualizedPct: number): number {
  // Of 0 and -0, as some exchanges write no rate, the difference may be -0: adding 0 makes it 0.
  return roundPct(shortAnnualizedPct - longAnnualizedPct) + 0;
}

/** Four taker fills, in percent of the notional of one side. */
export function roundTripFeesPct(longFeeBps: number, shortFeeBps: number): number {
  return fractionToPct(bpsToFraction(FILLS_PER_SIDE * (longFeeBps + shortFeeBps)));
}

/** What is left a year when the fees are paid once per `holdHours`. */
export function netAprPct(grossPct: number, feesPct: number, holdHours: number): number {
  return roundPct(grossPct - feesPct * (HOURS_PER_YEAR / holdHours));
}

/** A yield below this is rounding: one rate told for 8 h and for 24 h differs in its last digit when it is annualised. */
const LEAST_GROSS_PCT = 1e-9;

/** Hours after which the yield would have paid the fees if it came evenly; null when it never does. */
export function smoothBreakevenHours(grossPct: number, feesPct: number): number | null {
  if (feesPct === 0) return 0;
  return grossPct > LEAST_GROSS_PCT ? feesPct / (grossPct / HOURS_PER_YEAR) : null;
}

/** The yield on the capital that both sides bind: each has a notional of capital x leverage / 2. */
export function onCapitalAprPct(aprPct: number, leverage: number): number {
  return roundPct((aprPct * leverage) / 2);
}

/** A hundredth of what is held or traded in a day can come in without being most of it. */
const CAPACITY_SHARE = 0.01;

/**
 * How much each side may hold, US dollars: 1 % of the smallest of its bounds, which are open interest and 24 h volume of
 * both sides. Null where one is unknown.
 */
export function capacityUsd(boundsUsd: readonly (number | null)[]): number | null {
  let least = Number.POSITIVE_INFINITY;
  for (const boundUsd of boundsUsd) {
    if (boundUsd === null) return null;
    least = Math.min(least, boundUsd);
  }
  return least * CAPACITY_SHARE;
}

/** How much dearer the short side is, in percent of the middle; swapping the sides flips the sign. Null where a price is. */
export function priceGapPct(longPrice: number | null, shortPrice: number | null): number | null {
  if (longPrice === null || shortPrice === null) return null;
  const middle = (longPrice + shortPrice) / 2;
  return middle > 0 ? fractionToPct((shortPrice - longPrice) / middle) : null;
}

/** What decides how often a rate is charged. */
export interface Charging {
  readonly accrual: Accrual;
  readonly fundingRate: number;
  readonly fundingIntervalHours: number | null;
  /** Unix milliseconds; null for continuous funding and where it is not known. */
  readonly nextFundingAtMs: number | null;
}

/** What one side is charged while it is held. */
export interface Charged {
  /** How many settlements fall into the time; null for continuous funding, which has none. */
  readonly settlements: number | null;
  /** What a long pays in all, as a fraction of its notional; a short receives it. */
  readonly paidFraction: number;
}

/**
 * The charges in (asOfMs, asOfMs + holdHours], the rate staying as it is: the settlements of a periodic rate that
 * fall inside, or the share of its period that a continuous rate accrues. Null where interval or next time is unknown.
 */
export function chargedWithin(
  charging: Charging,
  asOfMs: number,
  holdHours: number,
): Charged | null {
  const { accrual, fundingRate, fundingIntervalHours, nextFundingAtMs } = charging;
  if (fundingIntervalHours === null) return null;
  switch (accrual) {
    case "continuous":
      return {
        settlements: null,
        paidFraction: fundingRate * (holdHours / fundingIntervalHours),
      };
    case "periodic": {
      if (nextFundingAtMs === null) return null;
      const leftMs = asOfMs + holdHours * HOUR_MS - nextFundingAtMs;
      const settlements =
        leftMs < 0 ? 0 : 1 + Math.floor(leftMs / (fundingIntervalHours * HOUR_MS));
      return { settlements, paidFraction: fundingRate * settlements };
    }
  }
}
