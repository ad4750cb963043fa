import { z } from "zod";
import { HOUR_MS } from "../domain/funding.ts";
import { listOf } from "./gate-wire.ts";
import type { ExchangeHistory } from "./history.ts";
import { decimalTextOf, historyRows, secondsOf, settledRate } from "./wire-history.ts";
import { epochMsOf, numeric, product, positiveOf } from "./wire.ts";

const MAX_ROWS = 1000;
/** Even hourly payments of a range this long fit on one page: which end of a longer one is sent is not documented. */
const WHOLE_RANGE_MS = 40 * 24 * HOUR_MS;

const row = z.object({ r: numeric, t: numeric });

/** Contracts are requested under the coin that they are settled in. */
const settleOf = (exchangeSymbol: string): string =>
  exchangeSymbol.endsWith("_USD1") ? "usd1" : "usdt";

/**
 * Payments of Gate. Times are in seconds, one to three seconds after the slot; rows do not name their contract.
 *
 * Sample row, with made-up numbers:
 * { r: "0.000024", t: 1793606402 }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "time", sends: "newest" },
  maxRows: MAX_ROWS,
  order: "newest_first",
  bounds: { from: "inclusive", to: "inclusive" },
  maxRangeMs: WHOLE_RANGE_MS,
  depth: { words: "not stated; without a range 30 days were sent", days: null, rows: null },
  pacing: { requests: 8, perMs: 10_000 },
  caveats: [
    "The order of the rows was observed, not documented.",
    "How far back a range may reach is not documented: a probe without one had 30 days.",
    "Whether the bounds of a range are inclusive is not documented.",
  ],
  load: (http, { instrument: { exchangeSymbol }, fromMs, toMs }) => {
    const query = `contract=${encodeURIComponent(exchangeSymbol)}&from=${secondsOf(fromMs)}&to=${secondsOf(toMs - 1)}&limit=${MAX_ROWS}`;
    return http.get(
      `/api/v4/futures/${settleOf(exchangeSymbol)}/funding_rate?${query}`,
      (body) => ({
        rows: historyRows(row, listOf(body), ({ r, t }) =>
          settledRate(epochMsOf(product(positiveOf(t), 1000)), decimalTextOf(r)),
        ),
      }),
    );
  },
};
