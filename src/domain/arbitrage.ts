/**
 * Arithmetic of one asset held long on one exchange and short on another, the same notional on each side.
 * Annual rates and yields are simple percent per year of the notional of one side; fees are basis points per fill.
 */
import { bpsToFraction, fractionToPct, HOUR_MS } from "./funding.ts";
import { roundPct } from "./percent.ts";
import type { Accrual } from "./quote.ts";

const HOURS_PER_YEAR = 8_760;

/** Each side is opened and closed once. */
const FILLS_PER_SIDE = 2;

/** The pair's yield before fees: the short side receives its rate, the long side pays its own. */
export function grossAprPct(longAnnualizedPct: number, shortAnnualizedPct: number): number {
  // Some exchanges send -0 for a zero rate, so the difference may be -0: adding 0 makes it 0.
  return roundPct(shortAnnualizedPct - longAnnualizedPct) + 0;
}

/** Four taker fills, in percent of the notional of one side. */
export function roundTripFeesPct(longFeeBps: number, shortFeeBps: number): number {
  return fractionToPct(bpsToFraction(FILLS_PER_SIDE * (longFeeBps + shortFeeBps)));
}

/** The yield per year after fees, if the fees are paid once per `holdHours`. */
export function netAprPct(grossPct: number, feesPct: number, holdHours: number): number {
  return roundPct(grossPct - feesPct * (HOURS_PER_YEAR / holdHours));
}

/** A yield below this is rounding: the same rate per 8 h and per 24 h differs in the last digit when annualized. */
const MIN_GROSS_PCT = 1e-9;

/** Hours until the yield, spread evenly, has paid the fees; null if it never does. */
export function smoothBreakevenHours(grossPct: number, feesPct: number): number | null {
  if (feesPct === 0) return 0;
  return grossPct > MIN_GROSS_PCT ? feesPct / (grossPct / HOURS_PER_YEAR) : null;
}

/** The yield on the capital for both sides: each has a notional of capital x leverage / 2. */
export function onCapitalAprPct(aprPct: number, leverage: number): number {
  return roundPct((aprPct * leverage) / 2);
}

/** A position of 1 % of the open interest or of a day's volume does not dominate the market. */
export const CAPACITY_SHARE = 0.01;

/**
 * How much each side may hold in US dollars: 1 % of the smallest bound (open interest and 24 h volume of both sides).
 * Null if one is unknown.
 */
export function capacityUsd(boundsUsd: readonly (number | null)[]): number | null {
  let smallest = Number.POSITIVE_INFINITY;
  for (const boundUsd of boundsUsd) {
    if (boundUsd === null) return null;
    smallest = Math.min(smallest, boundUsd);
  }
  return smallest * CAPACITY_SHARE;
}

/** How much higher the short side's price is, in percent of the mid price (signed); null without both prices. */
export function priceGapPct(longPrice: number | null, shortPrice: number | null): number | null {
  if (longPrice === null || shortPrice === null) return null;
  const meanPrice = (longPrice + shortPrice) / 2;
  return meanPrice > 0 ? fractionToPct((shortPrice - longPrice) / meanPrice) : null;
}

/** What determines how often a rate is charged. */
export interface Charging {
  readonly accrual: Accrual;
  readonly fundingRate: number;
  readonly fundingIntervalHours: number | null;
  /** Unix milliseconds; null for continuous funding and if unknown. */
  readonly nextFundingAtMs: number | null;
}

/** What one side is charged while held. */
export interface Charged {
  /** Settlements within the holding time; null for continuous funding. */
  readonly settlements: number | null;
  /** What a long pays in total, as a fraction of its notional; a short receives it. */
  readonly paidFraction: number;
}

/**
 * The charges in (asOfMs, asOfMs + holdHours], assuming a constant rate: the settlements of a periodic rate in that
 * time, or what a continuous rate accrues. Null if the interval or the next funding time is unknown.
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
