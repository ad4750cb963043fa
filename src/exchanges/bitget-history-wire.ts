import { z } from "zod";
import { categoryOf, type Settle, successOf } from "./bitget-wire.ts";
import type { ExchangeHistory } from "./history.ts";
import { decimalTextOf, historyRows, settledRate } from "./wire-history.ts";
import { epochMsOf, nonEmpty, numeric } from "./wire.ts";

const PATH = "/api/v2/mix/market/history-fund-rate";
const MAX_ROWS = 100;

const row = z.object({ symbol: nonEmpty, fundingRate: numeric, fundingTime: numeric });

/** Contracts settled in USDC have this in place of the quote. */
const USDC_SUFFIX = "PERP";

const settleOf = (exchangeSymbol: string): Settle =>
  exchangeSymbol.endsWith(USDC_SUFFIX) ? "USDC" : "USDT";

/**
 * Payments of Bitget by page number, over API v2: sources disagree about how v3 pages and names its rows.
 *
 * Sample row, with made-up numbers:
 * { symbol: "BTCUSDT", fundingRate: "0.000082", fundingTime: "1793606400000" }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "page" },
  maxRows: MAX_ROWS,
  order: "newest_first",
  bounds: { from: "none", to: "none" },
  depth: { words: "no limit is stated", days: null, rows: null },
  pacing: { requests: 8, perMs: 1000 },
  caveats: [
    "The order of the rows was observed, not documented.",
    "It is read over API v2, which is in maintenance, because the paging of v3 is not settled.",
  ],
  load: (http, { instrument: { exchangeSymbol }, page }) =>
    http.get(
      `${PATH}?symbol=${encodeURIComponent(exchangeSymbol)}&productType=${categoryOf(settleOf(exchangeSymbol))}&pageSize=${MAX_ROWS}&pageNo=${page}`,
      (body) => ({
        rows: historyRows(row, successOf(body).data, ({ symbol, fundingTime, fundingRate }) =>
          symbol === exchangeSymbol
            ? settledRate(epochMsOf(fundingTime), decimalTextOf(fundingRate))
            : null,
        ),
      }),
    ),
};
