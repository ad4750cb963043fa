import { z } from "@hono/zod-openapi";
import { LIST_SEPARATOR } from "../../domain/symbol.ts";
import type { ParameterError } from "./problem.ts";

/** Reading raw query text: what the parameters of all paths share. */

/** A raw query parameter: a string, or several if the name is repeated. */
export const raw = z.union([z.string(), z.array(z.string())]).optional();

/** More members than any sensible filter has; bounds the work per request. */
export const MAX_LIST_MEMBERS = 200;

/** How much of an invalid value an error repeats. */
const MAX_ECHO_LENGTH = 64;

/** The unit of a number, as stated in errors; null for rows, exchanges and ratios. Required, so that none is forgotten. */
type Unit = "US dollars" | "days" | "hours" | "seconds" | "percent" | "percent a year" | null;

/** Inclusive bounds; `above` is exclusive. */
export interface NumberBounds {
  readonly unit: Unit;
  readonly min?: number;
  readonly above?: number;
  readonly max: number;
}

/** Inclusive bounds of whole numbers. */
export interface CountBounds {
  readonly unit: Unit;
  readonly min: number;
  readonly max: number;
}

/** A number as written by programs, with optional exponent; no sign (see `numberIn`), hexadecimal or spaces. */
const DECIMAL = /^\d{1,30}(\.\d{1,30})?(e[+-]?\d{1,3})?$/i;
const WHOLE = /^\d{1,15}$/;

export type Context = z.RefinementCtx;

/** The error for an unknown parameter name. */
export const UNKNOWN_NAME = "is not a parameter of this endpoint";

/** What a decoder puts in place of bytes that are not text. */
const REPLACEMENT = "\u{FFFD}";

/**
 * Problems of a raw query that parsed parameters no longer show: values without a name, which the parser drops, and
 * escapes or bytes that are not UTF-8, which it keeps or replaces. An empty segment between ampersands is ignored. Each
 * name is reported once.
 */
export function queryProblems(query: string): ParameterError[] {
  const rules = new Map<string, string>();
  for (const part of query.split("&")) {
    const [name = "", ...values] = part.split("=");
    if (name === "" && part !== "") rules.set("", UNKNOWN_NAME);
    const isRead = textOf(values.join("=")) !== null;
    if (!isRead) rules.set(textOf(name) ?? name, "must be UTF-8 with percent-encoding");
  }
  return [...rules].map(([parameter, rule]) => ({ parameter, rule }));
}

/** The decoded name or value; null if it is not valid text. */
function textOf(encoded: string): string | null {
  try {
    const text = decodeURIComponent(encoded.replaceAll("+", " "));
    return text.includes(REPLACEMENT) ? null : text;
  } catch {
    // decodeURIComponent's error adds no information.
    return null;
  }
}

/** The value of a single-valued parameter; null if absent. */
export function oneOf(value: string | string[] | undefined, context: Context): string | null {
  if (value === undefined) return null;
  if (Array.isArray(value)) {
    refuse(context, "may be given once only");
    return null;
  }
  if (value !== "") return value;
  refuse(context, "must not be empty");
  return null;
}

/** The members of a list; null if absent. */
export function listOf(value: string | string[] | undefined, context: Context): string[] | null {
  if (value === undefined) return null;
  const texts = (Array.isArray(value) ? value : [value])
    .flatMap((part) => part.split(LIST_SEPARATOR))
    .map((text) => text.trim());
  if (texts.length > MAX_LIST_MEMBERS) {
    refuse(context, `must not have more than ${MAX_LIST_MEMBERS} members`);
    return [];
  }
  const named = texts.filter((text) => text !== "");
  if (named.length < texts.length) refuse(context, "must not be empty or have empty members");
  return named;
}

/** The number written in a text; NaN if there is none. */
export function decimalOf(text: string): number {
  return DECIMAL.test(text) ? Number(text) : Number.NaN;
}

/** A number within the bounds; a minus sign is allowed if the bounds go below 0. */
export function numberIn(text: string, bounds: NumberBounds, context: Context): number {
  const isNegative = (bounds.min ?? 0) < 0 && text.startsWith("-");
  const value = isNegative ? -decimalOf(text.slice(1)) : decimalOf(text);
  const low = bounds.above === undefined ? value >= (bounds.min ?? 0) : value > bounds.above;
  if (low && value <= bounds.max) return value;
  const from = bounds.above === undefined ? `from ${bounds.min ?? 0}` : `above ${bounds.above}`;
  refuse(context, `${echo(text)} must be a number ${from} to ${bounds.max}${inUnit(bounds)}`);
  return 0;
}

/** A whole number within the bounds. */
export function countIn(text: string, bounds: CountBounds, context: Context): number {
  const count = WHOLE.test(text) ? Number(text) : Number.NaN;
  if (count >= bounds.min && count <= bounds.max) return count;
  const range = `from ${bounds.min} to ${bounds.max}${inUnit(bounds)}`;
  refuse(context, `${echo(text)} must be a whole number ${range}`);
  return bounds.min;
}

function inUnit({ unit }: { readonly unit: Unit }): string {
  return unit === null ? "" : ` (${unit})`;
}

/** Up to 2100-01-01: anything later must be in milliseconds. */
export const TIME_BOUNDS = { unit: "seconds", min: 0, max: 4_102_444_800 } as const;

/** A time in whole unix seconds. */
export function secondsIn(text: string, context: Context): number {
  const { min, max } = TIME_BOUNDS;
  const seconds = /^\d{1,19}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= max) return seconds;
  refuse(context, `${echo(text)} must be unix seconds from ${min} to ${max}${unitHint(text)}`);
  return min;
}

/** Thousands, millions and billions of seconds since 1970 are times in a smaller unit; letters mean a date. */
const SMALLER_UNITS = [
  { digits: 13, name: "milliseconds" },
  { digits: 16, name: "microseconds" },
  { digits: 19, name: "nanoseconds" },
] as const;

function unitHint(text: string): string {
  if (/^\d{4}-\d\d/.test(text)) return "; this looks like a date";
  if (!/^\d+$/.test(text)) return "";
  const unit = SMALLER_UNITS.find(
    ({ digits }) => text.length <= digits && text.length > digits - 2,
  );
  return unit === undefined ? "" : `; this looks like ${unit.name}`;
}

/** Adds an error for the rule that the value breaks. */
export function refuse(context: Context, rule: string): void {
  context.addIssue({ code: "custom", message: rule });
}

/** An invalid value, shortened for an error message. */
export function echo(text: string): string {
  return JSON.stringify(
    text.length > MAX_ECHO_LENGTH ? `${text.slice(0, MAX_ECHO_LENGTH)}…` : text,
  );
}
