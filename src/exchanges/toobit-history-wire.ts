import { z } from "zod";
import type { ExchangeHistory } from "./history.ts";
import { successOf } from "./toobit-wire.ts";
import { decimalTextOf, historyRows, settledRate } from "./wire-history.ts";
import { intervalHoursOf } from "./wire-times.ts";
import { epochMsOf, nonEmpty, numberOf, numeric, word } from "./wire.ts";

const PATH = "/api/v1/futures/historyFundingRate";
const MAX_ROWS = 1000;
const PERIOD = /^(\d{1,2})H$/;

const row = z.object({
  id: numeric,
  symbol: nonEmpty,
  settleTime: numeric,
  settleRate: numeric,
  // Older rows have none.
  period: word.optional(),
});
const idRow = z.object({ id: numeric });

/**
 * Payments of Toobit, newest first. `fromId` gives rows with a smaller id; times of a range are ignored.
 *
 * Sample row, with made-up numbers:
 * { id: "2279384", symbol: "BTC-SWAP-USDT", settleTime: "1793606400000", settleRate: "0.0000645", period: "8H" }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "cursor" },
  maxRows: MAX_ROWS,
  order: "newest_first",
  bounds: { from: "none", to: "none" },
  depth: { words: "not stated", days: null, rows: null },
  // It weighs 1 of the 3000 a minute that all calls share.
  pacing: { requests: 2, perMs: 1000 },
  caveats: [
    "That fromId selects older rows, of which 1000 are sent at most, was measured in September 2026; it is not documented.",
  ],
  load: (http, { instrument: { exchangeSymbol }, cursor }) => {
    const from = cursor === null ? "" : `&fromId=${cursor}`;
    const path = `${PATH}?symbol=${encodeURIComponent(exchangeSymbol)}&limit=${MAX_ROWS}${from}`;
    return http.get(path, (body) => {
      const list = successOf(body);
      const rows = historyRows(row, list, ({ symbol, settleTime, settleRate, period }) =>
        symbol === exchangeSymbol
          ? settledRate(epochMsOf(settleTime), decimalTextOf(settleRate), {
              intervalHours: intervalHoursOf(PERIOD.exec(period ?? "")?.[1]),
            })
          : null,
      );
      return { rows, cursor: smallestId(list) };
    });
  },
};

/** The id from which the next page continues; null after an empty one. */
function smallestId(list: unknown): string | null {
  const ids = historyRows(idRow, list, ({ id }) => numberOf(id)).filter(Number.isSafeInteger);
  return ids.length === 0 ? null : String(Math.min(...ids));
}
