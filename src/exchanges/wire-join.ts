import type { NamedListing } from "../domain/pre-ipo.ts";
import type { Batch, Quote, RateOrigin, Reject } from "../domain/quote.ts";
import { collectRows, type Rows } from "./wire-rows.ts";

/** What a quote takes from the list of instruments, where rates come in a reply of their own. */
export type Listed<More extends keyof Quote = never> = Pick<
  Quote,
  "exchangeSymbol" | "base" | "multiplier" | "quote" | "settle" | More
>;

/** What an exchange may not publish. An adapter spreads it first and then names what its exchange gives. */
export const NOT_PUBLISHED = {
  assetClass: null,
  listedAtMs: null,
  predictedRate: null,
  instantRate: null,
  settledRate: null,
  settledAtMs: null,
  rateCap: null,
  rateFloor: null,
  baselineRate: null,
  settling: false,
  markPrice: null,
  indexPrice: null,
  openInterestUsd: null,
  volume24hUsd: null,
  exchangeTimeMs: null,
} satisfies Partial<Quote>;

/** The list of instruments as it was read. */
export interface Listings<L> {
  /** Those that are ours to show, by symbol. */
  readonly live: ReadonlyMap<string, L>;
  /** Every symbol of the list, also those that are not shown. */
  readonly known: ReadonlySet<string>;
  readonly rejects: readonly Reject[];
}

/** Reads a list of instruments. `listingOf` is null for a row that is not ours; a RowReject of it is counted. */
export function readListings<T, L extends NamedListing & { readonly exchangeSymbol: string }>(
  list: Rows<T>,
  symbolOf: (row: T) => string,
  listingOf: (row: T) => L | null,
): Listings<L> {
  const { quotes, rejects } = collectRows(list.rows, symbolOf, listingOf);
  return {
    live: new Map(quotes.map((listing) => [listing.exchangeSymbol, listing])),
    known: new Set(list.rows.map(symbolOf)),
    rejects: [...list.rejects, ...rejects],
  };
}

/** A batch whose exchange has a list of instruments to count by. */
export type ListedBatch = Batch & { readonly expected: number };

/** A reply of rates and the list that it belongs to. */
interface RatesAndListings<R, L> {
  readonly rates: Rows<R>;
  readonly symbolOf: (row: R) => string;
  readonly listings: Listings<L>;
  /** Null for a row that is not ours to show; a RowReject is counted. */
  readonly quoteOf: (row: R, listing: L) => Quote | null;
  /** Whether a rate that the list does not hold speaks against the list; absent: every one does. */
  readonly shouldBeListed?: (row: R) => boolean;
}

/**
 * Joins rates to listings by symbol. A rate without a live listing is not shown, and is counted where the list does not
 * hold it at all; a listing without a rate is expected and not shown. Unreadable rows of either side are rejects, and
 * twins what `collectRows` says.
 */
export function joinRates<R, L>(join: RatesAndListings<R, L>): ListedBatch {
  const { rates, symbolOf, listings, quoteOf, shouldBeListed = () => true } = join;
  const { quotes, rejects } = collectRows(rates.rows, symbolOf, (row) => {
    const listing = listings.live.get(symbolOf(row));
    return listing === undefined ? null : quoteOf(row, listing);
  });
  return {
    quotes,
    rejects: [...rates.rejects, ...listings.rejects, ...rejects],
    expected: listings.live.size,
    unlisted: rates.rows.filter((row) => !listings.known.has(symbolOf(row)) && shouldBeListed(row))
      .length,
  };
}

/** Where each listing is asked for its own rate, none can be unlisted. `quoteOf` is null where there is no answer. */
export function joinAnswers<L extends Listed>(
  listings: Listings<L>,
  quoteOf: (listing: L) => Quote | null,
): ListedBatch {
  const rates = { rows: [...listings.live.values()], rejects: [] };
  return joinRates({ rates, symbolOf: (row) => row.exchangeSymbol, listings, quoteOf });
}

/** Where list and rates are one reply, nothing else says how many there should be. */
export function onlyReply<R>(
  rates: Rows<R>,
  symbolOf: (row: R) => string,
  quoteOf: (row: R) => Quote | null,
): Batch {
  const { quotes, rejects } = collectRows(rates.rows, symbolOf, quoteOf);
  return { quotes, rejects: [...rates.rejects, ...rejects], expected: null, unlisted: 0 };
}

/**
 * The received rows that a rate was computed from, and those that other fields were read from (`others`), in which
 * undefined means that there is none. Null if one of the first is undefined: the rate is not shown then.
 */
export function originOf(
  formula: string,
  rows: Readonly<Record<string, unknown>>,
  others: Readonly<Record<string, unknown>> = {},
): RateOrigin | null {
  if (Object.values(rows).includes(undefined)) return null;
  const shown = Object.entries(others).map(([payload, row]) => [payload, row ?? null]);
  return { rows: { ...rows, ...Object.fromEntries(shown) }, formula };
}
