import { z } from "zod";
import { dataOf } from "./extended-wire.ts";
import type { ExchangeHistory } from "./history.ts";
import { decimalTextOf, historyRows, settledRate } from "./wire-history.ts";
import { epochMsOf, nonEmpty, numeric } from "./wire.ts";

/** A page may have 10,000 rows; this is seven months in about 250 KB. */
const MAX_ROWS = 5_000;

const row = z.object({ m: nonEmpty, f: numeric, T: numeric });

/**
 * Payments of Extended, recorded up to two seconds after the full hour. Its cursor is a number beyond 2^53, of which
 * JSON.parse loses digits: ranges of time are used instead.
 *
 * Sample row, with made-up numbers:
 * { m: "BTC-USD", f: "0.000013", T: 1793620801693 }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "time", sends: "newest" },
  maxRows: MAX_ROWS,
  order: "newest_first",
  bounds: { from: "inclusive", to: "inclusive" },
  depth: { words: "not stated", days: null, rows: null },
  pacing: { requests: 1, perMs: 1000 },
  caveats: [
    "That the newest rows of a range come first was seen in one reply, but is not documented; nor are the bounds.",
    "Rates have six decimals.",
  ],
  load: (http, { instrument: { exchangeSymbol }, fromMs, toMs }) => {
    const path = `/api/v1/info/${encodeURIComponent(exchangeSymbol)}/funding`;
    const range = `startTime=${Math.max(0, fromMs)}&endTime=${toMs - 1}&limit=${MAX_ROWS}`;
    return http.get(`${path}?${range}`, (body) => ({
      rows: historyRows(row, dataOf(body), ({ m, f, T }) =>
        m === exchangeSymbol ? settledRate(epochMsOf(T), decimalTextOf(f)) : null,
      ),
    }));
  },
};
