/** What is stored of the past, as it is read. Times are unix ms. */
import {
  type AccrualUnit,
  SETTLEMENT_ORIGINS,
  type SettlementOrigin,
} from "../../domain/settlement.ts";
import { decimalOf } from "./stored-decimal.ts";

/** A payment as stored. */
export interface SettlementRow {
  readonly slotMs: number;
  readonly offsetMs: number;
  /** Decimal text. */
  readonly rate: string;
  readonly intervalHours: number | null;
  readonly markPrice: number | null;
  readonly origin: SettlementOrigin;
  readonly estimate: number | null;
}

/** When something was charged. */
export interface SlotRow {
  readonly slotMs: number;
  readonly intervalHours: number | null;
  /** Null for accrued hours. */
  readonly origin: SettlementOrigin | null;
}

/** An accrued hour as stored. */
export interface AccrualRow {
  readonly hourEndMs: number;
  readonly amount: string;
  readonly unit: AccrualUnit;
}

export const SETTLEMENT_COLUMNS =
  "slot, offset_seconds, rate, interval_hours, mark_price, origin, estimate";
export const SLOT_COLUMNS = "slot, interval_hours, origin";
export const ACCRUAL_COLUMNS = "hour, amount, unit";

/** The first whole second that is not before `ms`. */
export function secondsFrom(ms: number): number {
  return Math.ceil(ms / 1000);
}

export type Stored = string | number | bigint | boolean | Uint8Array | null;

/** In the order of SETTLEMENT_COLUMNS; SQLite checks no types, so a row of another program could have others. */
export function settlementOf([
  slot,
  offset,
  rate,
  hours,
  mark,
  origin,
  estimate,
]: Stored[]): SettlementRow {
  return {
    slotMs: Number(slot) * 1000,
    offsetMs: Number(offset) * 1000,
    rate: decimalText(rate),
    intervalHours: numberOrNull(hours),
    markPrice: numberOrNull(mark),
    origin: SETTLEMENT_ORIGINS[Number(origin)] ?? "estimated",
    estimate: numberOrNull(estimate),
  };
}

/** In the order of SLOT_COLUMNS. */
export function slotOf([slot, hours, origin]: Stored[]): SlotRow {
  return {
    slotMs: Number(slot) * 1000,
    intervalHours: numberOrNull(hours),
    origin: SETTLEMENT_ORIGINS[Number(origin ?? -1)] ?? null,
  };
}

/** In the order of ACCRUAL_COLUMNS. */
export function accrualOf([hour, amount, unit]: Stored[]): AccrualRow {
  return {
    hourEndMs: Number(hour) * 1000,
    amount: decimalText(amount),
    unit: unit === "fraction" ? "fraction" : "quote_per_unit",
  };
}

/** The columns are blobs to SQLite; what we store in them are numbers and texts. */
function decimalText(stored: Stored | undefined): string {
  return decimalOf(typeof stored === "number" ? stored : String(stored));
}

function numberOrNull(value: Stored | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
