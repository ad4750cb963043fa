import { z } from "zod";
import { HOUR_MS } from "../domain/funding.ts";
import type { ExchangeHistory } from "./history.ts";
import { MARKETS_PATH, marketsOf, refuseError } from "./lighter-wire.ts";
import {
  historyRows,
  msOfSeconds,
  secondsOf,
  settledRate,
  shiftedDecimal,
} from "./wire-history.ts";
import { decodeRows } from "./wire-rows.ts";
import {
  anyValue,
  badEnvelope,
  decodeEnvelope,
  nonEmpty,
  type Numeric,
  numeric,
  quantityOf,
  word,
} from "./wire.ts";

const PATH = "/api/v1/fundings";
/** The smaller of two maxima that clients state. */
const MAX_ROWS = 100;
/** Ninety hours at once: it does not matter then which rows of a longer range are sent. */
const MAX_RANGE_MS = 90 * HOUR_MS;

const envelope = z.object({ resolution: word, fundings: anyValue });
const row = z.object({ timestamp: numeric, rate: numeric, direction: word });
const marketRow = z.object({ symbol: nonEmpty, market_id: numeric });

/**
 * Payments of Lighter, oldest first. Rows do not name the market, and their rate is in percent per hour without a sign:
 * `direction` says who pays. The bulk call of live rates has another scale, 8 hours.
 *
 * Sample row, with made-up numbers:
 * { timestamp: 1793620800, value: "0.95291532", rate: "0.0011", direction: "long" }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "time", sends: "newest" },
  maxRows: MAX_ROWS,
  order: "oldest_first",
  bounds: { from: "inclusive", to: "inclusive" },
  maxRangeMs: MAX_RANGE_MS,
  depth: { words: "not stated", days: null, rows: null },
  // Documented: 60 requests a minute for all calls together.
  pacing: { requests: 10, perMs: 60_000 },
  caveats: [
    "The largest page is 100 or 750 rows, depending on the source; 90 hours are requested at once.",
    "That a row's time is the end of its hour, and that both bounds of a range are included, is not documented.",
  ],
  load: (http, { instrument: { key }, fromMs, toMs }) => {
    if (key === null) throw badEnvelope("the market list has no id for it");
    const query = [
      `market_id=${key}`,
      "resolution=1h",
      `start_timestamp=${secondsOf(fromMs)}`,
      `end_timestamp=${secondsOf(toMs - 1)}`,
      `count_back=${MAX_ROWS}`,
    ];
    return http.get(`${PATH}?${query.join("&")}`, (body) => {
      refuseError(body);
      const { resolution, fundings } = decodeEnvelope(envelope, body);
      if (resolution !== "1h") throw badEnvelope("the resolution is not the requested one");
      const rows = historyRows(row, fundings, ({ timestamp, rate, direction }) =>
        settledRate(msOfSeconds(timestamp), signedRate(rate, direction)),
      );
      return { rows };
    });
  },
  keys: (http) =>
    http.get(MARKETS_PATH, (body) => {
      const { rows } = decodeRows(marketRow, marketsOf(body), "symbol");
      return new Map(
        rows
          .filter((market) => Number.isSafeInteger(quantityOf(market.market_id)))
          .map((market) => [market.symbol, String(market.market_id)]),
      );
    }),
};

/** Percent as a fraction, negative where shorts pay; null without a known direction. */
function signedRate(percent: Numeric, direction: string | null | undefined): string | null {
  const fraction = shiftedDecimal(percent, -2);
  if (fraction === null || fraction.startsWith("-")) return null;
  if (direction === "long" || fraction === "0") return fraction;
  return direction === "short" ? `-${fraction}` : null;
}
