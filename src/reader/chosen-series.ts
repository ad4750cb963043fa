import type { PastReader, SeriesRow } from "../db/history/past-reader.ts";
import type { SeriesFilter } from "../services/history/series-filter.ts";

/** The series that pass the filter, in the order of their ids. */
export function chosenSeries(
  past: PastReader,
  { names, exchanges, quotes, assetClasses }: SeriesFilter,
): readonly SeriesRow[] {
  const found = names === null ? past.everySeries() : past.seriesNamed(names.bases, names.uids);
  const except = new Set(names?.exceptUids);
  return found.filter(
    ({ uid, exchange, quote, assetClass }) =>
      !except.has(uid) &&
      (exchanges?.includes(exchange) ?? true) &&
      (quotes?.includes(quote) ?? true) &&
      (assetClasses === null || (assetClass !== null && assetClasses.includes(assetClass))),
  );
}
