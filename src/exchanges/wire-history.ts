/** Building blocks for reading the pages of a history: payments and accrued amounts keep their decimal text. */
import type { z } from "zod";
import { type Decimal, decimalText, parseDecimal, subtractDecimals } from "../domain/decimal.ts";
import { HOUR_MS, MAX_ABS_RATE } from "../domain/funding.ts";
import {
  type AccruedAmount,
  type AccrualUnit,
  type SettledRate,
  slotMsOf,
} from "../domain/settlement.ts";
import { badEnvelope, epochMsOf, type Numeric, numberOf, positiveOf } from "./wire.ts";

/** Rows that match `schema` and that `read` accepts; the others are left out, and the gap they leave is reported. */
export function historyRows<S extends z.ZodType, Row>(
  schema: S,
  list: unknown,
  read: (row: z.output<S>) => Row | null,
): Row[] {
  if (!Array.isArray(list)) throw badEnvelope("the history is not a list");
  const rows: Row[] = [];
  for (const item of list) {
    const parsed = schema.safeParse(item);
    const row = parsed.success ? read(parsed.data) : null;
    if (row !== null) rows.push(row);
  }
  if (rows.length === 0 && list.length > 0) throw badEnvelope("no row of the history is readable");
  return rows;
}

/** A payment; null if its time or its rate is not one. `rate` is a fraction per interval, in decimal text. */
export function settledRate(
  atMs: number | null,
  rate: string | null,
  stated: Partial<Pick<SettledRate, "intervalHours" | "markPrice">> = {},
): SettledRate | null {
  if (atMs === null || rate === null || Math.abs(Number(rate)) > MAX_ABS_RATE) return null;
  return { intervalHours: null, markPrice: null, ...stated, atMs, rate };
}

/**
 * What one hour accrued; null if its end is not a full hour, to the minute, or its amount is not a number. `amount` in
 * decimal text.
 */
export function accrualOf(
  hourEndMs: number | null,
  amount: string | null,
  unit: AccrualUnit,
): AccruedAmount | null {
  if (hourEndMs === null || amount === null || slotMsOf(hourEndMs) % HOUR_MS !== 0) return null;
  if (unit === "fraction" && Math.abs(Number(amount)) > MAX_ABS_RATE) return null;
  return { hourEndMs: slotMsOf(hourEndMs), amount, unit };
}

/** A number as the exchange wrote it; a JSON number gives its shortest text. Null if it is not one. */
export function decimalTextOf(value: Numeric): string | null {
  if (numberOf(value) === null) return null;
  return String(value).trim();
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?<zone>Z|[+-]\d\d:\d\d)?$/;

/** An ISO 8601 time in unix ms; one without a zone is in UTC. Null if it is not one, or implausible. */
export function utcMsOf(value: string | null | undefined): number | null {
  const match = ISO_TIME.exec(value ?? "");
  if (match === null) return null;
  return epochMsOf(Date.parse(match.groups?.["zone"] === undefined ? `${value}Z` : `${value}`));
}

/** A unix time in seconds, in ms; null if it is not one, or implausible. */
export function msOfSeconds(value: Numeric): number | null {
  const seconds = numberOf(value);
  return seconds === null ? null : epochMsOf(seconds * 1000);
}

/** Rounded down to whole seconds, for requests. */
export function secondsOf(ms: number): number {
  return Math.floor(ms / 1000);
}

/** The mark price of a payment, null if it is not stated. */
export const markPriceOf = positiveOf;

/**
 * A decimal text times ten to the power of `places`, exactly: `0.0012` and -2 give `0.000012`. Null for anything that is
 * not a number.
 */
export function shiftedDecimal(value: Numeric, places: number): string | null {
  const text = decimalTextOf(value);
  if (text === null) return null;
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,3}))?$/.exec(text);
  if (match === null) return null;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const decimals = fraction.length - Number(exponent) - places;
  const digits = (whole + fraction).padStart(decimals + 1, "0");
  const split = digits.length - Math.max(0, decimals);
  const integer =
    digits.slice(0, split).replace(/^0+(?=\d)/, "") + "0".repeat(Math.max(0, -decimals));
  const rest = digits.slice(split).replace(/0+$/, "");
  const unsigned = rest === "" ? integer : `${integer}.${rest}`;
  return sign === "-" && /[1-9]/.test(unsigned)
    ? `-${unsigned}`
    : unsigned.replace(/^0+(?=\d)/, "");
}

/** `minuend` minus `subtrahend`, exactly; null if either is unknown or not a number. All in decimal text. */
export function decimalDifference(minuend: Numeric, subtrahend: Numeric): string | null {
  const from = decimalOf(minuend);
  const taken = decimalOf(subtrahend);
  if (from === null || taken === null) return null;
  return decimalText(subtractDecimals(from, taken));
}

function decimalOf(value: Numeric): Decimal | null {
  const text = decimalTextOf(value);
  return text === null ? null : parseDecimal(text);
}
