import { z } from "zod";
import { refuseError } from "./aster-wire.ts";
import type { ExchangeHistory } from "./history.ts";
import { decimalTextOf, historyRows, settledRate } from "./wire-history.ts";
import { epochMsOf, nonEmpty, numeric } from "./wire.ts";

const PATH = "/fapi/v3/fundingRate";
const MAX_ROWS = 1000;

const row = z.object({ symbol: nonEmpty, fundingRate: numeric, fundingTime: numeric });

/**
 * Payments of Aster, oldest first. Of a range with more rows than the limit, those that follow startTime are sent.
 *
 * Sample row, with made-up numbers:
 * { symbol: "BTCUSDT", fundingRate: "0.00018876", fundingTime: 1793606400004 }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "time", sends: "oldest" },
  maxRows: MAX_ROWS,
  order: "oldest_first",
  bounds: { from: "inclusive", to: "inclusive" },
  depth: { words: "not stated", days: null, rows: null },
  // It weighs 1 of the 2400 a minute that all calls share.
  pacing: { requests: 1, perMs: 1000 },
  caveats: [
    "That both bounds of a range are included follows from the similarity to Binance; Aster does not state it.",
  ],
  load: (http, { instrument: { exchangeSymbol }, fromMs, toMs }) => {
    const range = `startTime=${fromMs}&endTime=${toMs - 1}&limit=${MAX_ROWS}`;
    return http.get(`${PATH}?symbol=${encodeURIComponent(exchangeSymbol)}&${range}`, (body) => {
      refuseError(body);
      const rows = historyRows(row, body, ({ symbol, fundingTime, fundingRate }) =>
        symbol === exchangeSymbol
          ? settledRate(epochMsOf(fundingTime), decimalTextOf(fundingRate))
          : null,
      );
      return { rows };
    });
  },
};
