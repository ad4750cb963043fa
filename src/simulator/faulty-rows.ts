import type { Fault } from "./faults.ts";
import type { ExchangeEncoder, WireList, WireRow } from "./wire.ts";

/** Rows are garbled by their index in the list: every third one, in four ways. */
const GARBLE_EVERY = 3;
const GARBLES: readonly ((encoder: ExchangeEncoder, row: WireRow) => WireRow)[] = [
  (encoder, row) => withField(row, encoder.fields.rate, "abc"),
  (encoder, row) => withField(row, encoder.fields.rate, 1e300),
  (encoder, row) => withField(row, encoder.fields.rate, "NaN"),
  (encoder, row) =>
    encoder.fields.prices.reduce((made, field) => withField(made, field, "-1"), row),
];

/** More rows than any exchange has, by ten times. */
const MANY_ROWS = 15_000;

/** A rate in percent instead of a fraction, or vice versa. */
const RATE_SCALE = 100;

/** The rows of a list as sent under a fault; most faults leave them unchanged. */
export function faultyRows(
  encoder: ExchangeEncoder,
  fault: Fault,
  { kind, firstIndex = 0 }: WireList,
  rows: readonly WireRow[],
): readonly WireRow[] {
  switch (fault.name) {
    case "empty_list":
      return [];
    case "half_list":
      // A fault with specific requests affects those, whatever they contain.
      return kind === "rates" || fault.paths !== undefined
        ? rows.filter((_row, index) => (firstIndex + index) % 2 === 0)
        : rows;
    case "garbage_numbers":
      return kind === "rates"
        ? rows.map((row, index) => garbled(encoder, row, firstIndex + index))
        : rows;
    case "missing_field":
      return kind === "rates"
        ? rows.map((row) => withField(row, fault.field ?? encoder.fields.rate, undefined))
        : rows;
    case "many_rows":
      return kind === "rates" ? multiplied(encoder, rows) : rows;
    case "scaled_rates":
      return kind === "rates" ? rows.map((row) => scaled(row, encoder.fields.rate)) : rows;
    case "slow":
    case "hang":
    case "http403":
    case "http429":
    case "http418":
    case "http451":
    case "http500":
    case "html":
    case "truncated_json":
    case "huge_body":
    case "deep_json":
    case "gzip_bomb":
    case "error_envelope":
    case "frozen_timestamps":
      return rows;
  }
}

function garbled(encoder: ExchangeEncoder, row: WireRow, index: number): WireRow {
  if (index % GARBLE_EVERY !== 0) return row;
  // The last way garbles a price: without one it would leave the row intact.
  const ways = encoder.fields.prices.length === 0 ? GARBLES.slice(0, -1) : GARBLES;
  const garble = ways[(index / GARBLE_EVERY) % ways.length];
  return garble === undefined ? row : garble(encoder, row);
}

/** Rows and copies of them under new names, more than any exchange can have. */
function multiplied(encoder: ExchangeEncoder, rows: readonly WireRow[]): readonly WireRow[] {
  if (rows.length === 0) return rows;
  const copies = Math.ceil(MANY_ROWS / rows.length);
  return Array.from({ length: copies }, (_copy, nth) =>
    nth === 0 ? rows : rows.map((row) => renamed(row, encoder.fields.symbolOf(row), nth)),
  ).flat();
}

/** A copy of a row under another name, on the row itself or one level below it. */
function renamed(row: WireRow, symbol: string, nth: number): WireRow {
  const name = `${symbol}X${nth}`;
  const named = (part: object): WireRow => {
    const copy: WireRow = { ...part };
    for (const key in copy) if (copy[key] === symbol) copy[key] = name;
    return copy;
  };
  const copy = named(row);
  if (Object.values(row).includes(symbol)) return copy;
  for (const key in row) {
    const part = row[key];
    const isPart = typeof part === "object" && part !== null && !Array.isArray(part);
    if (isPart) copy[key] = named(part);
  }
  return copy;
}

/** A copy of a row with its rate in another unit; the rate remains a string or a number. */
function scaled(row: WireRow, field: string): WireRow {
  const rate = valueOf(row, field);
  if (typeof rate !== "string" && typeof rate !== "number") return row;
  const other = Number(rate) * RATE_SCALE;
  return withField(row, field, typeof rate === "string" ? String(other) : other);
}

function valueOf(row: WireRow, field: string): unknown {
  if (field in row) return row[field];
  const part = Object.values(row).find(
    (value) => typeof value === "object" && value !== null && field in value,
  );
  return typeof part === "object" && part !== null ? Reflect.get(part, field) : undefined;
}

/** A copy of a row with one field replaced (undefined: removed), on the row itself or one level below it. */
function withField(row: WireRow, field: string, value: unknown): WireRow {
  if (field in row) return { ...row, [field]: value };
  for (const [key, part] of Object.entries(row)) {
    if (typeof part === "object" && part !== null && field in part) {
      return { ...row, [key]: { ...part, [field]: value } };
    }
  }
  return row;
}
