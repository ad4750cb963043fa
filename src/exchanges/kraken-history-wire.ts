import { z } from "zod";
import { HOUR_MS } from "../domain/funding.ts";
import type { ExchangeHistory } from "./history.ts";
import { BASE_PATH, successOf, timeOf } from "./kraken-wire.ts";
import { decimalTextOf, historyRows, settledRate } from "./wire-history.ts";
import { numeric, word } from "./wire.ts";

/** `fundingRate` is in dollars per unit; `relativeFundingRate` is the fraction. */
const row = z.object({ timestamp: word, relativeFundingRate: numeric });

/** Documented: until this day periods of 4 h, from it on hours. */
const HOURLY_FROM_MS = Date.UTC(2022, 8, 29);
const EARLIER_PERIOD_MS = 4 * HOUR_MS;

/**
 * Payments of Kraken, all in one reply, the oldest first. A row has the start of its period, and is charged at the end.
 * Rows do not name their contract.
 *
 * Sample row, with made-up numbers:
 * { timestamp: "2026-11-02T11:00:00.000Z", fundingRate: 0.858943191939791995, relativeFundingRate: 0.0000102 }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "nothing" },
  // Six years of hours.
  maxRows: 52_560,
  order: "oldest_first",
  bounds: { from: "none", to: "none" },
  depth: { words: "the whole past, as far as is known", days: null, rows: null },
  pacing: { requests: 1, perMs: 1_000 },
  caveats: [
    "How far back the list reaches is not documented, and no parameter is known that limits it.",
    "Rows have the start of their period; the payment is dated at its end, an hour later (4 hours before 29 September 2022).",
  ],
  load: (http, { instrument: { exchangeSymbol } }) =>
    http.get(
      `${BASE_PATH}/historical-funding-rates?symbol=${encodeURIComponent(exchangeSymbol)}`,
      (body) => ({
        rows: historyRows(row, successOf(body).rates, ({ timestamp, relativeFundingRate }) =>
          settledRate(endOf(timeOf(timestamp)), decimalTextOf(relativeFundingRate)),
        ),
      }),
    ),
};

function endOf(startMs: number | null): number | null {
  if (startMs === null) return null;
  return startMs + (startMs < HOURLY_FROM_MS ? EARLIER_PERIOD_MS : HOUR_MS);
}
