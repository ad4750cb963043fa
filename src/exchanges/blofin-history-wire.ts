import { z } from "zod";
import { dataOf } from "./blofin-wire.ts";
import type { ExchangeHistory } from "./history.ts";
import { decimalTextOf, historyRows, settledRate } from "./wire-history.ts";
import { epochMsOf, nonEmpty, numeric } from "./wire.ts";

const PATH = "/api/v1/market/funding-rate-history";
const MAX_ROWS = 100;

const row = z.object({ instId: nonEmpty, fundingRate: numeric, fundingTime: numeric });

/**
 * Payments of BloFin, newest first, the last 300 of each contract. `after` is exclusive and means older than.
 *
 * Sample row, with made-up numbers:
 * { instId: "BTC-USDT", fundingRate: "0.000087945752455563", fundingTime: "1793606400000" }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "time", sends: "newest" },
  maxRows: MAX_ROWS,
  order: "newest_first",
  bounds: { from: "none", to: "exclusive" },
  depth: { words: "the last 300 payments of a contract", days: null, rows: 300 },
  // 1500 requests in 5 minutes, so 5 a second on average, are for all calls together.
  pacing: { requests: 1, perMs: 1000 },
  caveats: [],
  load: (http, { instrument: { exchangeSymbol }, toMs }) =>
    http.get(
      `${PATH}?instId=${encodeURIComponent(exchangeSymbol)}&after=${toMs}&limit=${MAX_ROWS}`,
      (body) => ({
        rows: historyRows(row, dataOf(body), ({ instId, fundingTime, fundingRate }) =>
          instId === exchangeSymbol
            ? settledRate(epochMsOf(fundingTime), decimalTextOf(fundingRate))
            : null,
        ),
      }),
    ),
};
