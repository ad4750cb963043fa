import type { Listing } from "../listing.ts";
import type { MarketView, WireError, WireList } from "../wire.ts";

/** The live perpetuals of an exchange, in the order in which faults of rows count them. */
function liveOf(view: MarketView): readonly Listing[] {
  return view.listings.filter((row) => row.product === "perp" && row.state === "live");
}

/** A reply with one instrument's row, for an exchange that is asked for each in turn. */
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
      if (listing !== undefined) place = Math.max(0, liveOf(view).indexOf(listing));
      return reply.rows(view);
    },
    wrap: (rows, view) => (rows.length === 0 ? unknown.body : reply.wrap(rows, view)),
  };
}
