import { settledClass } from "./disputed-classes.ts";
import type { Batch, Quote } from "./quote.ts";
import { withSafeTexts } from "./safe-text.ts";
import { figuresOf, withoutTwins } from "./twins.ts";

/**
 * What is shown of an exchange's batch, whatever its adapter reads: a symbol is there once, also where families of
 * contracts were joined, disputed classes are settled, texts are safe.
 */
export function shownBatch<B extends Batch>(batch: B): B {
  const read = batch.quotes.map((row) => ({ symbol: row.exchangeSymbol, row }));
  const { rows, rejects } = withoutTwins(read, figuresOf);
  const all = { ...batch, quotes: rows.map(settled), rejects: [...batch.rejects, ...rejects] };
  return withSafeTexts(all);
}

function settled(quote: Quote): Quote {
  const assetClass = settledClass(quote.base, quote.assetClass);
  return assetClass === quote.assetClass ? quote : { ...quote, assetClass };
}
