import { countOf, paymentsOf, WHOLE_PAST } from "../history.ts";
import type { Listing } from "../listing.ts";
import { trimmed } from "../wire-text.ts";
import { type WireError, wireError } from "../wire.ts";
import type { Asked, Call } from "./calls.ts";

const MAX_ROWS = 1000;
/** Payments are recorded one to three seconds after their slot. */
const FIRST_SECOND = 1;
const JITTER_MS = 3_000;
/** What is sent without a range. */
const USUAL_DAYS = 30;
const DAY_SECONDS = 86_400;

function refusedLimit({ query }: Asked): WireError | null {
  const limit = Number(query.get("limit") ?? 1);
  if (limit > 0 && limit <= MAX_ROWS) return null;
  const message = `invalid limit, must in (0, ${MAX_ROWS}]`;
  return wireError(400, { label: "INVALID_PARAM_VALUE", message });
}

/** The newest rows of a range with inclusive bounds in seconds, newest first; of the last 30 days without a range. */
export function pastRates(has: (listing: Listing) => boolean, missing: WireError): Call {
  return {
    kind: "history",
    refuse: refusedLimit,
    has,
    one: { name: "contract", missing },
    past: (listing, view, { query }) => {
      const newest = Math.floor(view.nowMs / 1000);
      const usualFrom = query.has("to") ? 0 : newest - USUAL_DAYS * DAY_SECONDS;
      const from = Number(query.get("from") ?? usualFrom);
      const to = Number(query.get("to") ?? newest);
      return paymentsOf(listing, view, WHOLE_PAST, JITTER_MS)
        .map(({ atMs, rate }) => ({
          r: trimmed(rate, 6),
          t: Math.floor(atMs / 1000) + FIRST_SECOND,
        }))
        .filter(({ t }) => t >= from && t <= to)
        .toReversed()
        .slice(0, countOf(view, query.get("limit"), { usual: 100, max: MAX_ROWS }));
    },
  };
}
