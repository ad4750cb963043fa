import type { Batch, Quote } from "./quote.ts";

/** Which contracts an exchange's documented interest rate applies to, and whether it states asset classes. */
export interface InterestRule {
  readonly ofCoinsAlone: boolean;
  readonly statesClasses: boolean;
}

/**
 * Removes the resting rates of contracts without a documented interest rate. If the exchange states classes, a contract
 * without one is not a coin either; if it states none, other exchanges' classes decide (see flagsOf).
 */
export function withDocumentedInterest<B extends Batch>(batch: B, rule: InterestRule): B {
  if (!rule.ofCoinsAlone) return batch;
  const isDocumented = ({ assetClass }: Quote): boolean =>
    assetClass === "crypto" || (assetClass === null && !rule.statesClasses);
  const quotes = batch.quotes.map((quote) =>
    isDocumented(quote) ? quote : { ...quote, baselineRate: null },
  );
  return { ...batch, quotes };
}
