import { z } from "zod";
import type { ExchangeHistory } from "./history.ts";
import { successOf } from "./htx-wire.ts";
import { decimalTextOf, historyRows, settledRate } from "./wire-history.ts";
import { anyValue, decodeEnvelope, epochMsOf, nonEmpty, numeric } from "./wire.ts";

const PATH = "/linear-swap-api/v1/swap_historical_funding_rate";
/** More than are ever sent: HTX cuts the size of a page without saying so. */
const REQUESTED_ROWS = 100;

const list = z.object({ data: anyValue });
const row = z.object({
  contract_code: nonEmpty,
  funding_rate: numeric,
  realized_rate: numeric,
  funding_time: numeric,
});

/**
 * Payments of HTX by page number. What was charged is `realized_rate` where it is stated; it is null in newer rows.
 * `total_page` is not used: it is not documented which size of a page it counts.
 *
 * Sample row, with made-up numbers:
 * { contract_code: "BTC-USDT", symbol: "BTC", fee_asset: "USDT", trade_partition: "USDT",
 *   funding_rate: "0.000081000000000000", realized_rate: null, avg_premium_index: "0.000000000000000000",
 *   funding_time: "1793606400000" }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "page" },
  maxRows: 20,
  order: "newest_first",
  bounds: { from: "none", to: "none" },
  depth: { words: "since 2020", days: null, rows: null },
  // 240 in 3 s are allowed, shared with the calls of the refresh.
  pacing: { requests: 30, perMs: 3000 },
  caveats: [
    "Sources disagree about the size of a page: 20 rows or 100, whatever is requested.",
    "What is sent for a page after the last one is not documented.",
    "If HTX closes this call of its older API, as it has announced for others, no history is read.",
  ],
  load: (http, { instrument: { exchangeSymbol }, page }) =>
    http.get(
      `${PATH}?contract_code=${encodeURIComponent(exchangeSymbol)}&page_index=${page}&page_size=${REQUESTED_ROWS}`,
      (body) => ({
        rows: historyRows(
          row,
          decodeEnvelope(list, successOf(body).data).data,
          ({ contract_code, funding_time, funding_rate, realized_rate }) =>
            contract_code === exchangeSymbol
              ? settledRate(
                  epochMsOf(funding_time),
                  decimalTextOf(realized_rate) ?? decimalTextOf(funding_rate),
                )
              : null,
        ),
      }),
    ),
};
