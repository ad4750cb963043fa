import { countOf, newestOf, paymentsOf, rangeOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS, rateAt } from "../market.ts";
import { trimmed } from "../wire-text.ts";
import { wireError } from "../wire.ts";
import type { Call } from "./calls.ts";

/** The hourly rate is constant for this long, starting at midnight UTC. */
const BLOCK_MS = 4 * HOUR_MS;

/** The rate of the hours of the block that a time is in. */
export function blockRate(listing: Listing, timeMs: number): number {
  return rateAt(listing, Math.floor(timeMs / BLOCK_MS) * BLOCK_MS);
}

/** Charged at the end of each hour, the last one at the end of the block. */
export function chargedRate(listing: Listing, slotMs: number): number {
  return blockRate(listing, slotMs - 1);
}

/** The newest hours of a range with inclusive bounds. */
export const pastRates: Call = {
  kind: "history",
  one: {
    name: "instrument_name",
    missing: wireError(400, {
      id: -1,
      method: "public/get-valuations",
      code: 40_004,
      message: "Missing or invalid argument",
    }),
  },
  past: (listing, view, { query }) => {
    const { fromMs, toMs } = rangeOf(query, "start_ts", "end_ts");
    const payments = paymentsOf(listing, view, { fromMs, toMs: toMs + 1 });
    const count = countOf(view, query.get("count"), { usual: 25, max: 300 });
    return newestOf(payments, count).map(({ slotMs }) => ({
      v: trimmed(chargedRate(listing, slotMs), 9),
      t: slotMs,
    }));
  },
  wrap: (data, _view, { symbol }) => ({
    id: -1,
    method: "public/get-valuations",
    code: 0,
    result: { data, instrument_name: symbol },
  }),
};
