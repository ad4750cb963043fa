/** Rows as columns of flat memory, which cross a thread boundary without being copied row by row. */
import type { Stepwise } from "./stepwise.ts";

/** What the cells of a column are; each may be null. */
export type FlatKind = "integer" | "number" | "boolean" | "text";

/** All columns of a table have the same length. */
export type FlatColumn =
  /** Booleans are 0 and 1; NaN is null. */
  | {
      readonly kind: Exclude<FlatKind, "text">;
      readonly name: string;
      readonly values: Float64Array<ArrayBuffer>;
    }
  /** Each text is `texts[index]`; NO_TEXT is null. */
  | {
      readonly kind: "text";
      readonly name: string;
      readonly texts: readonly string[];
      readonly indexes: Uint32Array<ArrayBuffer>;
    };

/** The index of a null text. */
const NO_TEXT = 0xffff_ffff;

export type FlatCell = string | number | boolean | null;

/** Collects the cells of one column; `length` is the number of rows, each set once. */
export class FlatColumnBuilder {
  readonly #name: string;
  readonly #kind: FlatKind;
  readonly #values: Float64Array<ArrayBuffer>;
  readonly #indexes: Uint32Array<ArrayBuffer>;
  readonly #places = new Map<string, number>();

  constructor(name: string, kind: FlatKind, length: number) {
    this.#name = name;
    this.#kind = kind;
    this.#values = new Float64Array(kind === "text" ? 0 : length);
    this.#indexes = new Uint32Array(kind === "text" ? length : 0);
  }

  set(row: number, cell: FlatCell): void {
    if (this.#kind === "text") this.#indexes[row] = cell === null ? NO_TEXT : this.#placeOf(cell);
    else this.#values[row] = cell === null ? Number.NaN : Number(cell);
  }

  get column(): FlatColumn {
    const name = this.#name;
    const kind = this.#kind;
    return kind === "text"
      ? { name, kind, texts: [...this.#places.keys()], indexes: this.#indexes }
      : { name, kind, values: this.#values };
  }

  #placeOf(cell: string | number | boolean): number {
    const text = String(cell);
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    this.#places.set(text, this.#places.size);
    return this.#places.size - 1;
  }
}

/** The cell of a column. */
export function flatCell(column: FlatColumn, row: number): FlatCell {
  if (column.kind === "text") return column.texts[column.indexes[row] ?? NO_TEXT] ?? null;
  const value = column.values[row] ?? Number.NaN;
  if (Number.isNaN(value)) return null;
  return column.kind === "boolean" ? value !== 0 : value;
}

/** A row: its cells by name. */
type FlatRecord<Row> = { readonly [Name in keyof Row]: FlatCell };

/** What the cells of each column are. */
export type FlatSpec<Row> = { readonly [Name in keyof Row]: FlatKind };

/** A table of rows, which is plain data. */
export interface FlatTable<Row> {
  readonly length: number;
  readonly columns: { readonly [Name in keyof Row]: FlatColumn };
}

/** The rows as a table; one column in a step. */
export function* flatTable<Row extends FlatRecord<Row>>(
  spec: FlatSpec<Row>,
  rows: readonly Row[],
): Stepwise<FlatTable<Row>> {
  const columns: [string, FlatColumn][] = [];
  for (const name of Object.keys(spec) as (keyof Row & string)[]) {
    const builder = new FlatColumnBuilder(name, spec[name], rows.length);
    // Written out: with entries a column takes twice as long.
    for (let index = 0; index < rows.length; index += 1)
      builder.set(index, rows[index]?.[name] ?? null);
    columns.push([name, builder.column]);
    yield;
  }
  // One for each name of the specification, which has those of a row.
  return { length: rows.length, columns: Object.fromEntries(columns) as FlatTable<Row>["columns"] };
}

/** Makes the rows of a table, by index: what was given to `flatTable`, because cells go there and back unchanged. */
export function flatRows<Row>({ columns }: FlatTable<Row>): (index: number) => Row {
  const all = Object.values<FlatColumn>(columns);
  return (index) => {
    // Written out: with entries a row takes four times as long.
    const row: Record<string, FlatCell> = {};
    for (const column of all) row[column.name] = flatCell(column, index);
    return row as Row;
  };
}

/** Bytes that a table takes, about. */
export function flatBytes<Row>({ columns }: FlatTable<Row>): number {
  let bytes = 0;
  for (const column of Object.values<FlatColumn>(columns)) {
    if (column.kind !== "text") bytes += column.values.byteLength;
    else bytes += column.indexes.byteLength + column.texts.length * BYTES_PER_TEXT;
  }
  return bytes;
}

/** A uid with its place in a list. */
const BYTES_PER_TEXT = 64;
