import { z } from "zod";
import type { ExchangeHistory } from "./history.ts";
import { decimalTextOf, historyRows, markPriceOf, settledRate, utcMsOf } from "./wire-history.ts";
import { anyValue, decodeEnvelope, nonEmpty, numeric, word } from "./wire.ts";

/** What clients request; the most that is allowed is not documented. */
const MAX_ROWS = 100;

const envelope = z.object({ historicalFunding: anyValue });
const row = z.object({ ticker: nonEmpty, rate: numeric, price: numeric, effectiveAt: word });

/**
 * Payments of dYdX v4 over its indexer, newest first. `price` is the oracle's, at which margin is marked.
 *
 * Sample row, with made-up numbers:
 * { ticker: "BTC-USD", rate: "0.000011125", price: "83585.443", effectiveAtHeight: "105021694",
 *   effectiveAt: "2026-11-02T12:00:00.234Z" }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "time", sends: "newest" },
  maxRows: MAX_ROWS,
  order: "newest_first",
  bounds: { from: "none", to: "inclusive" },
  depth: { words: "not stated", days: null, rows: null },
  // Documented: 100 requests in 10 s for all calls together.
  pacing: { requests: 1, perMs: 1000 },
  caveats: ["How many rows a page may have is not documented; 100 are requested."],
  load: (http, { instrument: { exchangeSymbol }, toMs }) => {
    const until = encodeURIComponent(new Date(toMs - 1).toISOString());
    const path = `/v4/historicalFunding/${encodeURIComponent(exchangeSymbol)}`;
    return http.get(`${path}?limit=${MAX_ROWS}&effectiveBeforeOrAt=${until}`, (body) => {
      const { historicalFunding: list } = decodeEnvelope(envelope, body);
      const rows = historyRows(row, list, ({ ticker, rate, price, effectiveAt }) =>
        ticker === exchangeSymbol
          ? settledRate(utcMsOf(effectiveAt), decimalTextOf(rate), {
              markPrice: markPriceOf(price),
            })
          : null,
      );
      return { rows };
    });
  },
};
