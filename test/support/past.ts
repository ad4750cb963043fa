import fc from "fast-check";
import type { AccruedHour, SettledSlot, StoredPast } from "../../src/domain/charges.ts";
import { HOUR_MS } from "../../src/domain/funding.ts";
import type { SettlementOrigin } from "../../src/domain/settlement.ts";
import type { InstrumentPast } from "../../src/services/history/charges.ts";

/** Pasts of one instrument, written by hand or generated. */

export const MIDNIGHT_MS = Date.UTC(2026, 2, 1);

/** Hours after midnight of March 1st, as unix ms. */
export function hour(hours: number): number {
  return MIDNIGHT_MS + hours * HOUR_MS;
}

export interface PastSlot {
  readonly slotMs: number;
  readonly intervalHours: number | null;
  readonly origin: SettlementOrigin;
}

/** Slots at these hours, read from the exchange, which states no interval. */
export function slotsAt(...hours: readonly number[]): readonly PastSlot[] {
  return hours.map((at) => ({ slotMs: hour(at), intervalHours: null, origin: "exchange" }));
}

/** A settlement that took place, and the interval that it closed. */
export interface TrueSlot {
  readonly slotMs: number;
  readonly hours: number;
  readonly isHole: boolean;
}

/** Fewer settlements at one interval look like holes. */
const MIN_STRETCH = 8;

/** Stretches of intervals that all start and end at midnight, so that each change is on both grids. */
const stretches = fc.array(
  fc.record({ hours: fc.constantFrom(1, 2, 4, 8), days: fc.integer({ min: 3, max: 6 }) }),
  { minLength: 1, maxLength: 4 },
);

/**
 * A past with changes of the interval and holes of one to three settlements. Holes stay three settlements away from
 * each other and from changes: nearer ones look like changes, whatever the rule.
 */
export const anyPast: fc.Arbitrary<readonly TrueSlot[]> = fc
  .tuple(
    stretches,
    fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 3 })), { maxLength: 30 }),
  )
  .map(([parts, holes]) => {
    const past: TrueSlot[] = [];
    let atMs = MIDNIGHT_MS;
    let nextHole = 0;
    for (const { hours, days } of parts) {
      const count = Math.max(MIN_STRETCH, (days * 24) / hours);
      let sinceHole = 0;
      let left = 0;
      for (let nth = 0; nth < count; nth += 1) {
        atMs += hours * HOUR_MS;
        sinceHole += 1;
        const [wait = 0, length = 0] = holes[nextHole] ?? [];
        const isStart =
          length > 0 && left === 0 && sinceHole > 3 + wait && nth + length + 3 < count;
        if (isStart) {
          left = length;
          nextHole += 1;
        }
        if (left > 0) sinceHole = 0;
        past.push({ slotMs: atMs, hours, isHole: left > 0 });
        left = Math.max(0, left - 1);
      }
      // To midnight, where the next stretch may have any interval.
      while (atMs % (24 * HOUR_MS) !== 0) {
        atMs += hours * HOUR_MS;
        past.push({ slotMs: atMs, hours, isHole: false });
      }
    }
    return past;
  });

/** Settlements of the exchange: hours after midnight and rates. */
export function settledAt(
  ...rows: readonly (readonly [hours: number, rate: string])[]
): readonly SettledSlot[] {
  return rows.map(([at, rate]) => ({
    slotMs: hour(at),
    rate,
    intervalHours: null,
    origin: "exchange",
  }));
}

/** Settlements every so many hours at one rate: `from` excluded, `to` included. */
export function settledEvery(
  hours: number,
  from: number,
  to: number,
  rate: string,
): readonly SettledSlot[] {
  const count = Math.floor((to - from) / hours);
  return settledAt(
    ...Array.from({ length: count }, (_, nth) => [from + (nth + 1) * hours, rate] as const),
  );
}

/** Accrued fractions: the hours at whose ends they were complete, and the amounts. */
export function accruedAt(
  ...rows: readonly (readonly [hours: number, amount: string])[]
): readonly AccruedHour[] {
  return rows.map(([at, amount]) => ({
    hourEndMs: hour(at),
    amount,
    unit: "fraction",
    markPrice: null,
  }));
}

/** An instrument listed at midnight whose past has been read to the end. */
export function pastOf(stored: StoredPast, changed: Partial<InstrumentPast> = {}): InstrumentPast {
  return {
    stored,
    listedAtMs: MIDNIGHT_MS,
    firstSeenMs: MIDNIGHT_MS,
    endedAtMs: null,
    backfill: {
      readFromMs: MIDNIGHT_MS,
      readToMs: hour(100_000),
      isComplete: true,
      availableFromMs: null,
      failuresInRow: 0,
      attemptedAtMs: null,
    },
    ...changed,
  };
}

export function settledPast(
  settlements: readonly SettledSlot[],
  changed: Partial<InstrumentPast> = {},
): InstrumentPast {
  return pastOf({ kind: "settlements", settlements }, changed);
}
