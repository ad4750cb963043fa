/**
 * How a decimal text is stored, so that the same text comes back: the digits and the number of decimals in one integer
 * where they fit, else a number whose shortest text it is, else the text. An integer takes 1 to 8 bytes; the text of a
 * rate with 16 decimals would take 18.
 */

/** Room for the number of decimals in the lowest bits of an integer. */
const SCALES = 64;
/** Digits that fit beside them into an exact double. */
const MAX_UNITS = Math.floor(Number.MAX_SAFE_INTEGER / SCALES) - 1;
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
  const scale = ((stored % SCALES) + SCALES) % SCALES;
  const units = (stored - scale) / SCALES;
  const digits = String(Math.abs(units)).padStart(scale + 1, "0");
  const point = digits.length - scale;
  const fraction = scale === 0 ? "" : `.${digits.slice(point)}`;
  return `${units < 0 ? "-" : ""}${digits.slice(0, point)}${fraction}`;
}
