import { badParameters } from "../protocol/problem.ts";
import { echo } from "../protocol/query-text.ts";
import { didYouMean } from "../../lib/nearest.ts";
import type { Column } from "./columns.ts";

/** Formats of times. */
export const TIME_FORMATS = ["unix", "iso"] as const;
export type TimeFormat = (typeof TIME_FORMATS)[number];

/** Which fields of its rows a list shows, and in which format. */
export interface Presentation {
  /** In the requested order; null: all. */
  readonly fields: readonly string[] | null;
  readonly time: TimeFormat;
}

/** How rows are shown. */
export interface Shown<Row> {
  readonly columns: readonly Column<Row>[];
  /** Maps a row to its JSON value; null: the row itself. */
  readonly jsonOf: ((row: Row) => unknown) | null;
}

/** The fields that can be selected. */
export interface Selectable<Row> {
  readonly columns: readonly Column<Row>[];
  /** JSON fields whose columns depend on the content: an empty list has no columns for them. */
  readonly objects: readonly string[];
}

/** A selected field: its columns, and its value in JSON. */
interface Pick<Row> {
  readonly name: string;
  readonly columns: readonly Column<Row>[];
  readonly value: (row: Row) => unknown;
}

/**
 * The selected fields of a list with `columns`, out of `selectable`. An object field can be selected as a whole (`long`)
 * and by its columns (`long_exchange`). Throws the problem for a name that the list does not have.
 */
export function shownFields<Row extends object>(
  columns: readonly Column<Row>[],
  { fields, time }: Presentation,
  selectable: Selectable<Row> = { columns, objects: [] },
): Shown<Row> {
  const picks = fields === null ? null : fields.map((name) => pickOf(name, selectable));
  const shown = picks === null ? columns : picks.flatMap((pick) => pick.columns);
  const isIso = time === "iso";
  if (picks === null)
    return { columns: isIso ? shown.map(isoColumn) : shown, jsonOf: isIso ? isoOf : null };
  return {
    columns: isIso ? shown.map(isoColumn) : shown,
    jsonOf: (row) => {
      // Written out: with entries a row takes several times as long.
      const picked: Record<string, unknown> = {};
      for (const { name, value } of picks) picked[name] = value(row);
      return isIso ? isoOf(picked) : picked;
    },
  };
}

function pickOf<Row extends object>(
  name: string,
  { columns: all, objects }: Selectable<Row>,
): Pick<Row> {
  const column = all.find((candidate) => candidate.name === name);
  if (column !== undefined) return { name, columns: [column], value: column.value ?? column.cell };
  const columns = all.filter(({ field }) => field === name);
  if (columns.length > 0 || objects.includes(name))
    return { name, columns, value: (row) => Reflect.get(row, name) };
  const names = all.flatMap((one) => (one.field === undefined ? one.name : [one.field, one.name]));
  const rule = `${echo(name)} is not a field of this list${didYouMean(name, names)}`;
  throw badParameters([{ parameter: "fields", rule }]);
}

/** Names of time fields: next_funding_time is the only one that does not end in _at. */
const MOMENT = /(_at|_time)$/;

function isoColumn<Row>(column: Column<Row>): Column<Row> {
  const { name, cell } = column;
  if (!MOMENT.test(name)) return column;
  return { ...column, kind: "text", cell: (row) => isoMoment(cell(row)) };
}

/** Replaces every time in a value with a string, at any depth. */
export function isoOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(isoOf);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      MOMENT.test(name) ? isoMoment(inner) : isoOf(inner),
    ]),
  );
}

/** Whole unix seconds as ISO 8601 in UTC: 2026-11-02T12:00:05Z; anything else is returned unchanged. */
export function isoMoment<Value>(value: Value): Value | string {
  if (typeof value !== "number") return value;
  return `${new Date(value * 1000).toISOString().slice(0, -".000Z".length)}Z`;
}
