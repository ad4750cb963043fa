import { z } from "zod";
import { isOnGrid } from "../domain/funding.ts";
import type { SettledRate } from "../domain/settlement.ts";
import { replyOf } from "./grvt-wire.ts";
import type { ExchangeHistory } from "./history.ts";
import { markPriceOf, settledRate, shiftedDecimal } from "./wire-history.ts";
import { intervalHoursOf } from "./wire-times.ts";
import { badEnvelope, epochMsOf, msOfNanoseconds, nonEmpty, numeric } from "./wire.ts";

const PATH = "/full/v1/funding";
const MAX_ROWS = 1_000;
/** Percentage points. */
const PERCENT_PLACES = -2;

const row = z.object({
  instrument: nonEmpty,
  funding_rate: numeric,
  funding_time: numeric,
  mark_price: numeric,
  funding_interval_hours: numeric,
});
type Row = z.infer<typeof row>;

const nanoseconds = (ms: number): string => `${ms}000000`;

/**
 * Payments of GRVT: percentage points at times in nanoseconds. Older rows are those of minutes, with an interval of 0:
 * only rows with an interval, at a time on its grid, are payments, and a page without any interval is the end.
 *
 * Sample row, with made-up numbers:
 * { instrument: "BTC_USDT_Perp", funding_rate: "0.0061", funding_time: "1793606400000000000",
 *   mark_price: "83577.400057842", funding_rate_8_h_avg: "0.0061", funding_interval_hours: 8 }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "cursor" },
  maxRows: MAX_ROWS,
  order: "newest_first",
  bounds: { from: "inclusive", to: "inclusive" },
  depth: { words: "to the time when rows began to have an interval", days: null, rows: null },
  pacing: { requests: 2, perMs: 1000 },
  caveats: [
    "Rows from before the exchange stated intervals (October 2025 and earlier) are not settlements alone and are not read.",
    "Whether the bounds of a range are inclusive is not documented, and the rate limit is not confirmed.",
  ],
  load: (http, { instrument: { exchangeSymbol }, fromMs, toMs, cursor }) => {
    const query = {
      instrument: exchangeSymbol,
      start_time: nanoseconds(fromMs),
      end_time: nanoseconds(toMs - 1),
      limit: MAX_ROWS,
      cursor: cursor ?? "",
    };
    return http.postRead(PATH, query, (body) => {
      const { result, next } = replyOf(body);
      const known = rowsOf(result, exchangeSymbol);
      const hasIntervals = known.some((each) => hoursOf(each) !== null);
      return {
        rows: known.flatMap((each) => paymentOf(each) ?? []),
        cursor: next,
        isLast: !hasIntervals,
      };
    });
  },
};

function rowsOf(result: unknown, exchangeSymbol: string): Row[] {
  if (!Array.isArray(result)) throw badEnvelope("the history is not a list");
  const rows = result.flatMap((item) => {
    const { data } = row.safeParse(item);
    return data?.instrument === exchangeSymbol ? [data] : [];
  });
  if (rows.length === 0 && result.length > 0)
    throw badEnvelope("no row of the history is readable");
  return rows;
}

const hoursOf = (each: Row): number | null => intervalHoursOf(each.funding_interval_hours);

function paymentOf(each: Row): SettledRate | null {
  const intervalHours = hoursOf(each);
  const atMs = epochMsOf(msOfNanoseconds(each.funding_time));
  if (intervalHours === null || atMs === null || !isOnGrid(atMs, intervalHours)) return null;
  return settledRate(atMs, shiftedDecimal(each.funding_rate, PERCENT_PLACES), {
    intervalHours,
    markPrice: markPriceOf(each.mark_price),
  });
}
