import { z } from "zod";
import { HOUR_MS } from "../domain/funding.ts";
import type { ExchangeHistory } from "./history.ts";
import { dataOf } from "./poloniex-wire.ts";
import { decimalTextOf, historyRows, settledRate } from "./wire-history.ts";
import { epochMsOf, nonEmpty, numeric } from "./wire.ts";

const PATH = "/v3/market/fundingRate/history";
/** A larger limit is refused, although 1000 is documented. */
const MAX_ROWS = 100;

const row = z.object({ s: nonEmpty, fR: numeric, fT: numeric });

/**
 * Payments of Poloniex. Bounds are in milliseconds, although seconds are documented. Which rows of a range with more
 * than a page come is not known: a range never has more, whatever the interval was.
 *
 * Sample row, with made-up numbers:
 * { s: "BTC_USDT_PERP", fR: "0.000157", fT: "1793606400000" }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "time", sends: "oldest" },
  maxRows: MAX_ROWS,
  order: "unknown",
  bounds: { from: "inclusive", to: "inclusive" },
  maxRangeMs: 0.9 * MAX_ROWS * HOUR_MS,
  depth: { words: "about 180 days", days: 180, rows: null },
  pacing: { requests: 5, perMs: 1000 },
  caveats: [
    "The depth, the unit of the bounds and the largest page differ from the documentation; they are from two clients.",
    "The order of rows and whether bounds are inclusive are not known: each range is requested so that it fits a page.",
  ],
  load: (http, { instrument: { exchangeSymbol }, fromMs, toMs }) => {
    const range = `sT=${fromMs}&eT=${toMs - 1}&limit=${MAX_ROWS}`;
    return http.get(`${PATH}?symbol=${encodeURIComponent(exchangeSymbol)}&${range}`, (body) => ({
      rows: historyRows(row, dataOf(body), ({ s, fR, fT }) =>
        s === exchangeSymbol ? settledRate(epochMsOf(fT), decimalTextOf(fR)) : null,
      ),
    }));
  },
};
