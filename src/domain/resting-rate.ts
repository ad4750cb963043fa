import type { Batch, Quote } from "./quote.ts";

/** Of which contracts an exchange's interest is documented, and whether it says what they are claims on. */
export interface InterestRule {
  readonly ofCoinsAlone: boolean;
  readonly statesClasses: boolean;
}

/**
 * Without the resting rates of contracts for which no interest is documented. Where the exchange states classes, a
 * contract without one is not said to be a coin either; where it states none, what others state decides (see flagsOf).
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
