import { countOf, oldestOf, paymentsOf, rangeOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { rounded } from "../wire-text.ts";
import type { Call } from "./calls.ts";

const RATE_DECIMALS = 8;
const SECONDS_PER_HOUR = 3600;

/** The symbol of a listing's funding rate, whatever its interval. */
export const fundingSymbolOf = ({ symbol }: Listing): string => `.${symbol}FR8H`;

/** The oldest rows of a range with inclusive bounds; an unknown symbol has none. */
export function pastRates(has: (listing: Listing) => boolean): Call {
  return {
    kind: "history",
    has,
    one: { name: "symbol", matches: (listing, symbol) => fundingSymbolOf(listing) === symbol },
    past: (listing, view, { query }) => {
      const { fromMs, toMs } = rangeOf(query, "start", "end");
      const payments = paymentsOf(listing, view, { fromMs, toMs: toMs + 1 });
      const count = countOf(view, query.get("limit"), { usual: 100, max: 100 });
      return oldestOf(payments, count).map(({ rate, slotMs, intervalHours }) => ({
        symbol: fundingSymbolOf(listing),
        fundingRate: rounded(rate, RATE_DECIMALS),
        fundingTime: slotMs,
        intervalSeconds: intervalHours * SECONDS_PER_HOUR,
      }));
    },
    wrap: (rows) => ({ code: 0, msg: "OK", data: { rows } }),
  };
}
