import type { LastRow } from "../db/market/last-quotes.ts";
import { staleAfterMs } from "../domain/flags.ts";
import { observedAtMs } from "../domain/funding.ts";
import type { Quote } from "../domain/quote.ts";
import { type SettledRate, slotMsOf } from "../domain/settlement.ts";

/** A settled time further ahead of the batch than this is not one: clocks differ by seconds. */
const AHEAD_MS = 60_000;

/**
 * What was presumably charged between two rows of one instrument: the live rate of the last row before the slot, unless
 * that row was stale at the slot, frozen, or still showed the rate before. Null for continuous contracts.
 */
export function estimateOf(last: LastRow, quote: Quote, periodMs: number): SettledRate | null {
  const { nextFundingAtMs, intervalSource, fundingIntervalHours } = last;
  if (last.accrual !== "periodic" || nextFundingAtMs === null) return null;
  if (last.settling === 1 || last.frozen === 1) return null;
  const slotMs = slotMsOf(nextFundingAtMs);
  const isBefore = last.observedAtMs < slotMs;
  const isAfter = observedAtMs(quote.exchangeTimeMs, quote.receivedAtMs) >= slotMs;
  const isFresh = slotMs - last.observedAtMs <= staleAfterMs(periodMs);
  if (!isBefore || !isAfter || !isFresh) return null;
  return {
    atMs: nextFundingAtMs,
    rate: String(last.fundingRate),
    // A default says nothing about this instrument.
    intervalHours: intervalSource === "documented_default" ? null : fundingIntervalHours,
    markPrice: null,
  };
}

/**
 * The last payment that a row states, if the row before stated another one or there is none. Its interval is known if
 * the row before announced this very slot.
 */
export function chargedOf(quote: Quote, last: LastRow | null, atMs: number): SettledRate | null {
  const { settledRate, settledAtMs, accrual } = quote;
  if (accrual !== "periodic" || settledRate === null || settledAtMs === null) return null;
  if (settledAtMs > atMs + AHEAD_MS || settledAtMs === last?.settledAtMs) return null;
  const isAnnounced =
    last !== null &&
    last.nextFundingAtMs !== null &&
    last.intervalSource !== "documented_default" &&
    slotMsOf(last.nextFundingAtMs) === slotMsOf(settledAtMs);
  return {
    atMs: settledAtMs,
    rate: String(settledRate),
    intervalHours: isAnnounced ? last.fundingIntervalHours : null,
    markPrice: null,
  };
}
