/**
 * How a decimal text is stored, so that the same text comes back: the digits and the number of decimals in one integer
 * where they fit, else a number whose shortest text it is, else the text. An integer takes 1 to 8 bytes; the text of a
 * rate with 16 decimals would take 18.
 */

/** Room for the number of decimals in the lowest bits of an integer. */
const SCALES = 64;
/** Digits that fit beside them into an exact double. */
const MAX_UNITS = Math.floor(Number.MAX_SAFE_INTEGER / SCALES) - 1;
const ZEROS = "0".repeat(SCALES);
/** Plain notation as exchanges write it: no plus sign, no leading zeros, a digit on both sides of the point. */
const PLAIN = /^-?(?:0|[1-9]\d*)(?:\.(\d{1,63}))?$/;

export type StoredDecimal = string | number;

export function storedDecimal(decimal: string): StoredDecimal {
  const match = PLAIN.exec(decimal);
  if (match !== null) {
    const scale = match[1]?.length ?? 0;
    const units = Number(decimal.replace(".", ""));
    if (Math.abs(units) <= MAX_UNITS && !(units === 0 && decimal.startsWith("-")))
      return units * SCALES + scale;
  }
  const number = Number(decimal);
  return Number.isFinite(number) && !Number.isInteger(number) && String(number) === decimal
    ? number
    : decimal;
}

export function decimalOf(stored: StoredDecimal): string {
  if (typeof stored === "string") return stored;
  if (!Number.isInteger(stored)) return String(stored);
  const units = Math.floor(stored / SCALES);
  const scale = stored - units * SCALES;
  if (scale === 0) return String(units);
  const digits = String(Math.abs(units));
  const point = digits.length - scale;
  const sign = units < 0 ? "-" : "";
  // Most rates are below one: this is on the way of every payment.
  if (point <= 0) return `${sign}0.${ZEROS.slice(0, -point)}${digits}`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
