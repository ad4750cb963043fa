import type { Listing } from "../listing.ts";
import type { MarketView, PayloadKind, WireError, WireList, WireRow } from "../wire.ts";

/** A request for one instrument by name. */
interface OneInstrument {
  readonly kind: PayloadKind;
  readonly key: string;
  /** Whether a listing is the requested one. */
  wanted(listing: Listing): boolean;
  row(listing: Listing, view: MarketView): WireRow;
  wrap(row: WireRow, view: MarketView): unknown;
  /** The refusal for an instrument that does not exist. */
  readonly unknown: WireError;
}

/** The live perpetuals of an exchange, in the order in which faults count rows. */
function liveOf(view: MarketView): readonly Listing[] {
  return view.listings.filter((row) => row.product === "perp" && row.state === "live");
}

/** The reply to a request for one instrument: a list of one row, or the exchange's refusal. */
export function oneInstrument(request: OneInstrument): WireList {
  // Set when the rows are built: the index depends on the market, which a route does not see.
  let place = 0;
  return {
    type: "list",
    kind: request.kind,
    key: request.key,
    whenEmpty: request.unknown,
    get firstIndex() {
      return place;
    },
    rows(view) {
      const listing = view.listings.find(request.wanted);
      if (listing === undefined) return [];
      place = Math.max(0, liveOf(view).indexOf(listing));
      return [request.row(listing, view)];
    },
    wrap(rows, view) {
      const [row] = rows;
      return row === undefined ? request.unknown.body : request.wrap(row, view);
    },
  };
}
