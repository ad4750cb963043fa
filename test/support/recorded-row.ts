import type { Quote } from "../../src/domain/quote.ts";

/**
 * The figures of one quote that a recorded reply is held against, in one line: symbol, what one priced unit is, class,
 * rate, interval, next time (UTC), mark, index (12 digits), open interest and volume in whole dollars, floor and cap; "-" where
 * unknown.
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
    price(quote.markPrice),
    price(quote.indexPrice),
    whole(quote.openInterestUsd),
    whole(quote.volume24hUsd),
    quote.rateFloor,
    quote.rateCap,
  ];
  return fields.map((field) => field ?? "-").join(" ");
}

function hours(interval: number | null): string | null {
  return interval === null ? null : `${interval}h`;
}

/** Exchanges print more digits than a double holds. */
function price(exact: number | null): number | null {
  return exact === null ? null : Number(exact.toPrecision(12));
}

function whole(money: number | null): number | null {
  return money === null ? null : Math.round(money);
}
