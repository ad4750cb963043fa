import { z } from "zod";
import type { ExchangeHistory } from "./history.ts";
import { dataOf, PRODUCTS_PATH } from "./phemex-wire.ts";
import { decimalTextOf, historyRows, settledRate } from "./wire-history.ts";
import { intervalHoursOf } from "./wire-times.ts";
import { anyValue, badEnvelope, decodeEnvelope, epochMsOf, nonEmpty, numeric } from "./wire.ts";

const PATH = "/api-data/public/data/funding-rate-history";
const MAX_ROWS = 100;
const SECONDS_PER_HOUR = 3600;

const list = z.object({ rows: anyValue });
const row = z.object({
  symbol: nonEmpty,
  fundingRate: numeric,
  fundingTime: numeric,
  intervalSeconds: numeric,
});
const products = z.object({ perpProductsV2: z.array(z.unknown()) });
const product = z.object({ symbol: nonEmpty, fundingRate8hSymbol: nonEmpty });

/**
 * Payments of Phemex, the oldest first, each with its own interval. They are listed under the symbol of the funding
 * rate, which the product list has.
 *
 * Sample row, with made-up numbers:
 * { symbol: ".BTCUSDTFR8H", fundingRate: "0.0001", fundingTime: 1793606400000, intervalSeconds: 28800 }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "time", sends: "oldest" },
  maxRows: MAX_ROWS,
  order: "oldest_first",
  bounds: { from: "inclusive", to: "inclusive" },
  depth: { words: "no limit is stated", days: null, rows: null },
  // Headers show 300 a minute, shared with the rates and the products.
  pacing: { requests: 2, perMs: 1000 },
  caveats: [
    "Contracts with another interval than 8 hours are listed under the same form of symbol, FR8H, as far as is known.",
    "That a longer range is sent from its start was observed without an end only.",
  ],
  load: (http, { instrument: { key }, fromMs, toMs }) => {
    if (key === null) return Promise.reject(badEnvelope("the product list has no funding symbol"));
    return http.get(
      `${PATH}?symbol=${encodeURIComponent(key)}&start=${fromMs}&end=${toMs - 1}&limit=${MAX_ROWS}`,
      (body) => ({
        rows: historyRows(
          row,
          decodeEnvelope(list, dataOf(body)).rows,
          ({ symbol, fundingTime, fundingRate, intervalSeconds }) =>
            symbol === key
              ? settledRate(epochMsOf(fundingTime), decimalTextOf(fundingRate), {
                  intervalHours: intervalHoursOf(intervalSeconds, SECONDS_PER_HOUR),
                })
              : null,
        ),
      }),
    );
  },
  keys: (http) =>
    http.get(PRODUCTS_PATH, (body) => {
      const { perpProductsV2 } = decodeEnvelope(products, dataOf(body));
      const named = perpProductsV2.flatMap((item) => product.safeParse(item).data ?? []);
      if (named.length === 0) throw badEnvelope("no product has a funding symbol");
      return new Map(named.map(({ symbol, fundingRate8hSymbol: key }) => [symbol, key]));
    }),
};
