import { z } from "zod";
import type { ExchangeHistory } from "./history.ts";
import { dataOf } from "./kucoin-wire.ts";
import { decimalTextOf, historyRows, settledRate } from "./wire-history.ts";
import { epochMsOf, nonEmpty, numeric } from "./wire.ts";

const PATH = "/api/v1/contract/funding-rates";

const row = z.object({ symbol: nonEmpty, fundingRate: numeric, timepoint: numeric });

/**
 * Payments of KuCoin: the newest of a range, which must have both bounds.
 *
 * Sample row, with made-up numbers:
 * { symbol: "XBTUSDTM", fundingRate: -0.000035, timepoint: 1793606400000 }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "time", sends: "newest" },
  maxRows: 100,
  order: "newest_first",
  bounds: { from: "inclusive", to: "inclusive" },
  depth: { words: "no limit is stated", days: null, rows: null },
  // Weight 5 of 2000 in 30 s; the refresh takes some of the exchange's own pacing.
  pacing: { requests: 18, perMs: 30_000 },
  caveats: ["Whether the bounds of a range are inclusive is not documented."],
  load: (http, { instrument: { exchangeSymbol }, fromMs, toMs }) =>
    http.get(
      `${PATH}?symbol=${encodeURIComponent(exchangeSymbol)}&from=${fromMs}&to=${toMs - 1}`,
      (body) => ({
        rows: historyRows(row, dataOf(body), ({ symbol, timepoint, fundingRate }) =>
          symbol === exchangeSymbol
            ? settledRate(epochMsOf(timepoint), decimalTextOf(fundingRate))
            : null,
        ),
      }),
    ),
};
