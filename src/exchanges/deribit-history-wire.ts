import { z } from "zod";
import { HOUR_MS } from "../domain/funding.ts";
import { resultOf } from "./deribit-wire.ts";
import type { ExchangeHistory } from "./history.ts";
import { accrualOf, historyRows, shiftedDecimal } from "./wire-history.ts";
import { epochMsOf, numeric } from "./wire.ts";

const PATH = "/api/v2/public/get_funding_rate_history";
/** About as many hours as a month has, as observed: no request asks for so many. */
const MAX_ROWS = 744;
const MAX_RANGE_MS = 28 * 24 * HOUR_MS;

/** `interest_8h` of the same row overlaps with its neighbours. */
const row = z.object({ timestamp: numeric, interest_1h: numeric });

/**
 * What Deribit's perpetuals accrued in each hour, oldest first. Rows do not name the instrument.
 *
 * Sample row, with made-up numbers:
 * { timestamp: 1793620800000, index_price: 83577.5, prev_index_price: 83512.1, interest_8h: 0.00012034,
 *   interest_1h: 0.00001504 }
 */
export const history: ExchangeHistory = {
  kind: "accruals",
  paging: { by: "time", sends: "newest" },
  maxRows: MAX_ROWS,
  order: "oldest_first",
  bounds: { from: "inclusive", to: "inclusive" },
  maxRangeMs: MAX_RANGE_MS,
  depth: { words: "not stated", days: null, rows: null },
  // About 20 requests a second are for all calls together.
  pacing: { requests: 1, perMs: 1000 },
  caveats: [
    "That a row's time is the end of its hour follows from prev_index_price next to index_price; it is not stated.",
    "Which rows of a range with more than 744 hours are sent is not documented: no request spans more than 28 days.",
  ],
  load: (http, { instrument: { exchangeSymbol }, fromMs, toMs }) => {
    // One earlier, in case the start of a range is not included.
    const range = `start_timestamp=${fromMs - 1}&end_timestamp=${toMs - 1}`;
    const name = encodeURIComponent(exchangeSymbol);
    return http.get(`${PATH}?instrument_name=${name}&${range}`, (body) => ({
      rows: historyRows(row, resultOf(body), ({ timestamp, interest_1h: interest }) =>
        // JSON numbers this small have an exponent when they are printed again.
        accrualOf(epochMsOf(timestamp), shiftedDecimal(interest, 0), "fraction"),
      ),
    }));
  },
};
