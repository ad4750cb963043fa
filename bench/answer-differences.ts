/**
 * Compares two answers to one query: the other must contain everything compared, so that it cannot win by sending less.
 */

import { isObject, type Json } from "../src/http/openapi/json-tree.ts";

/** Sums computed in a different order may differ by this relative amount. */
const ROUNDING = 1e-9;

/** Enough to see what is wrong. */
const MAX_DIFFERENCES = 20;

/**
 * Where `theirs` differs from `ours`, a line each, at most 20. Objects are compared by the names that `names` has, or by
 * all of ours where it is absent; numbers to nine digits.
 */
export function answerDifferences(
  ours: Json | undefined,
  theirs: Json | undefined,
  names?: ReadonlySet<string>,
): readonly string[] {
  const found: string[] = [];
  const compare = (one: Json | undefined, other: Json | undefined, path: string): void => {
    if (found.length >= MAX_DIFFERENCES) return;
    if (typeof one === "number" && typeof other === "number") {
      if (isSameNumber(one, other)) return;
    } else if (isList(one) && isList(other)) {
      if (one.length === other.length) {
        for (const [index, part] of one.entries()) compare(part, other[index], `${path}[${index}]`);
        return;
      }
    } else if (isObject(one) && isObject(other)) {
      for (const name of Object.keys(one)) {
        if (names?.has(name) !== false) compare(one[name], other[name], `${path}.${name}`);
      }
      return;
    } else if (one === other) return;
    found.push(`${path}: ${shown(one)}, theirs ${shown(other)}`);
  };
  compare(ours, theirs, "");
  return found;
}

function isSameNumber(one: number, other: number): boolean {
  return Math.abs(one - other) <= ROUNDING * Math.max(Math.abs(one), Math.abs(other));
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function shown(value: Json | undefined): string {
  if (isList(value)) return `${value.length} members`;
  return value === undefined ? "absent" : JSON.stringify(value).slice(0, 80);
}
