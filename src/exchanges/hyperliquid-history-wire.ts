import { z } from "zod";
import type { ExchangeHistory } from "./history.ts";
import { INFO_PATH, refuseError } from "./hyperliquid-wire.ts";
import { decimalTextOf, historyRows, settledRate } from "./wire-history.ts";
import { epochMsOf, nonEmpty, numeric } from "./wire.ts";

const row = z.object({ coin: nonEmpty, fundingRate: numeric, time: numeric });

/**
 * Payments of Hyperliquid, hourly, the oldest first, some milliseconds after the hour; of a longer range the oldest rows
 * are sent. Contracts of builder-deployed dexes are requested under the same name as they are listed.
 *
 * Sample row, with made-up numbers:
 * { coin: "BTC", fundingRate: "0.0000125", premium: "-0.0002987676", time: 1793606400047 }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "time", sends: "oldest" },
  maxRows: 500,
  order: "oldest_first",
  bounds: { from: "inclusive", to: "inclusive" },
  depth: { words: "no limit is stated", days: null, rows: null },
  // Weight 20 plus 1 for every 20 rows of 1200 a minute, of which a refresh of all dexes takes more than 200.
  pacing: { requests: 12, perMs: 60_000 },
  caveats: ["The number of rows in a reply was observed, not documented."],
  load: (http, { instrument: { exchangeSymbol }, fromMs, toMs }) =>
    http.postRead(
      INFO_PATH,
      { type: "fundingHistory", coin: exchangeSymbol, startTime: fromMs, endTime: toMs - 1 },
      (body) => {
        refuseError(body);
        return {
          rows: historyRows(row, body, ({ coin, time, fundingRate }) =>
            coin === exchangeSymbol
              ? settledRate(epochMsOf(time), decimalTextOf(fundingRate))
              : null,
          ),
        };
      },
    ),
};
