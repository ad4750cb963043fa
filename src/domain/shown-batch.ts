import { settledClass } from "./disputed-classes.ts";
import type { Batch, Quote } from "./quote.ts";
import { withSafeTexts } from "./safe-text.ts";
import { figuresOf, withoutTwins } from "./twins.ts";

/**
 * The part of an exchange's batch that is shown, regardless of the adapter: symbols are unique, also across joined
 * contract families, disputed classes are settled, texts are safe.
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
