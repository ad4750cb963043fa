import { z } from "@hono/zod-openapi";
import type { ReadParams } from "../protocol/canonical-query.ts";
import type { FixedHeaders } from "../protocol/headers.ts";
import { listShape } from "./row-fields.ts";

/** Parameters that are thresholds: minimums, maximums, and how far a calendar looks ahead. */
const THRESHOLD = /^(min_|max_|hours$)/;

/** Those without effect unless set: maximums, and a minimum that may be negative. */
const UNSET = /^(max_|min_net)/;

/** Thresholds in effect, by parameter name; null: not set. */
type Thresholds = Readonly<Record<string, number | null>>;

/** The envelope's thresholds; empty if the list has none. */
export function thresholdMember(params: ReadParams): { readonly thresholds?: Thresholds } {
  const found = Object.entries(params).flatMap(([name, value]) =>
    THRESHOLD.test(name) && (typeof value === "number" || value === null) ? [[name, value]] : [],
  );
  return found.length === 0 ? {} : { thresholds: Object.fromEntries(found) };
}

/** The same as a header, for formats without an envelope: `name=value`, separated by commas, set ones only. */
export function thresholdHeader(params: ReadParams): FixedHeaders {
  const { thresholds } = thresholdMember(params);
  if (thresholds === undefined) return {};
  const set = Object.entries(thresholds).filter(([, value]) => value !== null);
  return { "x-thresholds": set.map(([name, value]) => `${name}=${value}`).join(", ") };
}

/** The envelope of a list with the thresholds `names`. */
export function thresholdListSchema<Row extends z.ZodType, const Name extends string>(
  name: string,
  row: Row,
  names: readonly Name[],
) {
  const figures = names.map((of) => [of, UNSET.test(of) ? FIGURE_OR_NULL : FIGURE]);
  const thresholds = z
    .strictObject(Object.fromEntries(figures) as Record<Name, typeof FIGURE_OR_NULL>)
    .meta({
      description: "The thresholds that were applied: as requested, rounded, or the defaults.",
    });
  return z.strictObject({ ...listShape(row), thresholds }).openapi(name);
}

const FIGURE = z.number();
const FIGURE_OR_NULL = z.number().nullable();
