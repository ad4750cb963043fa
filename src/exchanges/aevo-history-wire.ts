import { z } from "zod";
import { checked } from "./aevo-wire.ts";
import type { ExchangeHistory } from "./history.ts";
import { decimalTextOf, historyRows, markPriceOf, settledRate } from "./wire-history.ts";
import { anyValue, decodeEnvelope, epochMsOf, msOfNanoseconds, nonEmpty, numeric } from "./wire.ts";

const PATH = "/funding-history";
const MAX_ROWS = 50;

const reply = z.object({ funding_history: anyValue });
/** The instrument, the time in nanoseconds, the rate and the mark price. */
const row = z.tuple([nonEmpty, numeric, numeric, numeric]);

const nanoseconds = (ms: number): string => `${ms}000000`;

/**
 * Payments of Aevo: rows by position, times in nanoseconds.
 *
 * Sample row, with made-up numbers:
 * ["BTC-PERP", "1793620800000000000", "0.000012", "83594.556299"]
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "time", sends: "newest" },
  maxRows: MAX_ROWS,
  order: "newest_first",
  bounds: { from: "inclusive", to: "inclusive" },
  depth: { words: "not stated", days: null, rows: null },
  pacing: { requests: 2, perMs: 1000 },
  caveats: [
    "The layout of rows and that the newest come first were seen in one reply, but are not documented; nor are the bounds.",
    "Pages of at most 50 rows are from one client.",
    "Rates have six decimals.",
  ],
  load: (http, { instrument: { exchangeSymbol }, fromMs, toMs }) => {
    const range = `start_time=${nanoseconds(fromMs)}&end_time=${nanoseconds(toMs - 1)}&limit=${MAX_ROWS}`;
    return http.get(
      `${PATH}?instrument_name=${encodeURIComponent(exchangeSymbol)}&${range}`,
      (body) => ({
        rows: historyRows(
          row,
          decodeEnvelope(reply, checked(body)).funding_history,
          ([instrument, at, rate, mark]) =>
            instrument === exchangeSymbol
              ? settledRate(epochMsOf(msOfNanoseconds(at)), decimalTextOf(rate), {
                  markPrice: markPriceOf(mark),
                })
              : null,
        ),
      }),
    );
  },
};
