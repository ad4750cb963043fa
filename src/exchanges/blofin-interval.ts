import { HOUR_MS } from "../domain/funding.ts";
import type { Reply } from "./exchange.ts";
import { intervalHoursOf } from "./wire-times.ts";
import { epochMsOf, type Numeric } from "./wire.ts";

/** The last settlement of one instrument beside the next one of the same moment (unix ms). */
export interface Settlement {
  readonly settledAtMs: number | null;
  readonly nextAtMs: number | null;
}

/** Settlements fall on full hours; the history may hold the newest one only a moment later. */
const HISTORY_LAG_MS = 60_000;

/** The intervals that BloFin uses, hours. */
const IN_USE: ReadonlySet<number> = new Set([1, 4, 8]);

/**
 * Hours from the last settlement to the next, as of when both were asked; null where that is not certain: just after a
 * full hour, when the history may lack the newest settlement, and when the next settlement of now (`fundingTime`, unix
 * ms) does not lie on the same grid, because the interval was changed since.
 */
export function intervalOf(
  fundingTime: Numeric,
  reply: Reply<Settlement> | undefined,
): number | null {
  if (reply === undefined) return null;
  const { settledAtMs, nextAtMs } = reply.value;
  const nextNowMs = epochMsOf(fundingTime);
  if (settledAtMs === null || nextAtMs === null || nextNowMs === null) return null;
  if (reply.receivedAtMs < settledAtMs || mayLag(settledAtMs, nextAtMs, reply.receivedAtMs)) {
    return null;
  }
  const spanMs = nextAtMs - settledAtMs;
  if (spanMs <= 0 || (nextNowMs - nextAtMs) % spanMs !== 0) return null;
  return intervalHoursOf(spanMs, HOUR_MS);
}

/**
 * Whether there may have been a settlement at the full hour just past that the history does not tell yet. Then the
 * span holds two intervals: it is none that is in use, or that hour is its middle.
 */
function mayLag(settledAtMs: number, nextAtMs: number, atMs: number): boolean {
  const pastHourMs = atMs % HOUR_MS;
  const hourMs = atMs - pastHourMs;
  if (pastHourMs >= HISTORY_LAG_MS || hourMs <= settledAtMs) return false;
  const isMiddle = hourMs - settledAtMs === nextAtMs - hourMs;
  return isMiddle || !IN_USE.has((nextAtMs - settledAtMs) / HOUR_MS);
}
