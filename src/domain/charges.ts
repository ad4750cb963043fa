/**
 * What an instrument charged, the same for settlements and for the hours of continuous funding: a fraction of notional
 * at a slot, for the interval that ended there. Positive: longs pay shorts. Times are unix ms.
 */
import { intervalsInForce, type StatedSlot } from "./intervals-in-force.ts";
import { roundPct } from "./percent.ts";
import type { AccruedAmount, SettlementOrigin } from "./settlement.ts";
import { firstWhere } from "./sorted-search.ts";

/** A stored settlement. */
export interface SettledSlot extends StatedSlot {
  readonly origin: SettlementOrigin;
  /** The exchange's decimal text, or the number whose shortest text it is. */
  readonly rate: string | number;
}

/** A stored hour of a continuous contract. */
export interface AccruedHour extends AccruedAmount {
  /** The last known mark price at the end of the hour; null: unknown. Needed only for `quote_per_unit`. */
  readonly markPrice: number | null;
}

/** What is stored of an instrument's past, ascending, no slot twice. */
export type StoredPast =
  | { readonly kind: "settlements"; readonly settlements: readonly SettledSlot[] }
  | { readonly kind: "accruals"; readonly hours: readonly AccruedHour[] };

export interface Charge {
  /** A whole minute. */
  readonly slotMs: number;
  /** The interval that ended there, from intervalsInForce; 1 for an accrued hour; null: unknown. */
  readonly intervalHours: number | null;
  /** Null for an accrued amount. */
  readonly origin: SettlementOrigin | null;
  /** As in SettledSlot; null: an amount in quote currency without a mark price to divide it by. */
  readonly rate: string | number | null;
}

/** Half-open: fromMs <= slot < toMs, unix ms. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The charges, in the same order. Their intervals hold for the part that `stored` was read for (judged-range.ts). */
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

/** The charges with fromMs <= slot < toMs, by binary search. `charges`: ascending. */
export function chargesWithin(
  charges: readonly Charge[],
  { fromMs, toMs }: TimeRange,
): readonly Charge[] {
  const from = firstWhere(0, charges.length, (index) => slotAt(charges, index) >= fromMs);
  const to = firstWhere(from, charges.length, (index) => slotAt(charges, index) >= toMs);
  return charges.slice(from, to);
}

function slotAt(charges: readonly Charge[], index: number): number {
  return charges[index]?.slotMs ?? Number.POSITIVE_INFINITY;
}

export const HOURS_PER_YEAR = 8_760;

/** A sum of charges in percent, over the hours that they cover: simple, percent a year. */
export function annualizedSumPct(sumPct: number, coveredHours: number): number {
  return roundPct((sumPct * HOURS_PER_YEAR) / coveredHours);
}
