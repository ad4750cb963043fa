import type { Listing } from "../listing.ts";
import type { ExchangeTruth } from "../truth.ts";

/** Gives the reason for each skipped symbol by the first of `marks` that its listing has. */
export function reasonsByMark(
  truth: ExchangeTruth,
  listings: readonly Listing[],
  marks: readonly string[],
): ExchangeTruth {
  const kinds = new Map<string, string>();
  for (const listing of listings) {
    const mark = marks.find((each) => listing.marks.has(each));
    if (mark !== undefined) kinds.set(listing.symbol, mark);
  }
  const skipped = truth.skipped.map((row) => ({
    ...row,
    reason: kinds.get(row.exchange_symbol) ?? row.reason,
  }));
  return { ...truth, skipped };
}
