import { z } from "zod";
import { HOUR_MS } from "../domain/funding.ts";
import { BASE_PATH, dataOf } from "./bingx-wire.ts";
import type { ExchangeHistory } from "./history.ts";
import { decimalTextOf, historyRows, markPriceOf, settledRate } from "./wire-history.ts";
import { epochMsOf, nonEmpty, numeric } from "./wire.ts";

const MAX_ROWS = 1000;
/** Even hourly payments of a range this long fit on one page: which end of a longer one is sent is not documented. */
const WHOLE_RANGE_MS = 40 * 24 * HOUR_MS;

const row = z.object({
  symbol: nonEmpty,
  fundingRate: numeric,
  fundingTime: numeric,
  markPrice: numeric,
});

/**
 * Payments of BingX with their mark prices.
 *
 * Sample row, with made-up numbers:
 * { symbol: "BTC-USDT", fundingRate: "0.00007800", fundingTime: 1793606400000, markPrice: "83551.2" }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "time", sends: "newest" },
  maxRows: MAX_ROWS,
  order: "newest_first",
  bounds: { from: "inclusive", to: "inclusive" },
  maxRangeMs: WHOLE_RANGE_MS,
  depth: { words: "no limit is stated", days: null, rows: null },
  // One request a second, as for the others; the refresh and the open interest need some of them.
  pacing: { requests: 1, perMs: 1500 },
  caveats: [
    "The order of the rows was observed, not documented.",
    "Whether the bounds of a range are inclusive is not documented.",
    "The documented parameter timestamp is not sent: other public calls answer without it.",
  ],
  load: (http, { instrument: { exchangeSymbol }, fromMs, toMs }) =>
    http.get(
      `${BASE_PATH}/fundingRate?symbol=${encodeURIComponent(exchangeSymbol)}&startTime=${fromMs}&endTime=${toMs - 1}&limit=${MAX_ROWS}`,
      (body) => ({
        rows: historyRows(row, dataOf(body), ({ symbol, fundingTime, fundingRate, markPrice }) =>
          symbol === exchangeSymbol
            ? settledRate(epochMsOf(fundingTime), decimalTextOf(fundingRate), {
                markPrice: markPriceOf(markPrice),
              })
            : null,
        ),
      }),
    ),
};
