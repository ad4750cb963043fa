import { z } from "zod";
import { resultOf } from "./bybit-wire.ts";
import type { ExchangeHistory } from "./history.ts";
import { decimalTextOf, historyRows, settledRate } from "./wire-history.ts";
import { epochMsOf, nonEmpty, numeric } from "./wire.ts";

const PATH = "/v5/market/funding/history?category=linear";
const MAX_ROWS = 200;

const row = z.object({ symbol: nonEmpty, fundingRate: numeric, fundingRateTimestamp: numeric });

/**
 * Payments of Bybit, the newest first. A start is never sent: alone it is an error, and which end of a longer range is
 * left out is not documented.
 *
 * Sample row, with made-up numbers:
 * { symbol: "BTCUSDT", fundingRate: "0.000083", fundingRateTimestamp: "1793606400000" }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "time", sends: "newest" },
  maxRows: MAX_ROWS,
  order: "newest_first",
  bounds: { from: "none", to: "inclusive" },
  depth: { words: "no limit is stated", days: null, rows: null },
  pacing: { requests: 10, perMs: 1000 },
  caveats: [
    "Whether the end of a range is inclusive is not documented; either reading gives the same payments.",
  ],
  load: (http, { instrument: { exchangeSymbol }, toMs }) =>
    http.get(
      `${PATH}&symbol=${encodeURIComponent(exchangeSymbol)}&endTime=${toMs - 1}&limit=${MAX_ROWS}`,
      (body) => ({
        rows: historyRows(
          row,
          resultOf(body).list,
          ({ symbol, fundingRate, fundingRateTimestamp }) =>
            symbol === exchangeSymbol
              ? settledRate(epochMsOf(fundingRateTimestamp), decimalTextOf(fundingRate))
              : null,
        ),
      }),
    ),
};
