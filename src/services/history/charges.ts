/**
 * What an instrument charged, the same for settlements and for the hours of continuous funding: a fraction of notional
 * at a slot, for the interval that ended there. Positive: longs pay shorts. Times are unix ms.
 */
import { HOUR_MS } from "../../domain/funding.ts";
import { roundPct } from "../../domain/percent.ts";
import type { Accrual, SettlementOrigin } from "../../domain/settlement.ts";
import { type BackfillProgress, type GapLedger, gapLedger, type LedgerSlot } from "./gap-ledger.ts";
import { intervalsInForce, type StatedSlot } from "./intervals-in-force.ts";

/** A stored settlement. */
export interface SettledSlot extends StatedSlot {
  readonly origin: SettlementOrigin;
  /** The exchange's decimal text, or the number whose shortest text it is. */
  readonly rate: string | number;
}

/** A stored hour of a continuous contract. */
export interface AccruedHour extends Accrual {
  /** The last known mark price at the end of the hour; null: unknown. Needed only for `quote_per_unit`. */
  readonly markPrice: number | null;
}

/** What is stored of an instrument's past, ascending, no slot twice. */
export type StoredPast =
  | { readonly kind: "settlements"; readonly settlements: readonly SettledSlot[] }
  | { readonly kind: "accruals"; readonly hours: readonly AccruedHour[] };

export interface Charge extends LedgerSlot {
  /** As in SettledSlot; null: an amount in quote currency without a mark price to divide it by. */
  readonly rate: string | number | null;
}

/** An instrument with its past. */
export interface InstrumentPast {
  readonly stored: StoredPast;
  /** As stated by the exchange; null: unknown. */
  readonly listedAtMs: number | null;
  readonly firstSeenMs: number;
  /** When it was found delisted; null while it is listed. */
  readonly endedAtMs: number | null;
  /** Used only if the settlements show no interval; null: unknown. */
  readonly currentIntervalHours: number | null;
  /** Null: the exchange has no history. */
  readonly backfill: BackfillProgress | null;
}

/**
 * What is read before a range, so that the intervals at its start are known: three distances of the longest interval
 * and one hole.
 */
export const CONTEXT_BEFORE_MS = 4 * 24 * HOUR_MS;

/** The charges, in the same order. */
export function chargesOf(stored: StoredPast): readonly Charge[] {
  switch (stored.kind) {
    case "settlements": {
      const { settlements } = stored;
      const intervals = intervalsInForce(settlements);
      return settlements.map(({ slotMs, rate, origin }, index) => ({
        slotMs,
        rate,
        origin,
        intervalHours: intervals[index] ?? null,
      }));
    }
    case "accruals":
      return stored.hours.map((hour) => ({
        slotMs: hour.hourEndMs,
        rate: fractionOf(hour),
        origin: null,
        intervalHours: 1,
      }));
  }
}

/** Of what a unit was worth at the end of the hour; a quotient is rounded to 15 significant digits. */
function fractionOf({ amount, unit, markPrice }: AccruedHour): string | number | null {
  switch (unit) {
    case "fraction":
      return amount;
    case "quote_per_unit":
      return markPrice !== null && markPrice > 0 ? roundPct(Number(amount) / markPrice) : null;
  }
}

/** The ledger of the slots after `fromMs`; null: since the listing. `charges`: from `chargesOf`. */
export function ledgerOf(
  past: Omit<InstrumentPast, "stored">,
  charges: readonly Charge[],
  fromMs: number | null,
  nowMs: number,
): GapLedger {
  const { listedAtMs, firstSeenMs, endedAtMs, currentIntervalHours, backfill } = past;
  return gapLedger({
    slots: charges,
    listedAtMs,
    firstSeenMs,
    endedAtMs,
    nowMs,
    fromMs,
    currentIntervalHours,
    backfill,
  });
}
