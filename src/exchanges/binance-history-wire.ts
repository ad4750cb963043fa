import { z } from "zod";
import type { ExchangeHistory } from "./history.ts";
import { decimalTextOf, historyRows, markPriceOf, settledRate } from "./wire-history.ts";
import { epochMsOf, nonEmpty, numeric } from "./wire.ts";

const PATH = "/fapi/v1/fundingRate";
const MAX_ROWS = 1000;

const row = z.object({
  symbol: nonEmpty,
  fundingRate: numeric,
  fundingTime: numeric,
  markPrice: numeric,
});

/** The dividend adjustment of a stock: it is not funding. */
const special = z.object({ rateType: z.literal("Special") });

/**
 * Payments of Binance, the oldest first. Both bounds are inclusive; of a longer range the oldest rows are sent.
 *
 * Sample row, with made-up numbers:
 * { symbol: "BTCUSDT", fundingRate: "0.00005016", fundingTime: 1793606400003, markPrice: "83544.77611196",
 *   rateType: "Regular" }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "time", sends: "oldest" },
  maxRows: MAX_ROWS,
  order: "oldest_first",
  bounds: { from: "inclusive", to: "inclusive" },
  depth: { words: "no limit is stated", days: null, rows: null },
  // Half of the 500 requests in 5 minutes that it shares with fundingInfo.
  pacing: { requests: 4, perMs: 5000 },
  caveats: [
    "Dividend adjustments of stocks (rateType Special) are not included: they are not funding.",
  ],
  load: (http, { instrument: { exchangeSymbol }, fromMs, toMs }) =>
    http.get(
      `${PATH}?symbol=${encodeURIComponent(exchangeSymbol)}&startTime=${fromMs}&endTime=${toMs - 1}&limit=${MAX_ROWS}`,
      (body) => ({
        rows: historyRows(
          row,
          regularOf(body),
          ({ symbol, fundingTime, fundingRate, markPrice }) =>
            symbol === exchangeSymbol
              ? settledRate(epochMsOf(fundingTime), decimalTextOf(fundingRate), {
                  markPrice: markPriceOf(markPrice),
                })
              : null,
        ),
      }),
    ),
};

function regularOf(body: unknown): unknown {
  if (!Array.isArray(body)) return body;
  return body.filter((item) => !special.safeParse(item).success);
}
