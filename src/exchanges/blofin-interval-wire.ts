import { HOUR_MS } from "../domain/funding.ts";
import type { RateRow, Settlement } from "./blofin-wire.ts";
import type { Reply } from "./exchange.ts";
import { intervalHoursOf, type RowInterval } from "./wire-times.ts";
import { epochMsOf } from "./wire.ts";

/** The only unit that was seen in rows. */
const HOUR = "hour";

/** The interval that the row states; null if it states none or an unreadable one. */
export function publishedHours(row: RateRow): number | null {
  return row.fundingIntervalUnit === HOUR ? intervalHoursOf(row.fundingInterval) : null;
}

/** The interval of a row: as stated, or else derived from the settlements of its instrument. */
export function intervalOf(row: RateRow, settlements: Reply<Settlement> | undefined): RowInterval {
  const hours = publishedHours(row);
  if (hours !== null) return { hours, source: "published" };
  return { hours: derivedHours(row, settlements), source: "derived", cached: true };
}

/** How long the history may lack the first settlement after an interval was halved. */
const HISTORY_LAG_MS = 10 * 60_000;

/**
 * Hours from the last settlement to the next at the time of the request, if that equals the time between the last two
 * settlements: a history without the newest one shows a longer span, however late it is. Also null if the current next
 * settlement is not on the same grid, because the interval has changed since.
 */
function derivedHours(row: RateRow, reply: Reply<Settlement> | undefined): number | null {
  if (reply === undefined) return null;
  const { settledAtMs, nextAtMs } = reply.value;
  const [lastMs, beforeMs] = settledAtMs;
  const nextNowMs = epochMsOf(row.fundingTime);
  if (lastMs === undefined || beforeMs === undefined || nextAtMs === null || nextNowMs === null)
    return null;
  const spanMs = nextAtMs - lastMs;
  if (spanMs <= 0 || spanMs !== lastMs - beforeMs || reply.receivedAtMs < lastMs) return null;
  if (mayBeHalved(spanMs, reply.receivedAtMs - lastMs)) return null;
  if ((nextNowMs - nextAtMs) % spanMs !== 0) return null;
  return intervalHoursOf(spanMs, HOUR_MS);
}

/** Whether the middle of a span has just passed: settlements are at full hours. */
function mayBeHalved(spanMs: number, sinceLastMs: number): boolean {
  const pastMiddleMs = sinceLastMs - spanMs / 2;
  return spanMs % (2 * HOUR_MS) === 0 && pastMiddleMs >= 0 && pastMiddleMs < HISTORY_LAG_MS;
}
