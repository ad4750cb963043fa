import type { AccruedHour } from "../../domain/charges.ts";
import type { ExchangeId } from "../../domain/exchange.ts";
import { MAX_PRICE_AGE_MS } from "../../domain/sample.ts";
import type { AccruedAmount } from "../../domain/settlement.ts";
import type { SampleColumns } from "./codec/columns.ts";
import type { SampleReader } from "./sample-reader.ts";

/**
 * Accrued hours with the mark price at the end of each, where one is needed and was sampled shortly before: the index of
 * Paradex is in quote currency for one unit. `hours`: of one series, ascending. Samples of all their time are read.
 */
export function pricedHours(
  samples: SampleReader,
  series: { readonly id: number; readonly exchange: ExchangeId },
  hours: readonly AccruedAmount[],
): readonly AccruedHour[] {
  const first = hours.find(needsPrice);
  const last = hours.findLast(needsPrice);
  if (first === undefined || last === undefined)
    return hours.map((hour) => ({ ...hour, markPrice: null }));
  const from = Math.floor((first.hourEndMs - MAX_PRICE_AGE_MS) / 1000);
  const { columns } = samples.read(series, from, last.hourEndMs / 1000 + 1);
  const priceAt = priceReader(columns);
  return hours.map((hour) => ({
    ...hour,
    markPrice: needsPrice(hour) ? priceAt(hour.hourEndMs) : null,
  }));
}

function needsPrice({ unit }: AccruedAmount): boolean {
  return unit === "quote_per_unit";
}

/** The last mark price up to a moment (unix ms), unless it is too old; called in ascending order. */
function priceReader({ times, market }: SampleColumns): (atMs: number) => number | null {
  let next = 0;
  let newest = { atMs: Number.NEGATIVE_INFINITY, price: Number.NaN };
  const timeAt = (place: number): number => {
    const index = market.at[place];
    return index === undefined ? Number.POSITIVE_INFINITY : (times[index] ?? 0) * 1000;
  };
  return (atMs) => {
    for (; timeAt(next) <= atMs; next += 1) {
      const price = market.markPrices[next] ?? Number.NaN;
      if (price > 0) newest = { atMs: timeAt(next), price };
    }
    return atMs - newest.atMs <= MAX_PRICE_AGE_MS ? newest.price : null;
  };
}
