import type { Listing } from "../listing.ts";
import type { MarketView, WireError, WireList } from "../wire.ts";

const isLive = ({ product, state }: Listing): boolean => product === "perp" && state === "live";

/** The place of a listing among the live perpetuals, in whose order faults of rows count them; 0 if it is none. */
function placeOf(listing: Listing, view: MarketView): number {
  if (!isLive(listing)) return 0;
  let place = 0;
  for (const other of view.listings) {
    if (other === listing) break;
    if (isLive(other)) place += 1;
  }
  return place;
}

/** A reply with one instrument's row, for an exchange that is queried for each in turn. */
export function inTurn(
  reply: WireList,
  isAsked: (listing: Listing) => boolean,
  unknown: WireError,
): WireList {
  // Known once the rows were made: the place depends on the market, which a route does not see.
  let place = 0;
  return {
    ...reply,
    get firstIndex() {
      return place;
    },
    rows(view) {
      const listing = view.listings.find(isAsked);
      if (listing !== undefined) place = placeOf(listing, view);
      return reply.rows(view);
    },
    wrap: (rows, view) => (rows.length === 0 ? unknown.body : reply.wrap(rows, view)),
  };
}
