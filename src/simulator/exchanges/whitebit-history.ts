import { countOf, paymentsOf, WHOLE_PAST } from "../history.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS } from "../market.ts";
import { trimmed } from "../wire-text.ts";
import { type WireError, wireError } from "../wire.ts";
import type { Asked, Call } from "./calls.ts";

const RATE_DECIMALS = 8;
const MAX_ROWS = 100;

function refusedLimit({ query }: Asked): WireError | null {
  if (Number(query.get("limit") ?? MAX_ROWS) <= MAX_ROWS) return null;
  const message = { limit: [`The limit must be less than or equal to ${MAX_ROWS}.`] };
  return wireError(422, { success: false, message, result: null });
}

/** The newest rows of a range with inclusive bounds in seconds, newest first, after leaving out `offset` of them. */
export function pastRates(has: (listing: Listing) => boolean, unknown: WireError): Call {
  return {
    kind: "history",
    refuse: refusedLimit,
    has,
    one: { name: "market", unknown },
    past: (listing, view, { query }) => {
      const fromMs = Number(query.get("startDate") ?? 0) * 1000;
      const toMs = Number(query.get("endDate") ?? Number.POSITIVE_INFINITY) * 1000;
      const offset = Number(query.get("offset") ?? 0);
      const count = countOf(view, query.get("limit"), { usual: MAX_ROWS, max: MAX_ROWS });
      return paymentsOf(listing, view, WHOLE_PAST)
        .filter(({ slotMs }) => slotMs >= fromMs && slotMs <= toMs)
        .toReversed()
        .slice(offset, offset + count)
        .map(({ slotMs, rate, mark, intervalHours }) => ({
          fundingTime: String(slotMs / 1000),
          fundingRate: trimmed(rate, RATE_DECIMALS),
          market: listing.symbol,
          settlementPrice: trimmed(mark, listing.priceDecimals),
          rateCalculatedTime: String((slotMs - intervalHours * HOUR_MS) / 1000),
        }));
    },
  };
}
