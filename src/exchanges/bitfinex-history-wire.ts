import { z } from "zod";
import { HOUR_MS } from "../domain/funding.ts";
import type { SettledRate } from "../domain/settlement.ts";
import { successOf } from "./bitfinex-wire.ts";
import type { ExchangeHistory } from "./history.ts";
import { historyRows, settledRate, shiftedDecimal } from "./wire-history.ts";
import { epochMsOf } from "./wire.ts";

/** Documented for every contract: 00:00, 08:00 and 16:00 UTC. */
const PERIOD_MS = 8 * HOUR_MS;

/** Positions in a row of the past: one lower than in a status row, as the key is missing. */
const PAST = { timeMs: 0, nextAtMs: 7, rate: 11 } as const;

const element = z.union([z.string(), z.number()]).nullish().catch(null);
const row = z.array(element);

/**
 * Payments of Bitfinex Derivatives. Its history has a status row for each minute: only the last one before a settlement
 * is requested, whose rate was fixed when the period before it closed and is charged at its next time. A row does not
 * name the contract, and its mark price is that of a minute earlier.
 *
 * Sample row, with made-up numbers:
 * [1793606340000, null, 83565.1, 83571.3, null, 36950860.76, null, 1793606400000, 0.00001449, 9190, null, 0.00014548,
 *   null, null, 83570.005, null, null, 9635.86484562, null, null, null, 0.0005, 0.0025]
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "time", sends: "newest" },
  // Of a page of minutes, nearly all would be useless.
  maxRows: 1,
  order: "newest_first",
  bounds: { from: "none", to: "inclusive" },
  // One settlement: whatever is missing, the next request is for the one before it.
  maxRangeMs: PERIOD_MS,
  depth: { words: "not stated", days: null, rows: null },
  // Documented: 90 requests a minute.
  pacing: { requests: 15, perMs: 60_000 },
  caveats: [
    "That longs pay a positive rate is the usual reading; no Bitfinex text was found that states it.",
    "Each payment takes a request of its own, as the history has a row for each minute.",
  ],
  load: async (http, { instrument: { exchangeSymbol }, fromMs, toMs }) => {
    const boundaryMs = Math.floor((toMs - 1) / PERIOD_MS) * PERIOD_MS;
    if (boundaryMs < fromMs) return { rows: [] };
    const path = `/v2/status/deriv/${encodeURIComponent(exchangeSymbol)}/hist`;
    return await http.get(`${path}?end=${boundaryMs - 1}&limit=1&sort=-1`, (body) => {
      const list = successOf(body);
      const minutes = historyRows(row, list, minuteOf);
      // An empty list has nothing older either.
      return { rows: minutes.filter(isCharged).map(toPayment), isLast: list.length === 0 };
    });
  },
};

interface Minute {
  readonly atMs: number;
  readonly nextAtMs: number;
  readonly payment: SettledRate;
}

/** Null for a row that cannot be read. */
function minuteOf(each: z.output<typeof row>): Minute | null {
  const atMs = epochMsOf(each[PAST.timeMs]);
  const nextAtMs = epochMsOf(each[PAST.nextAtMs]);
  const payment = settledRate(nextAtMs, shiftedDecimal(each[PAST.rate], 0));
  return atMs === null || nextAtMs === null || payment === null
    ? null
    : { atMs, nextAtMs, payment };
}

/** The rate of a row outside the period before its next time may not be the one that was charged then. */
const isCharged = ({ atMs, nextAtMs }: Minute): boolean =>
  atMs < nextAtMs && nextAtMs - atMs <= PERIOD_MS;

const toPayment = ({ payment }: Minute): SettledRate => payment;
