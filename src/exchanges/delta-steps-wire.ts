import { HOUR_MS } from "../domain/funding.ts";
import type { SettledRate } from "../domain/settlement.ts";
import { settledRate } from "./wire-history.ts";

/** What is charged at zero premium, by interval: 0.01 % per 8 h, in proportion. */
const RESTING_HOURS: ReadonlyMap<string, number> = new Map([
  ["0.0001", 8],
  ["0.00005", 4],
  ["0.000025", 2],
  ["0.0000125", 1],
]);
/** Of the intervals that Delta has: each has a settlement at every point of the grid of this one. */
export const LONGEST_HOURS = 8;

/** Consecutive hours with one value, [fromMs, toMs). */
interface Flat {
  readonly fromMs: number;
  readonly toMs: number;
  readonly rate: string;
  /** Whether the hour before it has another value: its first hour is a settlement then. */
  readonly isStep: boolean;
  /** Whether the hour after it has another value. */
  readonly endsInStep: boolean;
}

/**
 * The settlements that hourly values show, oldest first. A step is one. Within a flat stretch there are those of the
 * interval whose resting rate it has; otherwise those of `intervalHours`, today's, unless a step contradicts it;
 * otherwise those of the longest interval, which any other has as well.
 */
export function settlementsOf(
  candles: ReadonlyMap<number, string>,
  intervalHours: number | null,
): SettledRate[] {
  return flatsOf(candles)
    .flatMap((flat) => slotsOf(flat, intervalHours).map((slotMs) => settledRate(slotMs, flat.rate)))
    .filter((payment) => payment !== null);
}

function flatsOf(candles: ReadonlyMap<number, string>): Flat[] {
  const hours = [...candles.keys()]
    .filter((atMs) => atMs % HOUR_MS === 0)
    .toSorted((one, other) => one - other);
  const isStart = (atMs: number): boolean => candles.get(atMs - HOUR_MS) !== candles.get(atMs);
  const starts = hours.filter(isStart);
  return starts.map((fromMs) => {
    let toMs = fromMs + HOUR_MS;
    while (candles.has(toMs) && !isStart(toMs)) toMs += HOUR_MS;
    return {
      fromMs,
      toMs,
      rate: candles.get(fromMs) ?? "",
      isStep: candles.has(fromMs - HOUR_MS),
      endsInStep: candles.has(toMs),
    };
  });
}

function slotsOf(flat: Flat, intervalHours: number | null): number[] {
  const { fromMs, toMs, isStep } = flat;
  const hours =
    restingHours(flat, intervalHours) ?? trustedHours(flat, intervalHours) ?? LONGEST_HOURS;
  const spanMs = hours * HOUR_MS;
  const slots: number[] = isStep ? [fromMs] : [];
  for (let slotMs = Math.ceil(fromMs / spanMs) * spanMs; slotMs < toMs; slotMs += spanMs)
    if (!isStep || slotMs > fromMs) slots.push(slotMs);
  return slots;
}

/** The interval of a resting rate; one that is not today's must last for longer than either to be no coincidence. */
function restingHours({ fromMs, toMs, rate }: Flat, intervalHours: number | null): number | null {
  const hours = RESTING_HOURS.get(rate) ?? null;
  if (hours === null || hours === intervalHours) return hours;
  return toMs - fromMs > Math.max(hours, intervalHours ?? LONGEST_HOURS) * HOUR_MS ? hours : null;
}

/** Today's interval, if the steps around a flat stretch fit it and do not fit a longer one as well. */
function trustedHours(flat: Flat, intervalHours: number | null): number | null {
  if (intervalHours === null) return null;
  const { fromMs, toMs, isStep, endsInStep } = flat;
  const steps = [...(isStep ? [fromMs] : []), ...(endsInStep ? [toMs] : [])];
  const fits = (hours: number): boolean => steps.every((atMs) => atMs % (hours * HOUR_MS) === 0);
  if (!fits(intervalHours)) return null;
  const mayBeLonger = intervalHours < LONGEST_HOURS && steps.length > 0 && fits(2 * intervalHours);
  return mayBeLonger ? null : intervalHours;
}
