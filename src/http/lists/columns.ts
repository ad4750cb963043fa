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

/** What RFC 4180 wants quoted, and blanks or a byte-order mark that readers would trim. */
const QUOTED = /[",\r\n\uFEFF]|^ | $/;

/** Nearly every text of ours: it starts no formula and needs no quotes, which one look tells. */
const PLAIN = /^[\dA-Za-z][\w:./~-]*$/;

/**
 * CSV of RFC 4180. A text that a spreadsheet would take for a formula has an apostrophe before it; numbers are plain.
 * `rows` may come in pieces: each piece ends its last line. Written here because a list of 12,000 rows has 400,000
 * cells: a general writer takes ten times as long, all of it on the event loop.
 */
export function csvLines(rows: readonly (readonly Cell[])[]): string {
  let lines = "";
  for (const row of rows) lines += row.map(fieldOf).join(",") + LINE_END;
  return lines;
}

function fieldOf(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell !== "string") return String(cell);
  if (PLAIN.test(cell)) return cell;
  const isFormula = FORMULA.test(cell);
  if (!isFormula && !QUOTED.test(cell)) return cell;
  return `"${isFormula ? "'" : ""}${cell.replaceAll('"', '""')}"`;
}
