import { z } from "zod";
import type { ExchangeHistory } from "./history.ts";
import { BASE_PATH, dataOf } from "./mexc-wire.ts";
import { decimalTextOf, historyRows, settledRate } from "./wire-history.ts";
import { intervalHoursOf } from "./wire-times.ts";
import { anyValue, decodeEnvelope, epochMsOf, nonEmpty, numeric } from "./wire.ts";

const MAX_ROWS = 100;

const list = z.object({ resultList: anyValue });
const row = z.object({
  symbol: nonEmpty,
  fundingRate: numeric,
  settleTime: numeric,
  collectCycle: numeric,
});

/**
 * Payments of MEXC by page number, each with its own interval in hours. There is no filter by time.
 *
 * Sample row, with made-up numbers:
 * { symbol: "BTC_USDT", fundingRate: 0.000036, settleTime: 1793606400000, collectCycle: 8 }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "page" },
  maxRows: MAX_ROWS,
  order: "newest_first",
  bounds: { from: "none", to: "none" },
  depth: { words: "no limit is stated", days: null, rows: null },
  // 20 in 2 s are allowed; the exchange's own pacing is lower, and the refresh needs some of it.
  pacing: { requests: 3, perMs: 2000 },
  caveats: [
    "A payment can be booked up to 15 s late; the time in its row is that of the slot.",
    "What is sent for a page after the last one is not documented.",
  ],
  load: (http, { instrument: { exchangeSymbol }, page }) =>
    http.get(
      `${BASE_PATH}/funding_rate/history?symbol=${encodeURIComponent(exchangeSymbol)}&page_num=${page}&page_size=${MAX_ROWS}`,
      (body) => ({
        rows: historyRows(
          row,
          decodeEnvelope(list, dataOf(body)).resultList,
          ({ symbol, settleTime, fundingRate, collectCycle }) =>
            symbol === exchangeSymbol
              ? settledRate(epochMsOf(settleTime), decimalTextOf(fundingRate), {
                  intervalHours: intervalHoursOf(collectCycle),
                })
              : null,
        ),
      }),
    ),
};
