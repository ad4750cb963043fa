import { settledClass } from "./disputed-classes.ts";
import type { Batch, Quote } from "./quote.ts";
import { withSafeTexts } from "./safe-text.ts";

/** What is shown of an exchange's batch, whatever its adapter reads: disputed classes are settled, texts are safe. */
export function shownBatch<B extends Batch>(batch: B): B {
  return withSafeTexts({ ...batch, quotes: batch.quotes.map(settled) });
}

function settled(quote: Quote): Quote {
  const assetClass = settledClass(quote.base, quote.assetClass);
  return assetClass === quote.assetClass ? quote : { ...quote, assetClass };
}
