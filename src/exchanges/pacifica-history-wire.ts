import { z } from "zod";
import type { ExchangeHistory } from "./history.ts";
import { replyOf } from "./pacifica-wire.ts";
import { decimalTextOf, historyRows, settledRate } from "./wire-history.ts";
import { epochMsOf, numeric } from "./wire.ts";

const PATH = "/api/v1/funding_rate/history";
/** 4,000 are documented; this is three months in about 400 KB. */
const MAX_ROWS = 2_000;

const row = z.object({ funding_rate: numeric, created_at: numeric });

/**
 * Payments of Pacifica, recorded up to a second after the full hour. There are no bounds: pages begin with the newest
 * row. A row does not name its market.
 *
 * Sample row, with made-up numbers:
 * { oracle_price: "83575.51898", bid_impact_price: "83559.925406", ask_impact_price: "83569",
 *   funding_rate: "0.00000383", next_funding_rate: "0.00000475", created_at: 1793620800497 }
 *
 * Size of a page: https://docs.pacifica.fi/api-documentation/api/rest-api/markets/get-historical-funding
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "cursor" },
  maxRows: MAX_ROWS,
  order: "newest_first",
  bounds: { from: "none", to: "none" },
  depth: { words: "not stated", days: null, rows: null },
  // A read may cost 12 of 100 credits a minute: half of what the refresh leaves.
  pacing: { requests: 2, perMs: 60_000 },
  caveats: [
    "funding_rate of a row is read as what was charged when the row was made. If rows are made before the rates change, each payment is an hour early: see why the rate is unverified.",
    "That pages begin with the newest payment was seen in one reply, but is not documented.",
  ],
  load: (http, { instrument: { exchangeSymbol }, cursor }) => {
    const next = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const query = `symbol=${encodeURIComponent(exchangeSymbol)}&limit=${MAX_ROWS}${next}`;
    return http.get(`${PATH}?${query}`, (body) => {
      const { data, next_cursor, has_more } = replyOf(body);
      return {
        rows: historyRows(row, data, ({ funding_rate, created_at }) =>
          settledRate(epochMsOf(created_at), decimalTextOf(funding_rate)),
        ),
        cursor: next_cursor || null,
        isLast: has_more === false,
      };
    });
  },
};
