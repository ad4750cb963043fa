import { z } from "zod";
import { listOf } from "./backpack-wire.ts";
import type { ExchangeHistory } from "./history.ts";
import { decimalTextOf, historyRows, settledRate, utcMsOf } from "./wire-history.ts";
import { nonEmpty, numeric, word } from "./wire.ts";

const PATH = "/api/v1/fundingRates";
const MAX_ROWS = 1000;

const row = z.object({ symbol: nonEmpty, fundingRate: numeric, intervalEndTimestamp: word });

/**
 * Payments of Backpack, newest first, by offset. The newest row is the running hour: its end lies in the future, and
 * its rate is an estimate until then.
 *
 * Sample row, with made-up numbers:
 * { symbol: "BTC_USDC_PERP", fundingRate: "0.000008311", intervalEndTimestamp: "2026-11-02T12:00:00" }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "cursor" },
  maxRows: MAX_ROWS,
  order: "newest_first",
  bounds: { from: "none", to: "none" },
  depth: { words: "not stated", days: null, rows: null },
  // Documented: 30 requests a minute for historical data.
  pacing: { requests: 15, perMs: 60_000 },
  caveats: ["Until August 2025 payments were 8 hours apart."],
  load: (http, { instrument: { exchangeSymbol }, cursor }) => {
    const offset = Number(cursor ?? 0);
    const name = encodeURIComponent(exchangeSymbol);
    return http.get(`${PATH}?symbol=${name}&limit=${MAX_ROWS}&offset=${offset}`, (body) => {
      const list = listOf(body);
      const rows = historyRows(row, list, ({ symbol, fundingRate, intervalEndTimestamp }) =>
        symbol === exchangeSymbol
          ? settledRate(utcMsOf(intervalEndTimestamp), decimalTextOf(fundingRate))
          : null,
      );
      // As many rows as came, whatever was requested.
      const sent = Array.isArray(list) ? list.length : 0;
      return { rows, cursor: sent === 0 ? null : String(offset + sent) };
    });
  },
};
