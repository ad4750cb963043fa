import { namesAlike } from "../../domain/asset-names.ts";
import type { ExchangeId } from "../../domain/exchange.ts";
import type { AssetClass } from "../../domain/quote.ts";

/**
 * Which series a question is about. A null list does not filter. Prices identify the assets of current listings only:
 * for these the caller decides by uid, all others are found by their ticker.
 */
export interface SeriesFilter {
  readonly exchanges: readonly ExchangeId[] | null;
  readonly quotes: readonly string[] | null;
  readonly assetClasses: readonly AssetClass[] | null;
  /** Null: every series. */
  readonly names: SeriesNames | null;
}

export interface SeriesNames {
  /** Series with one of these tickers … */
  readonly bases: readonly string[];
  /** … except these … */
  readonly exceptUids: readonly string[];
  /** … and these, whatever their ticker. */
  readonly uids: readonly string[];
}

/** A current listing, and whether it is meant. */
interface JudgedListing {
  readonly uid: string;
  readonly base: string;
  readonly isMeant: boolean;
}

/** The series that someone means who asks for `bases`, given what is known of the current listings. */
export function seriesNames(
  bases: readonly string[],
  listings: readonly JudgedListing[],
): SeriesNames {
  const names = new Set(bases.flatMap((base) => [base, ...namesAlike(base)]));
  return {
    bases: [...names].toSorted(),
    exceptUids: listings
      .filter(({ base, isMeant }) => !isMeant && names.has(base))
      .map(({ uid }) => uid),
    uids: listings.filter(({ base, isMeant }) => isMeant && !names.has(base)).map(({ uid }) => uid),
  };
}
