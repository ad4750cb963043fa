import { z } from "zod";
import { fundingKeyOf, successOf } from "./deepcoin-wire.ts";
import type { ExchangeHistory } from "./history.ts";
import { decimalTextOf, historyRows, msOfSeconds, settledRate } from "./wire-history.ts";
import { anyValue, decodeEnvelope, nonEmpty, numeric } from "./wire.ts";

const PATH = "/deepcoin/trade/fund-rate/history";
/** Sent whatever is requested; documented are 100. */
const MAX_ROWS = 20;

const list = z.object({ rows: anyValue });
const row = z.object({ instrumentID: nonEmpty, rate: numeric, CreateTime: numeric });

/**
 * Payments of Deepcoin, newest first, by page. The name of a contract has no dashes here, and times are in seconds.
 *
 * Sample row, with made-up numbers:
 * { instrumentID: "BTCUSDT", rate: "0.00005", CreateTime: 1793606400, ratePeriodSec: 0 }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "page" },
  maxRows: MAX_ROWS,
  order: "newest_first",
  bounds: { from: "none", to: "none" },
  depth: { words: "not stated", days: null, rows: null },
  // Documented: 10 requests a second and 600 a minute.
  pacing: { requests: 2, perMs: 1000 },
  caveats: [
    "The size of a page was seen to be ignored; that page selects an older one is from the documentation alone.",
  ],
  load: (http, { instrument: { exchangeSymbol }, page }) => {
    const name = fundingKeyOf(exchangeSymbol);
    return http.get(`${PATH}?instId=${encodeURIComponent(name)}&page=${page}&size=100`, (body) => {
      const { rows } = decodeEnvelope(list, successOf(body));
      return {
        rows: historyRows(row, rows ?? [], ({ instrumentID, rate, CreateTime }) =>
          instrumentID === name ? settledRate(msOfSeconds(CreateTime), decimalTextOf(rate)) : null,
        ),
      };
    });
  },
};
