import { z } from "@hono/zod-openapi";
import { asWritten, didYouMean } from "../../lib/nearest.ts";
import {
  type Context,
  type CountBounds,
  countIn,
  echo,
  listOf,
  MAX_LIST_MEMBERS,
  type NumberBounds,
  numberIn,
  oneOf,
  raw,
  refuse,
  secondsIn,
  TIME_BOUNDS,
} from "../protocol/query-text.ts";

/**
 * Query parameters. One grammar for all: lists are comma-separated or repeat the name, single values occur once; an
 * empty value is an error, never a default. Values are parsed and defaults are defined here and nowhere else: handlers
 * get complete values.
 */

/** The document's extension for a default that depends on another parameter. */
export const DEFAULT_IN_WORDS = "x-default";

/** Documentation of one parameter. */
interface ParameterDoc<Fallback> {
  readonly description: string;
  /** Absent if none works for long. */
  readonly example?: unknown;
  /** Used if the parameter is absent, and its `default` in the document. Null: unset has its own meaning. */
  readonly fallback: Fallback;
  /**
   * The default in words, where it depends on another parameter: then `fallback` is null. Not `default` in the document
   * (generated clients send that together with the other parameter) but `x-default`, and part of the description.
   */
  readonly fallbackInWords?: string;
  /** A list that keeps the order of the request. */
  readonly isOrdered?: true;
}

/**
 * A list with members from a closed set; unknown ones are errors that name them. `component` is the set's name in the
 * document, if it has one.
 */
export function closedListParam<
  const Member extends string,
  const Fallback extends readonly Member[] | null,
>(members: readonly Member[], doc: ParameterDoc<Fallback> & { readonly component?: string }) {
  const known = new Set<string>(members);
  const isMember = (text: string): text is Member => known.has(text);
  return raw
    .transform((value, context): readonly Member[] | Fallback => {
      const asked = listOf(value, context);
      if (asked === null) return doc.fallback;
      const texts = asWritten(members, asked);
      const found = texts.filter(isMember);
      for (const text of texts) {
        if (!isMember(text)) refuse(context, mustBeOneOf(text, members));
      }
      return membersOf(found, doc);
    })
    .meta({
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

/** A list of names from an open set, each normalised by `normalise`. */
export function openListParam<const Fallback extends readonly string[] | null>(
  normalise: (text: string) => string,
  doc: ParameterDoc<Fallback>,
) {
  return raw
    .transform((value, context): readonly string[] | Fallback => {
      const texts = listOf(value, context);
      return texts === null ? doc.fallback : membersOf(texts.map(normalise), doc);
    })
    .meta({
      type: "array",
      items: { type: "string", minLength: 1 },
      minItems: 1,
      maxItems: MAX_LIST_MEMBERS,
      ...listDoc(doc),
    });
}

/** A list of whole numbers, each within the bounds. */
export function countListParam<const Fallback extends readonly number[] | null>(
  bounds: CountBounds,
  doc: ParameterDoc<Fallback>,
) {
  return raw
    .transform((value, context): readonly number[] | Fallback => {
      const texts = listOf(value, context);
      if (texts === null) return doc.fallback;
      const numbers = texts.map((text) => countIn(text, bounds, context));
      return [...new Set(numbers)].toSorted((left, right) => left - right);
    })
    .meta({
      type: "array",
      items: countDoc(bounds),
      minItems: 1,
      maxItems: MAX_LIST_MEMBERS,
      ...listDoc(doc),
    });
}

/** A member of a closed set. */
export function choiceParam<const Member extends string, const Fallback extends Member | null>(
  members: readonly Member[],
  doc: ParameterDoc<Fallback>,
) {
  const read = (text: string, context: Context): Member | Fallback => {
    const member = members.find((candidate) => candidate.toLowerCase() === text.toLowerCase());
    if (member !== undefined) return member;
    refuse(context, mustBeOneOf(text, members));
    return doc.fallback;
  };
  return single(read, { type: "string", enum: [...members] }, doc);
}

/** A decimal number such as 250000 or 0.5, used with all its digits: it is the user's own figure. */
export function numberParam<const Fallback extends number | null>(
  bounds: NumberBounds,
  doc: ParameterDoc<Fallback>,
) {
  return single((text, context) => numberIn(text, bounds, context), numberDoc(bounds), doc);
}

/** A whole number. */
export function countParam<const Fallback extends number | null>(
  bounds: CountBounds,
  doc: ParameterDoc<Fallback>,
) {
  return single((text, context) => countIn(text, bounds, context), countDoc(bounds), doc);
}

/** A threshold for rows: rounded, so that nearby values share one answer. */
export function thresholdParam<const Fallback extends number | null>(
  bounds: NumberBounds,
  doc: ParameterDoc<Fallback>,
) {
  const read = (text: string, context: Context) => roundThreshold(numberIn(text, bounds, context));
  return single(read, numberDoc(bounds), roundedDoc(doc));
}

/** The same for whole numbers. */
export function countThresholdParam<const Fallback extends number | null>(
  bounds: CountBounds,
  doc: ParameterDoc<Fallback>,
) {
  const read = (text: string, context: Context) => roundThreshold(countIn(text, bounds, context));
  return single(read, countDoc(bounds), roundedDoc(doc));
}

/** 1,001,000 dollars of volume are as good as 1,000,000. */
const THRESHOLD_DIGITS = 3;

/** A threshold as it is applied: rounded to three significant digits. */
export function roundThreshold(value: number): number {
  return Number(value.toPrecision(THRESHOLD_DIGITS));
}

/** Part of the description of each threshold. */
export const ROUNDED = `Rounded to ${THRESHOLD_DIGITS} significant digits when it is read.`;

/** A time in whole unix seconds. */
export function timeParam(doc: ParameterDoc<null>) {
  const description = `${doc.description} Unix seconds.`;
  return single(secondsIn, countDoc(TIME_BOUNDS), { ...doc, description });
}

/**
 * A string issued by this service. Unset: null. Without an example, as none stays valid: the interactive documentation
 * would send it.
 */
export function opaqueParam(maxLength: number, description: string) {
  const read = (text: string, context: Context): string => {
    if (text.length > maxLength) refuse(context, `must not be longer than ${maxLength} characters`);
    return text;
  };
  const schema = { type: "string", minLength: 1, maxLength } as const;
  return single(read, schema, { description, example: undefined, fallback: null });
}

/** A case-insensitive string, converted to upper case. Unset: null. */
export function textParam(
  maxLength: number,
  doc: { readonly description: string; readonly example: string },
) {
  const read = (text: string, context: Context): string => {
    if (text.length > maxLength) refuse(context, `must not be longer than ${maxLength} characters`);
    return text.trim().toUpperCase();
  };
  const schema = { type: "string", minLength: 1, maxLength } as const;
  return single(read, schema, { ...doc, fallback: null });
}

/** Documentation of the type of a single value. */
type KindDoc =
  | { readonly type: "string"; enum?: string[]; minLength?: number; maxLength?: number }
  | {
      readonly type: "number" | "integer";
      minimum?: number;
      exclusiveMinimum?: number;
      maximum: number;
    };

/** A parameter with one value. */
function single<Value, Fallback>(
  read: (text: string, context: Context) => Value,
  kind: KindDoc,
  doc: ParameterDoc<Fallback>,
) {
  return raw
    .transform((value, context): Value | Fallback => {
      const text = oneOf(value, context);
      return text === null ? doc.fallback : read(text, context);
    })
    .meta({ ...kind, ...textDoc(doc) });
}

/** Removes duplicates; sorted unless the order matters. */
function membersOf<T extends string>(
  texts: readonly T[],
  { isOrdered }: Pick<ParameterDoc<unknown>, "isOrdered">,
): readonly T[] {
  const members = [...new Set(texts)];
  return isOrdered === true ? members : members.toSorted();
}

function mustBeOneOf(text: string, members: readonly string[]): string {
  return `${echo(text)} must be one of ${members.join(", ")}${didYouMean(text, members)}`;
}

/** Part of the description of each list whose order matters. */
export const ORDERED = "The order is kept.";

/** A parameter without any effect. */
function ignoredParam(doc: { readonly description: string; readonly example: string }) {
  return raw
    .transform(() => null)
    .meta({ type: "string", description: doc.description, example: doc.example });
}

/** Parameters of every path that has a query: some scripts add `_` to bypass caches. */
export const ignoredParams = {
  _: ignoredParam({
    description: "Ignored: any value gives the same answer. Useful to bypass a cache.",
    example: "1793620800",
  }),
};

/** The query of a path without parameters of its own: any other one is an error that names it. */
export const NO_PARAMS = z.strictObject(ignoredParams);

function numberDoc(bounds: NumberBounds) {
  const type = "number" as const;
  return bounds.above === undefined
    ? { type, minimum: bounds.min ?? 0, maximum: bounds.max }
    : { type, exclusiveMinimum: bounds.above, maximum: bounds.max };
}

function countDoc(bounds: CountBounds) {
  return { type: "integer", minimum: bounds.min, maximum: bounds.max } as const;
}

function textDoc({ description, example, fallback, fallbackInWords }: ParameterDoc<unknown>) {
  return {
    ...(fallback === null ? {} : { default: fallback }),
    ...(fallbackInWords === undefined
      ? { description }
      : {
          [DEFAULT_IN_WORDS]: fallbackInWords,
          description: `${description} Default: ${fallbackInWords}.`,
        }),
    ...(example === undefined ? {} : { example }),
  };
}

function roundedDoc<Fallback>(doc: ParameterDoc<Fallback>): ParameterDoc<Fallback> {
  return { ...doc, description: `${doc.description} ${ROUNDED}` };
}

function listDoc(doc: ParameterDoc<unknown>) {
  return {
    ...textDoc(doc),
    description: `${doc.description} Several: separated by commas, or the name repeated.${doc.isOrdered === true ? ` ${ORDERED}` : ""}`,
    param: { style: "form", explode: false },
  } as const;
}
