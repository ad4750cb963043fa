import { z } from "@hono/zod-openapi";
import type { FlatKind } from "../../lib/flat-table.ts";

/** A cell's value; null is an empty cell. */
type Cell = string | number | boolean | null;

/** A decimal number: no formula, although it may begin with a sign. */
const DECIMAL = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** In CSV, a decimal text is written as it is. */
type CsvCell = Cell | { readonly decimal: string };

/** One column of a list in CSV. */
export interface Column<Row> {
  readonly name: string;
  readonly cell: (row: Row) => Cell;
  /** The JSON field that it belongs to; unset if that has the same name. */
  readonly field?: string;
  /** What its cells are in formats with types; unset: texts. */
  readonly kind?: FlatKind;
  /** Whether its texts are decimal numbers (`decimalText`). */
  readonly isDecimal?: boolean;
  /** Its value in JSON; unset if it equals the cell's. */
  readonly value?: (row: Row) => unknown;
}

/**
 * The columns of a list, derived from its row schema: the fields in order, under their own names. The members of an
 * object field become separate columns such as `long_exchange`, after all others.
 */
export function columnsOf<Schema extends z.ZodObject>(
  schema: Schema,
): readonly Column<z.output<Schema>>[] {
  const flat: Column<z.output<Schema>>[] = [];
  const nested: Column<z.output<Schema>>[] = [];
  for (const [field, of] of Object.entries(schema.shape)) {
    const part = knownPart(of);
    if (part === null) {
      const value = (row: z.output<Schema>) => fieldOf(row, field);
      flat.push({
        name: field,
        cell: (row) => cellOf(value(row)),
        value,
        kind: kindOf(of),
        isDecimal: isDecimalField(of),
      });
    } else nested.push(...columnsOf(part).map((column) => columnInside(field, column)));
  }
  return [...flat, ...nested];
}

/** A column for a member of the object field `field`; empty if that is null. */
function columnInside<Row extends object>(
  field: string,
  { name, cell, value = cell, ...typed }: Column<Record<string, unknown>>,
): Column<Row> {
  const inside =
    <Value>(read: (inner: Record<string, unknown>) => Value) =>
    (row: Row): Value | null => {
      const inner = fieldOf(row, field);
      return inner === null ? null : read(inner as Record<string, unknown>);
    };
  return { ...typed, name: `${field}_${name}`, field, cell: inside(cell), value: inside(value) };
}

/** A number as decimal text, with all its digits. In CSV it is a number, not text that may be a formula. */
export const decimalText = z.stringFormat("decimal", DECIMAL);

function isDecimalField(schema: unknown): boolean {
  const known = whenSet(schema);
  return known instanceof z.ZodCustomStringFormat && known.format === decimalText.format;
}

/** What the cells of a field are. */
function kindOf(schema: unknown): FlatKind {
  const known = whenSet(schema);
  if (known instanceof z.ZodBoolean) return "boolean";
  if (!(known instanceof z.ZodNumber)) return "text";
  return known.isInt ? "integer" : "number";
}

/** The schema of a field's values other than null. */
function whenSet(schema: unknown): unknown {
  return schema instanceof z.ZodNullable || schema instanceof z.ZodOptional
    ? whenSet(schema.unwrap())
    : schema;
}

/** The schema of a field's object, ignoring null; null if it is not an object. */
function knownPart(schema: unknown): z.ZodObject | null {
  const known = whenSet(schema);
  return known instanceof z.ZodObject ? known : null;
}

/** Any value: the schema of the field defines the rows. `Reflect.get` would take ten times as long. */
function fieldOf(row: object, field: string): unknown {
  return (row as Readonly<Record<string, unknown>>)[field];
}

/**
 * Several values in one cell are separated by spaces, counts by name are `bad_rate=2 duplicate=1`, records are JSON.
 */
function cellOf(value: unknown): Cell {
  if (typeof value === "number" || typeof value === "string") return value;
  if (Array.isArray(value))
    return typeof value[0] === "object" ? JSON.stringify(value) : value.join(" ");
  if (typeof value === "object" && value !== null)
    return Object.entries(value)
      .map(([name, count]) => `${name}=${count}`)
      .join(" ");
  return value as Cell;
}

/** The line end of RFC 4180. */
const LINE_END = "\r\n";

/**
 * What a spreadsheet may interpret as the start of a formula, according to OWASP ("CSV Injection"), including
 * full-width forms. Only the first character counts: a formula continues over line breaks.
 */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** What RFC 4180 requires to be quoted, and spaces or a byte-order mark that readers would trim. */
const QUOTED = /[",\r\n\uFEFF]|^ | $/;

/** Matches nearly all of our texts: no formula and no quotes needed, decided by one test. */
const PLAIN = /^[\dA-Za-z][\w:./~-]*$/;

/**
 * CSV as in RFC 4180. A text that a spreadsheet would interpret as a formula gets an apostrophe; numbers are plain.
 * `rows` may come in chunks: each chunk ends its last line. Written here because a list of 12,000 rows has 400,000
 * cells: a general writer takes ten times as long, all of it on the event loop.
 */
export function csvLines(rows: readonly (readonly CsvCell[])[]): string {
  let lines = "";
  for (const row of rows) lines += cellsText(row) + LINE_END;
  return lines;
}

/** The cells of one row for `csvLines`. */
export function cellsOf<Row>(columns: readonly Column<Row>[], row: Row): CsvCell[] {
  return columns.map(({ cell, isDecimal = false }) => {
    const value = cell(row);
    return isDecimal && typeof value === "string" && DECIMAL.test(value)
      ? { decimal: value }
      : value;
  });
}

/** The line of a row before and after the cell of column `name`. */
export function csvAround<Row>(
  columns: readonly Column<Row>[],
  row: Row,
  name: string,
): { readonly before: string; readonly after: string } {
  const at = columns.findIndex((column) => column.name === name);
  const cells = cellsOf(columns, row);
  const before = cells.slice(0, at);
  const after = cells.slice(at + 1);
  return {
    before: before.length === 0 ? "" : `${cellsText(before)},`,
    after: (after.length === 0 ? "" : `,${cellsText(after)}`) + LINE_END,
  };
}

function cellsText(cells: readonly CsvCell[]): string {
  return cells.map(quoted).join(",");
}

function quoted(cell: CsvCell): string {
  if (cell === null) return "";
  if (typeof cell === "object") return cell.decimal;
  if (typeof cell !== "string") return String(cell);
  if (PLAIN.test(cell)) return cell;
  const isFormula = FORMULA.test(cell);
  if (!isFormula && !QUOTED.test(cell)) return cell;
  return `"${isFormula ? "'" : ""}${cell.replaceAll('"', '""')}"`;
}
