/** The payments to one leg of a backtest while it is held, and what it was worth. */
import { shortestForm } from "../../domain/decimal.ts";
import { HOUR_MS } from "../../domain/funding.ts";
import { roundPct } from "../../domain/percent.ts";
import { MAX_PRICE_AGE_MS } from "../../domain/sample.ts";
import { firstWhere } from "../../domain/sorted-search.ts";
import { MAX_RATE_AGE_MS } from "./backtest-holdings.ts";
import {
  type BacktestLeg,
  type BacktestSide,
  type Holding,
  type Lacking,
  type LegSample,
  type Unfinished,
} from "./backtest-query.ts";
import { type Charge, chargesOf } from "../../domain/charges.ts";
import { ledgerOf } from "./charges.ts";
import { type GapLedger, lackingWithin, type LedgerRange } from "./gap-ledger.ts";
import { MAX_LACKING_RANGES } from "./settled-page.ts";

/** A leg with its charges. */
export interface ChargedLeg {
  readonly side: BacktestSide;
  readonly leg: BacktestLeg;
  readonly isContinuous: boolean;
  readonly charges: readonly Charge[];
  readonly ledger: GapLedger;
}

export function chargedLeg(
  side: BacktestSide,
  leg: BacktestLeg,
  fromMs: number,
  nowMs: number,
): ChargedLeg {
  const charges = chargesOf(leg.past.stored);
  return {
    side,
    leg,
    isContinuous: leg.past.stored.kind === "accruals",
    charges,
    ledger: ledgerOf(leg.past, charges, fromMs, nowMs),
  };
}

/** A payment that a long makes, as a fraction of notional; a short receives it. */
export interface LegPayment {
  readonly atMs: number;
  readonly paid: string | number;
  readonly isProRata: boolean;
}

/**
 * The payments while it is held: settlements with entry < slot <= exit in full, accrued hours by the part of the hour
 * for which it was held. Ascending. Hours without a known amount are left out: `lackingOf` names them.
 */
export function paymentsOf(
  { charges, isContinuous }: ChargedLeg,
  { entryMs, exitMs }: Holding,
): readonly LegPayment[] {
  const payments: LegPayment[] = [];
  const first = firstWhere(0, charges.length, (index) => slotAt(charges, index) > entryMs);
  for (let index = first; index < charges.length; index += 1) {
    const charge = charges[index];
    if (charge === undefined) break;
    const { slotMs, rate } = charge;
    const startMs = isContinuous ? slotMs - HOUR_MS : slotMs - 1;
    if (startMs >= exitMs) break;
    if (rate === null) continue;
    const heldMs = Math.min(exitMs, slotMs) - Math.max(entryMs, startMs);
    const isProRata = isContinuous && heldMs < HOUR_MS;
    payments.push({
      atMs: Math.min(exitMs, slotMs),
      // A part of an hour is rounded to 15 significant digits.
      paid: isProRata ? roundPct((Number(rate) * heldMs) / HOUR_MS) : shortestForm(rate),
      isProRata,
    });
  }
  return payments;
}

function slotAt(charges: readonly Charge[], index: number): number {
  return charges[index]?.slotMs ?? Number.POSITIVE_INFINITY;
}

/** What is estimated, missing or unpriced in any of the times held; null if nothing is. */
export function lackingOf(charged: ChargedLeg, holdings: readonly Holding[]): Lacking | null {
  const { side, leg, charges, ledger, isContinuous } = charged;
  const ranges: LedgerRange[] = [];
  let unpriced = 0;
  for (const { entryMs, exitMs } of holdings) {
    // The hour in which a position is closed counts, too.
    const untilMs = exitMs + (isContinuous ? HOUR_MS : 1);
    ranges.push(...lackingWithin(ledger, entryMs + 1, untilMs));
    const first = firstWhere(0, charges.length, (index) => slotAt(charges, index) > entryMs);
    for (let index = first; slotAt(charges, index) < untilMs; index += 1)
      if (charges[index]?.rate === null) unpriced += 1;
  }
  if (ranges.length === 0 && unpriced === 0) return null;
  const isCounted = ranges.every(({ slots }) => slots !== null);
  return {
    side,
    uid: leg.uid,
    ranges: ranges.slice(0, MAX_LACKING_RANGES),
    slots: isCounted ? ranges.reduce((sum, { slots }) => sum + (slots ?? 0), 0) : null,
    unpriced,
  };
}

/** What was not charged yet at the exit, in fractions received; null if everything was. */
export function unfinishedOf(
  { side, leg, charges, isContinuous }: ChargedLeg,
  { entryMs, exitMs }: Holding,
  notionalUsd: number,
): Unfinished | null {
  const after = firstWhere(0, charges.length, (index) => slotAt(charges, index) > exitMs);
  const lastMs = charges[after - 1]?.slotMs ?? null;
  // An hour that is known to its end has been counted by its part.
  if (isContinuous && after < charges.length && slotAt(charges, after) - HOUR_MS < exitMs)
    return null;
  const sample = newest(leg.samples, exitMs, ({ rate }) => rate !== null);
  const isRecent = sample !== null && exitMs - sample.atMs <= MAX_RATE_AGE_MS;
  const hours = isRecent ? sample.intervalHours : null;
  const periodMs = (isContinuous ? 1 : (hours ?? charges[after - 1]?.intervalHours ?? 0)) * HOUR_MS;
  if (periodMs === 0) return null;
  // The grid where the last settlement is not known.
  const isCurrent = lastMs !== null && exitMs - lastMs < periodMs;
  const startMs = isCurrent ? lastMs : Math.floor(exitMs / periodMs) * periodMs;
  const sinceMs = Math.max(entryMs, startMs);
  if (sinceMs >= exitMs) return null;
  const rate = isRecent ? sample.rate : null;
  const received = side === "long" ? -notionalUsd : notionalUsd;
  const usd =
    rate === null || hours === null
      ? null
      : roundPct((received * rate * (exitMs - sinceMs)) / (hours * HOUR_MS)) + 0;
  return { side, sinceMs, untilMs: exitMs, usd };
}

/** How much the price rose while it was held, as a fraction; null if it is unknown at the entry or at the exit. */
export function priceRise(leg: BacktestLeg, { entryMs, exitMs }: Holding): number | null {
  const entry = priceAt(leg.samples, entryMs);
  const exit = priceAt(leg.samples, exitMs);
  return entry === null || exit === null ? null : exit / entry - 1;
}

function priceAt(samples: readonly LegSample[], atMs: number): number | null {
  const sample = newest(samples, atMs, ({ markPrice }) => markPrice !== null && markPrice > 0);
  return sample !== null && atMs - sample.atMs <= MAX_PRICE_AGE_MS ? sample.markPrice : null;
}

/** The newest sample up to a moment that qualifies, not older than any that may be used. */
function newest(
  samples: readonly LegSample[],
  atMs: number,
  qualifies: (sample: LegSample) => boolean,
): LegSample | null {
  const after = firstWhere(
    0,
    samples.length,
    (index) => (samples[index]?.atMs ?? Number.POSITIVE_INFINITY) > atMs,
  );
  for (let index = after - 1; index >= 0; index -= 1) {
    const sample = samples[index];
    if (sample === undefined || atMs - sample.atMs > MAX_PRICE_AGE_MS) return null;
    if (qualifies(sample)) return sample;
  }
  return null;
}
