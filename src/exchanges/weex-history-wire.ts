import { z } from "zod";
import { HOUR_MS } from "../domain/funding.ts";
import type { ExchangeHistory } from "./history.ts";
import { successOf } from "./weex-wire.ts";
import { decimalTextOf, historyRows, markPriceOf, settledRate } from "./wire-history.ts";
import { epochMsOf, nonEmpty, numeric } from "./wire.ts";

const PATH = "/capi/v3/market/fundingRate";
const MAX_ROWS = 1000;
/** A range of more than 7 days is refused; its start is requested a little earlier. */
const MAX_RANGE_MS = (7 * 24 - 1) * HOUR_MS;

const row = z.object({
  symbol: nonEmpty,
  fundingRate: numeric,
  fundingTime: numeric,
  markPrice: numeric,
});

/**
 * Payments of WEEX, newest first.
 *
 * Sample row, with made-up numbers:
 * { symbol: "BTCUSDT", fundingRate: "-0.00038395", fundingTime: 1793620800000, markPrice: "83546.1" }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "time", sends: "newest" },
  maxRows: MAX_ROWS,
  order: "newest_first",
  bounds: { from: "inclusive", to: "inclusive" },
  maxRangeMs: MAX_RANGE_MS,
  depth: { words: "365 days", days: 365, rows: null },
  // It weighs 5 of the 500 in 10 seconds that all calls share.
  pacing: { requests: 10, perMs: 10_000 },
  caveats: [
    "That a range spans at most 7 days and begins at most 365 days ago was measured in September 2026; it is not documented.",
  ],
  load: (http, { instrument: { exchangeSymbol }, fromMs, toMs }) => {
    // One earlier, in case the start of a range is not included.
    const range = `startTime=${Math.max(0, fromMs - 1)}&endTime=${toMs - 1}&limit=${MAX_ROWS}`;
    return http.get(`${PATH}?symbol=${encodeURIComponent(exchangeSymbol)}&${range}`, (body) => ({
      rows: historyRows(row, successOf(body), (each) =>
        each.symbol === exchangeSymbol
          ? settledRate(epochMsOf(each.fundingTime), decimalTextOf(each.fundingRate), {
              markPrice: markPriceOf(each.markPrice),
            })
          : null,
      ),
    }));
  },
};
