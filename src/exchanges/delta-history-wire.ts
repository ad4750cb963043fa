import { z } from "zod";
import { HOUR_MS } from "../domain/funding.ts";
import { LONGEST_HOURS, settlementsOf } from "./delta-steps-wire.ts";
import { hostOf, resultOf } from "./delta-wire.ts";
import type { ExchangeHttp } from "./exchange.ts";
import type { ExchangeHistory } from "./history.ts";
import { historyRows, msOfSeconds, secondsOf, shiftedDecimal } from "./wire-history.ts";
import { badEnvelope, numeric } from "./wire.ts";

const PATH = "/v2/history/candles";
/** What one call may hold, by one source. */
const MAX_ROWS = 2000;
/** Far fewer candles than that, with those around the range. */
const HOURS_AT_ONCE = 30 * 24;
/**
 * Candles on either side of a range: enough to tell a resting rate from a coincidence, wherever the range cuts a flat
 * stretch. The newest range asks for hours to come; they are not sent.
 */
const HOURS_AROUND = LONGEST_HOURS + 1;
/** However few candles come at once: an hour each. */
const MAX_PAGES = HOURS_AT_ONCE + 2 * HOURS_AROUND + 1;
/** Before, funding was exchanged every minute. */
const PERIODIC_FROM_MS = Date.UTC(2025, 8, 8, 12);

const row = z.object({ time: numeric, close: numeric });

/**
 * Payments of Delta Exchange, from hourly candles of the charged rate in percent. A candle's value is flat until the next
 * settlement, where it becomes what is charged there. Which hours are settlements follows from the steps.
 *
 * Sample row, with made-up numbers:
 * { time: 1793606400, open: 0.00476099, high: 0.00476099, low: 0.00476099, close: 0.00476099, volume: null }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "time", sends: "newest" },
  maxRows: MAX_ROWS,
  order: "unknown",
  bounds: { from: "inclusive", to: "inclusive" },
  maxRangeMs: HOURS_AT_ONCE * HOUR_MS,
  depth: {
    words: "since 8 September 2025; before, funding was exchanged every minute",
    days: null,
    rows: null,
  },
  // The documented quota is per five minutes, its size is unknown: this is little in any case.
  pacing: { requests: 6, perMs: 60_000 },
  caveats: [
    "Delta's own texts disagree on whether the value of the candle after a settlement was charged there or is charged at the next one; the data fit the former.",
    "Candles do not tell settlements: of equal rates in a row those are read that the resting rate, today's interval or the 8-hour grid makes certain.",
  ],
  load: async (http, { instrument: { exchangeSymbol, intervalHours }, fromMs, toMs }) => {
    const firstMs = Math.max(fromMs, PERIODIC_FROM_MS);
    const isLast = fromMs <= PERIODIC_FROM_MS;
    if (toMs <= firstMs) return { rows: [], isLast };
    const range = { fromMs: Math.max(firstMs, toMs - HOURS_AT_ONCE * HOUR_MS), toMs };
    const candles = await candlesOf(http, exchangeSymbol, range);
    const rows = settlementsOf(candles, intervalHours).filter(
      ({ atMs }) => atMs >= range.fromMs && atMs < toMs,
    );
    return { rows, isLast };
  },
};

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The value of each hour of a range and of those around it, as a fraction in decimal text. */
async function candlesOf(
  http: ExchangeHttp,
  exchangeSymbol: string,
  { fromMs, toMs }: Range,
): Promise<ReadonlyMap<number, string>> {
  const wholeMs = (Math.ceil(fromMs / HOUR_MS) - HOURS_AROUND) * HOUR_MS;
  const startMs = Math.max(wholeMs, PERIODIC_FROM_MS - HOUR_MS);
  const candles = new Map<number, string>();
  let endMs = toMs - 1 + HOURS_AROUND * HOUR_MS;
  for (let page = 0; page < MAX_PAGES && endMs >= startMs; page += 1) {
    const reply = await pageOf(http, exchangeSymbol, { fromMs: startMs, toMs: endMs });
    const fresh = reply.filter(({ atMs }) => !candles.has(atMs));
    if (reply.length === 0) break;
    if (fresh.length === 0) throw badEnvelope("its history repeats a page");
    for (const { atMs, rate } of fresh) candles.set(atMs, rate);
    endMs = Math.min(...candles.keys()) - 1;
  }
  return candles;
}

function pageOf(
  http: ExchangeHttp,
  exchangeSymbol: string,
  { fromMs, toMs }: Range,
): Promise<readonly { readonly atMs: number; readonly rate: string }[]> {
  const name = encodeURIComponent(`FUNDING:${exchangeSymbol}`);
  const range = `start=${secondsOf(fromMs)}&end=${secondsOf(toMs)}`;
  return http.get(
    `${PATH}?resolution=1h&symbol=${name}&${range}`,
    (body) =>
      historyRows(row, resultOf(body), ({ time, close }) => {
        const atMs = msOfSeconds(time);
        const rate = shiftedDecimal(close, -2);
        return atMs === null || rate === null ? null : { atMs, rate };
      }),
    hostOf(exchangeSymbol),
  );
}
