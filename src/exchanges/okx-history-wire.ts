import { z } from "zod";
import type { ExchangeHistory } from "./history.ts";
import { dataOf } from "./okx-wire.ts";
import { decimalTextOf, historyRows, settledRate } from "./wire-history.ts";
import { epochMsOf, nonEmpty, numeric } from "./wire.ts";

const PATH = "/api/v5/public/funding-rate-history";
const MAX_ROWS = 400;

/** `realizedRate` is what was charged; `fundingRate` is what was predicted for it. */
const row = z.object({ instId: nonEmpty, realizedRate: numeric, fundingTime: numeric });

/**
 * Payments of OKX, the newest first. `after` is exclusive and means older than, whatever the word suggests.
 *
 * Sample row, with made-up numbers:
 * { instId: "BTC-USDT-SWAP", instType: "SWAP", fundingRate: "0.0000610000000000", realizedRate: "0.0000599000000000",
 *   fundingTime: "1793620800000", formulaType: "withRate", method: "current_period" }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "time", sends: "newest" },
  maxRows: MAX_ROWS,
  order: "newest_first",
  bounds: { from: "none", to: "exclusive" },
  depth: { words: "three months", days: 90, rows: null },
  pacing: { requests: 8, perMs: 2000 },
  caveats: ["Older copies of the documentation give 100 rows as the maximum."],
  load: (http, { instrument: { exchangeSymbol }, toMs }) =>
    http.get(
      `${PATH}?instId=${encodeURIComponent(exchangeSymbol)}&after=${toMs}&limit=${MAX_ROWS}`,
      (body) => ({
        rows: historyRows(row, dataOf(body), ({ instId, fundingTime, realizedRate }) =>
          instId === exchangeSymbol
            ? settledRate(epochMsOf(fundingTime), decimalTextOf(realizedRate))
            : null,
        ),
      }),
    ),
};
