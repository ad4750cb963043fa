import { z } from "zod";
import type { ExchangeHistory } from "./history.ts";
import { decimalTextOf, historyRows, secondsOf, settledRate } from "./wire-history.ts";
import { epochMsOf, nonEmpty, numeric, positiveOf, product } from "./wire.ts";

const PATH = "/api/v4/public/funding-history";
/** Documented are 1000; a known client was refused more than this. */
const MAX_ROWS = 100;

const row = z.object({ market: nonEmpty, fundingRate: numeric, fundingTime: numeric });

/**
 * Payments of WhiteBIT, the newest of a range. All times are in seconds. `rateCalculatedTime` is one interval earlier.
 *
 * Sample row, with made-up numbers:
 * { fundingTime: "1793606400", fundingRate: "-0.0001229", market: "BTC_PERP", settlementPrice: "83551.5",
 *   rateCalculatedTime: "1793577600" }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "time", sends: "newest" },
  maxRows: MAX_ROWS,
  order: "newest_first",
  bounds: { from: "inclusive", to: "inclusive" },
  depth: { words: "no limit is stated", days: null, rows: null },
  pacing: { requests: 4, perMs: 1000 },
  caveats: [
    "Whether the bounds of a range are inclusive is not documented.",
    "Sources disagree about the most rows per request, 100 or 1000.",
    "Whether settlementPrice is the mark price is not documented; it is not read.",
  ],
  load: (http, { instrument: { exchangeSymbol }, fromMs, toMs }) =>
    http.get(
      `${PATH}/${encodeURIComponent(exchangeSymbol)}?startDate=${secondsOf(fromMs)}&endDate=${secondsOf(toMs - 1)}&limit=${MAX_ROWS}`,
      // A bare list; only failures have an envelope.
      (body) => ({
        rows: historyRows(row, body, ({ market, fundingTime, fundingRate }) =>
          market === exchangeSymbol
            ? settledRate(
                epochMsOf(product(positiveOf(fundingTime), 1000)),
                decimalTextOf(fundingRate),
              )
            : null,
        ),
      }),
    ),
};
