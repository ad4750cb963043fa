import { z } from "@hono/zod-openapi";

/**
 * Query parameters. One grammar for all: a list is written with commas or by repeating the name, a single
 * value once; an empty value is an error, never a default. Values are parsed here and by nothing else.
 */

/** What a query parameter arrives as: one text, or several when the name is repeated. */
const raw = z.union([z.string(), z.array(z.string())]).optional();

/** The query of an address that takes no parameter: any is an error that names it. */
export const NO_PARAMS = z.strictObject({});

/** More members than any sensible filter has; bounds the work per request. */
const MAX_LIST_MEMBERS = 200;

/** How much of a wrong value an error repeats. */
const MAX_ECHO_LENGTH = 64;

/** What the documentation says of one parameter. */
export interface ParameterDoc {
  readonly description: string;
  readonly example: unknown;
}

/**
 * A list whose members come from a closed set; an unknown one is an error that names it. Unset: null. `component` names
 * the set in the document, where it is one.
 */
export function closedListParam<const Member extends string>(
  members: readonly Member[],
  doc: ParameterDoc & { readonly component?: string },
) {
  const known = new Set<string>(members);
  const isMember = (text: string): text is Member => known.has(text);
  return raw
    .transform((value, context): readonly Member[] | null => {
      const texts = listOf(value, context);
      if (texts === null) return null;
      const found = texts.filter(isMember);
      for (const text of texts) {
        if (!isMember(text)) refuse(context, `${echo(text)} is none of ${members.join(", ")}`);
      }
      return uniqueSorted(found);
    })
    .openapi({
      type: "array",
      items:
        doc.component === undefined
          ? { type: "string", enum: [...members] }
          : { $ref: `#/components/schemas/${doc.component}` },
      minItems: 1,
      maxItems: MAX_LIST_MEMBERS,
      ...listDoc(doc),
    });
}

/** A list of names from an open set, each normalised by `normalise`. Unset: null. */
export function openListParam(normalise: (text: string) => string, doc: ParameterDoc) {
  return raw
    .transform((value, context): readonly string[] | null => {
      const texts = listOf(value, context);
      return texts === null ? null : uniqueSorted(texts.map(normalise));
    })
    .openapi({
      type: "array",
      items: { type: "string", minLength: 1 },
      minItems: 1,
      maxItems: MAX_LIST_MEMBERS,
      ...listDoc(doc),
    });
}

/** A list of numbers, each within the bounds. Unset: null. */
export function numberListParam(bounds: NumberBounds, doc: ParameterDoc) {
  return raw
    .transform((value, context): readonly number[] | null => {
      const texts = listOf(value, context);
      if (texts === null) return null;
      const numbers = texts.map((text) => numberIn(text, bounds, context));
      return [...new Set(numbers)].toSorted((left, right) => left - right);
    })
    .openapi({
      type: "array",
      items: { type: "number", ...boundsDoc(bounds) },
      minItems: 1,
      maxItems: MAX_LIST_MEMBERS,
      ...listDoc(doc),
    });
}

/** One of a closed set. Unset: null. */
export function choiceParam<const Member extends string>(
  members: readonly Member[],
  doc: ParameterDoc & { readonly fallback?: Member },
) {
  return raw
    .transform((value, context): Member | null => {
      const text = oneOf(value, context);
      if (text === null) return null;
      const member = members.find((candidate) => candidate === text);
      if (member !== undefined) return member;
      refuse(context, `${echo(text)} is none of ${members.join(", ")}`);
      return null;
    })
    .openapi({
      type: "string",
      enum: [...members],
      ...(doc.fallback === undefined ? {} : { default: doc.fallback }),
      description: doc.description,
      example: doc.example,
    });
}

/** Inclusive bounds; `above` excludes its own value. */
export interface NumberBounds {
  readonly min?: number;
  readonly above?: number;
  readonly max: number;
}

/** A decimal number such as 250000 or 0.5. Unset: `fallback`, null where there is no default. */
export function numberParam<Fallback extends number | null>(
  bounds: NumberBounds,
  doc: ParameterDoc & { readonly fallback: Fallback },
) {
  return raw
    .transform((value, context): number | Fallback => {
      const text = oneOf(value, context);
      return text === null ? doc.fallback : numberIn(text, bounds, context);
    })
    .openapi({
      type: "number",
      ...boundsDoc(bounds),
      ...(doc.fallback === null ? {} : { default: doc.fallback }),
      description: doc.description,
      example: doc.example,
    });
}

/** A whole number. Unset: `fallback`, or null without one. */
export function countParam(
  bounds: { readonly min: number; readonly max: number },
  doc: ParameterDoc & { readonly fallback?: number },
) {
  const { fallback } = doc;
  return raw
    .transform((value, context): number | null => {
      const text = oneOf(value, context);
      if (text === null) return fallback ?? null;
      const count = WHOLE.test(text) ? Number(text) : Number.NaN;
      if (count >= bounds.min && count <= bounds.max) return count;
      refuse(context, `${echo(text)} is not a whole number from ${bounds.min} to ${bounds.max}`);
      return bounds.min;
    })
    .openapi({
      type: "integer",
      minimum: bounds.min,
      maximum: bounds.max,
      ...(fallback === undefined ? {} : { default: fallback }),
      description: doc.description,
      example: doc.example,
    });
}

/** 2100-01-01 in unix seconds: a later time is one in milliseconds. */
const MAX_TIME = 4_102_444_800;

/** A time in whole unix seconds. Unset: null. */
export function timeParam(doc: ParameterDoc) {
  return countParam(
    { min: 0, max: MAX_TIME },
    { ...doc, description: `${doc.description} Unix seconds.` },
  );
}

/**
 * A text that only this service can have made. Unset: null. It has no example: none works for long, and the
 * interactive documentation would send it.
 */
export function opaqueParam(maxLength: number, doc: Omit<ParameterDoc, "example">) {
  return raw
    .transform((value, context): string | null => {
      const text = oneOf(value, context);
      if (text !== null && text.length > maxLength)
        refuse(context, `must not be longer than ${maxLength} characters`);
      return text;
    })
    .openapi({
      type: "string",
      minLength: 1,
      maxLength,
      description: doc.description,
    });
}

/** A number as programs write it, the exponent included: no sign, no hexadecimal, no spaces. */
const DECIMAL = /^\d{1,30}(\.\d{1,30})?(e[+-]?\d{1,3})?$/i;
const WHOLE = /^\d{1,15}$/;

type Context = z.RefinementCtx;

function oneOf(value: string | string[] | undefined, context: Context): string | null {
  if (value === undefined) return null;
  if (Array.isArray(value)) {
    refuse(context, "may be given once only");
    return null;
  }
  if (value !== "") return value;
  refuse(context, "must not be empty");
  return null;
}

function listOf(value: string | string[] | undefined, context: Context): string[] | null {
  if (value === undefined) return null;
  const texts = (Array.isArray(value) ? value : [value])
    .flatMap((part) => part.split(","))
    .map((text) => text.trim());
  if (texts.length > MAX_LIST_MEMBERS) {
    refuse(context, `must not have more than ${MAX_LIST_MEMBERS} members`);
    return [];
  }
  const named = texts.filter((text) => text !== "");
  if (named.length < texts.length) refuse(context, "must not be empty or have empty members");
  return named;
}

function numberIn(text: string, bounds: NumberBounds, context: Context): number {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  const low = bounds.above === undefined ? value >= (bounds.min ?? 0) : value > bounds.above;
  if (low && value <= bounds.max) return value;
  const from = bounds.above === undefined ? `from ${bounds.min ?? 0}` : `above ${bounds.above}`;
  refuse(context, `${echo(text)} is not a number ${from} to ${bounds.max}`);
  return 0;
}

function refuse(context: Context, rule: string): void {
  context.addIssue({ code: "custom", message: rule });
}

function echo(text: string): string {
  return JSON.stringify(
    text.length > MAX_ECHO_LENGTH ? `${text.slice(0, MAX_ECHO_LENGTH)}…` : text,
  );
}

function uniqueSorted<T extends string>(texts: readonly T[]): readonly T[] {
  return [...new Set(texts)].toSorted();
}

function boundsDoc(bounds: NumberBounds) {
  return bounds.above === undefined
    ? { minimum: bounds.min ?? 0, maximum: bounds.max }
    : { exclusiveMinimum: bounds.above, maximum: bounds.max };
}

function listDoc(doc: ParameterDoc) {
  return {
    description: `${doc.description} Several: separated by commas, or the name repeated.`,
    example: doc.example,
    param: { style: "form", explode: false },
  } as const;
}
