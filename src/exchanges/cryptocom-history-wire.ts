import { z } from "zod";
import { BASE_PATH, resultOf } from "./cryptocom-wire.ts";
import type { ExchangeHistory } from "./history.ts";
import { decimalTextOf, historyRows, settledRate } from "./wire-history.ts";
import { badEnvelope, epochMsOf, numeric } from "./wire.ts";

const MAX_ROWS = 100;

const point = z.object({ v: numeric, t: numeric });

/**
 * Payments of Crypto.com, one per hour; the four of a block are equal.
 *
 * Sample row, with made-up numbers:
 * { v: "-0.000001884", t: 1793620800000 }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "time", sends: "newest" },
  maxRows: MAX_ROWS,
  order: "newest_first",
  bounds: { from: "inclusive", to: "inclusive" },
  depth: { words: "not stated", days: null, rows: null },
  // The sweep of the rates uses the same call.
  pacing: { requests: 5, perMs: 1000 },
  caveats: [
    "The largest page is not known; 100 rows are requested.",
    "That the newest rows of a range come first was seen, but is not documented; nor are the bounds.",
    "The time of a row is read as that of the payment. If it were the start of the hour, each would be an hour early.",
  ],
  load: (http, { instrument: { exchangeSymbol }, fromMs, toMs }) => {
    const range = `count=${MAX_ROWS}&start_ts=${fromMs}&end_ts=${toMs - 1}`;
    const query = `instrument_name=${encodeURIComponent(exchangeSymbol)}&valuation_type=funding_hist`;
    return http.get(`${BASE_PATH}/get-valuations?${query}&${range}`, (body) => {
      const { data, instrument_name: answered } = resultOf(body);
      if (answered !== exchangeSymbol)
        throw badEnvelope("the answer is for another instrument, or names none");
      return {
        rows: historyRows(point, data, ({ v, t }) => settledRate(epochMsOf(t), decimalTextOf(v))),
      };
    });
  },
};
