/**
 * Settlements: what was charged, at which slot. A slot is the settlement time rounded to the minute; all times here are
 * unix milliseconds. Live rates over time are samples: the two are never mixed.
 */
import { settlementMinuteMs } from "./funding.ts";

/**
 * Where a settlement comes from: `exchange`, its own history; `row`, the settled rate of a live row; `estimated`, the
 * last live rate before the slot, until one of the others confirms or corrects it.
 */
export const SETTLEMENT_ORIGINS = ["exchange", "row", "estimated"] as const;

export type SettlementOrigin = (typeof SETTLEMENT_ORIGINS)[number];

/** A payment as read, before it is stored. */
export interface SettledRate {
  /** When the exchange says that it was charged: with seconds or milliseconds of jitter around the slot. */
  readonly atMs: number;
  /** The fraction of notional per interval as the exchange's own decimal text; positive: longs pay shorts. */
  readonly rate: string;
  /** If the exchange states it with the payment. */
  readonly intervalHours: number | null;
  /** If the exchange states it with the payment, in `quote` per priced unit. */
  readonly markPrice: number | null;
}

/** A stored payment. */
export interface Settlement {
  readonly slotMs: number;
  readonly atMs: number;
  /** As in SettledRate. */
  readonly rate: string;
  /** As stated, else the distance to the settlement before it; null if neither is known. */
  readonly intervalHours: number | null;
  readonly markPrice: number | null;
  readonly origin: SettlementOrigin;
  /** The last live rate before the slot, if it was stored as an estimate first; null if it never was. */
  readonly estimate: number | null;
}

/**
 * What a continuous contract accrued in one hour, from its index; never a sum of its rates. In `fraction` of notional
 * (Deribit's hourly interest), or in `quote` currency per priced unit (differences of Paradex's funding index).
 */
export interface AccruedAmount {
  /** The end of the hour. */
  readonly hourEndMs: number;
  /** Decimal text; positive: longs pay shorts. */
  readonly amount: string;
  readonly unit: AccrualUnit;
}

export const ACCRUAL_UNITS = ["fraction", "quote_per_unit"] as const;

export type AccrualUnit = (typeof ACCRUAL_UNITS)[number];

/** A settlement is pending until this time after its slot: exchanges publish it within minutes. */
export const PUBLISHED_AFTER_MS = 10 * 60_000;

/** The slot of a payment: its time rounded to the minute. */
export const slotMsOf = settlementMinuteMs;
