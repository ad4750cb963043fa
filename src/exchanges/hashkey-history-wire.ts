import { z } from "zod";
import type { ExchangeHistory } from "./history.ts";
import { decimalTextOf, historyRows, settledRate } from "./wire-history.ts";
import { epochMsOf, nonEmpty, numeric } from "./wire.ts";

const PATH = "/api/v1/futures/historyFundingRate";
const MAX_ROWS = 100;

const row = z.object({ symbol: nonEmpty, settleTime: numeric, settleRate: numeric });

/**
 * Payments of HashKey Global: one bare list without bounds. The mandatory timestamp is the end of the range, which is
 * the current time unless an older range is requested.
 *
 * Sample row, with made-up numbers:
 * { id: "10698", symbol: "ETHUSDT-PERPETUAL", settleTime: "1793606400000", settleRate: "0.0001" }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "nothing" },
  maxRows: MAX_ROWS,
  order: "unknown",
  bounds: { from: "none", to: "none" },
  depth: { words: "the newest 100 payments, about a month", days: null, rows: MAX_ROWS },
  pacing: { requests: 1, perMs: 1000 },
  caveats: [
    "The order of rows is not known, nor is a way to request older ones than one reply has.",
    "How far the mandatory timestamp may be from the current time is not known.",
  ],
  load: (http, { instrument: { exchangeSymbol }, toMs }) => {
    const query = `symbol=${encodeURIComponent(exchangeSymbol)}&limit=${MAX_ROWS}&timestamp=${toMs}`;
    return http.get(`${PATH}?${query}`, (body) => ({
      rows: historyRows(row, body, ({ symbol, settleTime, settleRate }) =>
        symbol === exchangeSymbol
          ? settledRate(epochMsOf(settleTime), decimalTextOf(settleRate))
          : null,
      ),
    }));
  },
};
