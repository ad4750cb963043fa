import type { WireRow } from "../../src/simulator/wire.ts";

/** One value inside a row, at any depth. */
type Change = (value: unknown, key: string) => unknown;

/** A copy of a row in which each text and number was changed according to its key. */
export function changedRow(row: WireRow, change: Change): WireRow {
  return changedObject(row, change);
}

function changedObject(whole: object, change: Change): WireRow {
  const changed: WireRow = { ...whole };
  for (const key in changed) changed[key] = changedValue(changed[key], key, change);
  return changed;
}

function changedValue(value: unknown, key: string, change: Change): unknown {
  if (Array.isArray(value)) {
    return value.map((item, place) =>
      changedValue(item, typeof item === "object" ? key : String(place), change),
    );
  }
  return typeof value === "object" && value !== null
    ? changedObject(value, change)
    : change(value, key);
}

const NUMBER = /^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/** Hours with their unit, in ISO 8601 or abbreviated. */
const HOURS = /^(?:PT)?(\d+)H$/;

/** A multiplied number; a text stays a text and keeps its unit ("8H", "PT8H"), anything else is unchanged. */
export function times(value: unknown, factor: number): unknown {
  if (typeof value === "number") return value * factor;
  if (typeof value !== "string") return value;
  if (NUMBER.test(value)) return String(Number(value) * factor);
  const [, digits = ""] = HOURS.exec(value) ?? [];
  return digits === "" ? value : value.replace(digits, String(Number(digits) * factor));
}

/** Another number in place of one, a text if it was one, with its unit. */
export function insteadOf(value: unknown, number: number): unknown {
  if (typeof value === "number") return number;
  if (typeof value !== "string") return value;
  return value.replace(/^(PT)?[\d.]+/, (_all, sign = "") => `${sign}${number}`);
}
