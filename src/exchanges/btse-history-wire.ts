import { z } from "zod";
import { successOf } from "./btse-wire.ts";
import type { ExchangeHistory } from "./history.ts";
import { decimalTextOf, historyRows, settledRate } from "./wire-history.ts";
import { epochMsOf, numeric } from "./wire.ts";

const PATH = "/public-api/market/v1/recentFundingHistory";
/** The longest of three periods. */
const PERIOD = "1M";
const DEPTH_DAYS = 30;
/** A month of hours. */
const MAX_ROWS = 24 * DEPTH_DAYS;

const row = z.object({ timestamp: numeric, rate: numeric });

/**
 * Payments of BTSE in the last month, in one reply. Rows do not name the contract; their times are up to a second late.
 *
 * Sample row, with made-up numbers:
 * { timestamp: 1793606400529, rate: "0.00005416" }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "nothing" },
  maxRows: MAX_ROWS,
  order: "unknown",
  bounds: { from: "none", to: "none" },
  depth: { words: "one month", days: DEPTH_DAYS, rows: null },
  // Documented: 50 requests in 2 s for the markets API.
  pacing: { requests: 2, perMs: 1000 },
  caveats: [
    "An older call takes times of a range; how many rows it sends and how far it reaches is not known, and it is not used.",
  ],
  load: (http, { instrument: { exchangeSymbol } }) =>
    http.get(`${PATH}?symbol=${encodeURIComponent(exchangeSymbol)}&period=${PERIOD}`, (body) => ({
      rows: historyRows(row, successOf(body).data, ({ timestamp, rate }) =>
        settledRate(epochMsOf(timestamp), decimalTextOf(rate)),
      ),
    })),
};
