import type { Quote } from "../../src/domain/quote.ts";

/**
 * One line of text per quote with everything that a reader of the payload can check by hand, `-` if unknown: `SYMBOL
 * BASE xMULTIPLIER SETTLE class RATE/HOURSh NEXT cap C floor F rest R mark M index I oi USD vol USD`. The next time is
 * UTC to the minute; open interest and volume are rounded to the dollar.
 */
export function quoteLines(quotes: readonly Quote[]): readonly string[] {
  return quotes.map((quote) => {
    const next = quote.nextFundingAtMs;
    const at = next === null ? "-" : new Date(next).toISOString().slice(5, 16);
    return [
      `${quote.exchangeSymbol} ${quote.base} x${quote.multiplier} ${quote.settle}`,
      `${quote.assetClass ?? "-"} ${shown(quote.fundingRate)}/${quote.fundingIntervalHours ?? "-"}h ${at}`,
      `cap ${shown(quote.rateCap)} floor ${shown(quote.rateFloor)} rest ${shown(quote.baselineRate)}`,
      `mark ${shown(quote.markPrice)} index ${shown(quote.indexPrice)}`,
      `oi ${dollars(quote.openInterestUsd)} vol ${dollars(quote.volume24hUsd)}`,
    ].join(" ");
  });
}

/** Twelve digits: more than any payload has, fewer than the noise of a product. */
function shown(value: number | null): string {
  return value === null ? "-" : String(Number(value.toPrecision(12)));
}

function dollars(usd: number | null): string {
  return usd === null ? "-" : String(Math.round(usd));
}
