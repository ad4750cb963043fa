import type { Quote } from "../../src/domain/quote.ts";

/**
 * The figures of one quote that are compared with a recorded reply, in one line: symbol, what one priced unit is,
 * class, rate, interval, next time (UTC), mark, index, open interest and volume in whole dollars, floor and cap, to
 * twelve digits; "-" if unknown.
 */
export function recordedRow(quote: Quote): string {
  const { multiplier, base, nextFundingAtMs: nextMs } = quote;
  const fields = [
    quote.exchangeSymbol,
    multiplier === 1 ? base : `${multiplier}*${base}`,
    quote.assetClass,
    quote.fundingRate,
    hours(quote.fundingIntervalHours),
    nextMs === null ? null : new Date(nextMs).toISOString().slice(0, 16),
    digits(quote.markPrice),
    digits(quote.indexPrice),
    whole(quote.openInterestUsd),
    whole(quote.volume24hUsd),
    digits(quote.rateFloor),
    digits(quote.rateCap),
  ];
  return fields.map((field) => field ?? "-").join(" ");
}

function hours(interval: number | null): string | null {
  return interval === null ? null : `${interval}h`;
}

/** Exchanges print more digits than a double has, and a computed cap may end in a stray one. */
function digits(exact: number | null): number | null {
  return exact === null ? null : Number(exact.toPrecision(12));
}

function whole(money: number | null): number | null {
  return money === null ? null : Math.round(money);
}
