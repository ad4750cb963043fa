import Papa from "papaparse";

/** What a cell can hold; null is an empty one. */
type Cell = string | number | boolean | null;

/** One column of a list written as CSV. Its name ends in its unit, where it has one. */
export interface Column<Row> {
  readonly name: string;
  readonly cell: (row: Row) => Cell;
}

/** A field that is itself a record has columns of its own (`nested`). */
type FlatField = Cell | readonly (string | number)[];

type FlatNames<Row> = {
  readonly [Field in keyof Row as Row[Field] extends FlatField ? Field : never]: string;
};

/** The flat fields of a row as columns, in the order of `names`: every one of them has to be named. */
export function flatColumns<Row extends object>(names: FlatNames<Row>): readonly Column<Row>[] {
  return Object.entries<string>(names).map(([field, name]) => ({
    name,
    cell: (row) => cellOf(row[field as keyof Row] as FlatField),
  }));
}

/** The columns of a record within the row, their names after `prefix`; empty cells where it is null. */
export function nested<Row, Part>(
  prefix: string,
  columns: readonly Column<Part>[],
  partOf: (row: Row) => Part | null,
): readonly Column<Row>[] {
  return columns.map(({ name, cell }) => ({
    name: `${prefix}_${name}`,
    cell: (row) => {
      const part = partOf(row);
      return part === null ? null : cell(part);
    },
  }));
}

/** Several values in one cell are separated by a blank: none of ours has one in it. */
function cellOf(value: FlatField): Cell {
  return typeof value === "object" && value !== null ? value.join(" ") : value;
}

/** Counts by name in one cell: `bad_rate=2 duplicate=1`. */
export function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name}=${count}`)
    .join(" ");
}

/** RFC 4180 ends lines so. */
const LINE_END = "\r\n";

/**
 * What a spreadsheet may take for the start of a formula, as OWASP lists it ("CSV Injection"), full-width forms too.
 * Only the first character counts: a formula goes on over line breaks.
 */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/**
 * CSV of RFC 4180. A text that a spreadsheet would take for a formula has an apostrophe before it; numbers are plain.
 * `rows` may come in pieces: each piece ends its last line.
 */
export function csvLines(rows: readonly (readonly Cell[])[]): string {
  if (rows.length === 0) return "";
  const lines = Papa.unparse(rows as Cell[][], { newline: LINE_END, escapeFormulae: FORMULA });
  return lines + LINE_END;
}
