import { z } from "zod";
import type { ExchangeHistory } from "./history.ts";
import { dataOf } from "./orderly-wire.ts";
import { historyRows, settledRate, shiftedDecimal } from "./wire-history.ts";
import { epochMsOf, nonEmpty, numeric } from "./wire.ts";

const PATH = "/v1/public/funding_rate_history";
const MAX_ROWS = 500;

const row = z.object({ symbol: nonEmpty, funding_rate: numeric, funding_rate_timestamp: numeric });

/**
 * Payments of Orderly Network, in numbered pages of a range. `next_funding_time` of a row is the end of the period after
 * it, so that the interval of the payment is not stated.
 *
 * Sample row, with made-up numbers:
 * { symbol: "PERP_BTC_USDC", funding_rate: 0.00004991, funding_rate_timestamp: 1793620800000,
 *   next_funding_time: 1793635200000 }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "page" },
  maxRows: MAX_ROWS,
  order: "newest_first",
  bounds: { from: "inclusive", to: "inclusive" },
  depth: { words: "not stated", days: null, rows: null },
  // The documented 10 per second count for all public calls together.
  pacing: { requests: 2, perMs: 1000 },
  caveats: [
    "The documentation gives 60 rows as the usual page; pages of 500 were seen in September 2026.",
    "That pages begin with the newest payment was seen, but is not documented; nor are the bounds of a range.",
  ],
  load: (http, { instrument: { exchangeSymbol }, fromMs, toMs, page }) => {
    const range = `start_t=${fromMs}&end_t=${toMs - 1}&page=${page}&size=${MAX_ROWS}`;
    return http.get(`${PATH}?symbol=${encodeURIComponent(exchangeSymbol)}&${range}`, (body) => {
      const { rows, total } = dataOf(body);
      const sent = Array.isArray(rows) ? rows.length : 0;
      return {
        rows: historyRows(row, rows, ({ symbol, funding_rate, funding_rate_timestamp }) =>
          symbol === exchangeSymbol
            ? settledRate(epochMsOf(funding_rate_timestamp), shiftedDecimal(funding_rate, 0))
            : null,
        ),
        // Earlier pages were no shorter than this one.
        isLast: total !== null && page * sent >= total,
      };
    });
  },
};
