/** Numbers as exchanges print them. Never an exponent in a string. */

/** Significant digits that a useful price has. */
const SIGNIFICANT_DIGITS = 6;
/** The longest fraction any exchange prints. */
const MAX_DECIMALS = 16;

/** Decimals that show `value` with six significant digits, at least one and at most sixteen. */
export function decimalsFor(value: number): number {
  if (!(value > 0)) return 2;
  const digits = SIGNIFICANT_DIGITS - 1 - Math.floor(Math.log10(value));
  return Math.min(Math.max(digits, 1), MAX_DECIMALS);
}

/** Fixed decimals, zeros kept: "0.00010000". */
export function fixed(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  return Number(text) === 0 && text.startsWith("-") ? text.slice(1) : text;
}

/** Fixed decimals, trailing zeros removed: "0.0001". */
export function trimmed(value: number, decimals: number): string {
  const text = fixed(value, decimals);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** One in the last of so many decimals: "0.001". */
export function tickText(decimals: number): string {
  return fixed(10 ** -decimals, decimals);
}

/** Like Python prints a float: "29855.0", "0.0000125". */
export function pythonFloat(value: number, decimals: number): string {
  const text = trimmed(value, decimals);
  return text.includes(".") ? text : `${text}.0`;
}

/** A number with no more decimals than the exchange uses, for formats with JSON numbers. */
export function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}

/** An instant in ISO 8601 with milliseconds, in UTC. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
