import type { LastQuote } from "../db/market/last-quotes.ts";
import { MAX_SCALE, MIN_COMPARED } from "../domain/batch-limits.ts";
import { HOUR_MS } from "../domain/funding.ts";
import { median } from "../domain/median.ts";
import type { Quote } from "../domain/quote.ts";
import { isConfirmed } from "./batch-gate.ts";

/** Rates up to this per hour are noise: 0.9 % a year. */
const MIN_RATE_PER_HOUR = 1e-6;

/** Scales within this factor are similar: rates move meanwhile. */
const SIMILAR_FACTOR = 2;

/** A scale that is not accepted yet, how often it occurred and since when. */
export interface PendingScale {
  readonly of: "rates" | "prices";
  readonly scale: number;
  readonly batches: number;
  readonly sinceMs: number;
}

/** Null: the batch has the same units as the last one, or its new units have persisted. */
export interface ScaleRefusal {
  readonly reason: string;
  /** Of rates and of prices, counted separately: one that has persisted says nothing about the other. */
  readonly pending: readonly PendingScale[];
}

/**
 * Compares a batch with the last accepted values of the same instruments: if the rates or prices of a whole exchange
 * are 20 times higher or lower, a unit has changed. It is accepted after ten similar batches over thirty minutes. Rates
 * are only compared within one funding period, since each period starts anew.
 */
export function judgeScale(
  quotes: readonly Quote[],
  last: readonly LastQuote[],
  pending: readonly PendingScale[],
  nowMs: number,
): ScaleRefusal | null {
  const before = new Map(last.map((quote) => [quote.exchangeSymbol, quote]));
  const pairs = quotes.flatMap((quote) => {
    const known = before.get(quote.exchangeSymbol);
    return known === undefined ? [] : [{ quote, known }];
  });
  const scales = {
    rates: pairs.flatMap(({ quote, known }) => rateScale(quote, known, nowMs) ?? []),
    prices: pairs.flatMap(({ quote, known }) => priceScale(quote, known) ?? []),
  };
  const reasons: string[] = [];
  const counted: PendingScale[] = [];
  for (const of of ["rates", "prices"] as const) {
    const compared = scales[of].length;
    const scale = compared < MIN_COMPARED ? null : median(scales[of]);
    if (scale === null || (scale <= MAX_SCALE && scale >= 1 / MAX_SCALE)) continue;
    const found = countSimilar({ of, scale, batches: 1, sinceMs: nowMs }, pending);
    counted.push(found);
    if (isConfirmed(found, nowMs)) continue;
    const times = `${Number(scale.toPrecision(2))} times`;
    reasons.push(`${of} are ${times} those of the last accepted batch (median of ${compared})`);
  }
  const [reason] = reasons;
  return reason === undefined ? null : { reason, pending: counted };
}

function rateScale(quote: Quote, known: LastQuote, nowMs: number): number | null {
  if (!isSamePeriod(quote, known, nowMs)) return null;
  const rate = perHour(quote);
  const knownRate = perHour(known);
  if (rate <= MIN_RATE_PER_HOUR || knownRate <= MIN_RATE_PER_HOUR) return null;
  return rate / knownRate;
}

/** Whether there is no settlement between the two. A continuous rate is compared within one quoting period. */
function isSamePeriod(quote: Quote, known: LastQuote, nowMs: number): boolean {
  const { accrual, fundingIntervalHours, nextFundingAtMs, observedAtMs } = known;
  switch (accrual) {
    case "continuous":
      return nowMs - observedAtMs < (fundingIntervalHours ?? 0) * HOUR_MS;
    case "periodic": {
      if (nextFundingAtMs === null || nextFundingAtMs <= nowMs) return false;
      const movedMs = (quote.nextFundingAtMs ?? nextFundingAtMs) - nextFundingAtMs;
      return Math.abs(movedMs) < HOUR_MS;
    }
  }
}

/** The absolute rate per hour; 0 if the interval is unknown. */
function perHour(quote: Pick<Quote, "fundingRate" | "fundingIntervalHours">): number {
  const { fundingRate, fundingIntervalHours } = quote;
  return fundingIntervalHours === null ? 0 : Math.abs(fundingRate) / fundingIntervalHours;
}

/** Of the first kind of price that both have. */
function priceScale(quote: Quote, known: LastQuote): number | null {
  for (const kind of ["markPrice", "indexPrice", "lastPrice"] as const) {
    const price = quote[kind] ?? null;
    const knownPrice = known[kind];
    if (price !== null && knownPrice !== null && knownPrice > 0) return price / knownPrice;
  }
  return null;
}

function countSimilar(found: PendingScale, pending: readonly PendingScale[]): PendingScale {
  const before = pending.find(({ of }) => of === found.of);
  if (before === undefined) return found;
  const factor = found.scale / before.scale;
  if (factor > SIMILAR_FACTOR || factor < 1 / SIMILAR_FACTOR) return found;
  return { ...before, batches: before.batches + 1 };
}
