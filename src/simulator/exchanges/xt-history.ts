import { countOf, type Payment, paymentsOf, WHOLE_PAST } from "../history.ts";
import type { Listing } from "../listing.ts";
import { fixed } from "../wire-text.ts";
import type { MarketView } from "../wire.ts";
import type { Asked, Call } from "./calls.ts";

const RATE_DECIMALS = 8;
const SECONDS_PER_HOUR = 3600;

const idOf = (listing: Listing, { slotMs }: Payment): string =>
  String(slotMs * 1000 + (listing.key % 1000));

/** All that is older than the row whose id is given, newest first. */
function rest(listing: Listing, view: MarketView, { query }: Asked): Payment[] {
  const after = query.get("id");
  const all = paymentsOf(listing, view, WHOLE_PAST).toReversed();
  return after === null || after === ""
    ? all
    : all.slice(all.findIndex((payment) => idOf(listing, payment) === after) + 1);
}

const countFor = (view: MarketView, { query }: Asked): number =>
  countOf(view, query.get("limit"), { usual: 10, max: 200 });

/** The newest rows, or those after the one whose id is given, newest first. */
export function pastRates(
  has: (listing: Listing) => boolean,
  one: NonNullable<Call["one"]>,
  wrap: (result: unknown) => unknown,
): Call {
  return {
    kind: "history",
    has,
    one,
    past: (listing, view, asked) =>
      rest(listing, view, asked)
        .slice(0, countFor(view, asked))
        .map((payment) => ({
          id: idOf(listing, payment),
          symbol: listing.symbol,
          fundingRate: fixed(payment.rate, RATE_DECIMALS),
          createdTime: payment.slotMs,
          collectionInternal: payment.intervalHours * SECONDS_PER_HOUR,
        })),
    wrap: (items, view, asked) => {
      const listing = view.listings.find(({ symbol }) => symbol === asked.symbol);
      const left = listing === undefined ? 0 : rest(listing, view, asked).length;
      const hasPrev = (asked.query.get("id") ?? "") !== "";
      return wrap({ hasPrev, hasNext: left > countFor(view, asked), items });
    },
  };
}
