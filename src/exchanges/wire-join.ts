import type { NamedListing } from "../domain/pre-ipo.ts";
import type { Batch, Quote, RateOrigin, Reject } from "../domain/quote.ts";
import { collectRows, type Rows } from "./wire-rows.ts";

/** The fields of a quote that come from the instrument list, if rates are a separate reply. */
export type Listed<More extends keyof Quote = never> = Pick<
  Quote,
  "exchangeSymbol" | "base" | "multiplier" | "quote" | "settle" | More
>;

/** Fields that an exchange may not publish. An adapter spreads it first and then sets what its exchange provides. */
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

/** The instrument list as read. */
export interface Listings<L> {
  /** Those that are shown, by symbol. */
  readonly live: ReadonlyMap<string, L>;
  /** Every symbol of the list, including those not shown. */
  readonly known: ReadonlySet<string>;
  readonly rejects: readonly Reject[];
}

/** Reads an instrument list. `listingOf` is null for a row that is not shown; its RowRejects are counted. */
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

/** A batch whose exchange has an instrument list to compare with. */
export type ListedBatch = Batch & { readonly expected: number };

/** A rates reply and the instrument list. */
interface RatesAndListings<R, L> {
  readonly rates: Rows<R>;
  readonly symbolOf: (row: R) => string;
  readonly listings: Listings<L>;
  /** Null for a row that is not shown; a RowReject is counted. */
  readonly quoteOf: (row: R, listing: L) => Quote | null;
  /** Whether a rate missing from the list indicates an incomplete list; absent: every one does. */
  readonly shouldBeListed?: (row: R) => boolean;
}

/**
 * Joins rates to listings by symbol. A rate without a live listing is not shown, and counts as unlisted if it is not in
 * the list at all; a listing without a rate is expected but not shown. Unreadable rows of either side are rejects;
 * duplicates are handled by `collectRows`.
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

/** If each listing's rate is requested separately, none can be unlisted. `quoteOf` is null if there is no answer. */
export function joinAnswers<L extends Listed>(
  listings: Listings<L>,
  quoteOf: (listing: L) => Quote | null,
): ListedBatch {
  const rates = { rows: [...listings.live.values()], rejects: [] };
  return joinRates({ rates, symbolOf: (row) => row.exchangeSymbol, listings, quoteOf });
}

/** If list and rates are one reply, there is no other count to compare with. */
export function onlyReply<R>(
  rates: Rows<R>,
  symbolOf: (row: R) => string,
  quoteOf: (row: R) => Quote | null,
): Batch {
  const { quotes, rejects } = collectRows(rates.rows, symbolOf, quoteOf);
  return { quotes, rejects: [...rates.rejects, ...rejects], expected: null, unlisted: 0 };
}

/**
 * The received rows that a rate was computed from, and those that other fields were read from (`others`), where
 * undefined means that there is none. Null if one of the former is undefined: the rate is not shown then.
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
