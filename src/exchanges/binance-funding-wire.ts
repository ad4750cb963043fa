import { isOnGrid } from "../domain/funding.ts";
import type { Quote } from "../domain/quote.ts";
import type { FundingRow } from "./binance-wire.ts";
import type { Rows } from "./wire-rows.ts";
import { intervalHoursOf, type RowInterval } from "./wire-times.ts";
import { rateCapOf, rateFloorOf } from "./wire.ts";

/** Intervals and bounds from Binance's fundingInfo, and what a missing row means. */

/** Documented: a symbol that fundingInfo does not list was never adjusted and settles every 8 h. */
const DEFAULT_INTERVAL_HOURS = 8;

/**
 * A list with fewer rows per live listing is incomplete. It had 760 to 803 rows, including dead symbols, for about 740
 * live ones: half of it is 0.54.
 */
const WHOLE_LIST_SHARE = 0.75;

interface Funding extends RowInterval {
  readonly bounds: Pick<Quote, "rateCap" | "rateFloor">;
}

/** Looks up a symbol with its published next funding time (unix ms; null if unknown). */
export type FundingLookup = (symbol: string, nextMs: number | null) => Funding;

export const NO_BOUNDS = { rateCap: null, rateFloor: null };
const UNKNOWN: Funding = { hours: null, source: "published", bounds: NO_BOUNDS };
const DEFAULT: Funding = {
  hours: DEFAULT_INTERVAL_HOURS,
  source: "documented_default",
  cached: true,
  bounds: NO_BOUNDS,
};

/**
 * A symbol missing from a complete list has the documented default if its next time is on that grid. The default does
 * not apply if the list is too short for `live` listings or has an unreadable row: any symbol may be missing then.
 */
export function fundingLookup(list: Rows<FundingRow> | null, live: number): FundingLookup {
  if (list === null) return () => UNKNOWN;
  const rows = new Map(list.rows.map((row) => [row.symbol, row]));
  const isWhole = list.rejects.length === 0 && rows.size >= live * WHOLE_LIST_SHARE;
  return (symbol, nextMs) => {
    const row = rows.get(symbol);
    if (row === undefined) return isWhole && isOnDefaultGrid(nextMs) ? DEFAULT : UNKNOWN;
    return {
      hours: intervalHoursOf(row.fundingIntervalHours),
      source: "published",
      cached: true,
      bounds: {
        rateCap: rateCapOf(row.adjustedFundingRateCap),
        rateFloor: rateFloorOf(row.adjustedFundingRateFloor),
      },
    };
  };
}

/** 00:00, 08:00 and 16:00 UTC. */
function isOnDefaultGrid(nextMs: number | null): boolean {
  return nextMs !== null && isOnGrid(nextMs, DEFAULT_INTERVAL_HOURS);
}
