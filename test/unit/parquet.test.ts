import { atOnce } from "../../src/lib/stepwise.ts";
import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  type FlatCell,
  type FlatColumn,
  FlatColumnBuilder,
  type FlatKind,
  flatRows,
  flatTable,
} from "../../src/lib/flat-table.ts";
import { parquetBytes } from "../../src/lib/parquet.ts";
import { parquetColumns, parquetRows } from "../support/parquet.ts";

const TEXTS = ["", "BTC", "币安人生", "-0.00010000", 'a,"b"\r\n'];

const rowsOfAll = fc.array(
  fc.record({
    integer: fc.option(fc.integer({ min: -(2 ** 52), max: 2 ** 52 })),
    time: fc.integer({ min: 1_600_000_000, max: 1_900_000_000 }),
    number: fc.option(fc.double({ noNaN: true })),
    boolean: fc.option(fc.boolean()),
    text: fc.option(fc.constantFrom(...TEXTS)),
  }),
  { maxLength: 300 },
);

function columnOf(name: string, kind: FlatKind, cells: readonly FlatCell[]): FlatColumn {
  const builder = new FlatColumnBuilder(name, kind, cells.length);
  for (const [row, cell] of cells.entries()) builder.set(row, cell);
  return builder.column;
}

const KINDS = {
  integer: "integer",
  time: "integer",
  number: "number",
  boolean: "boolean",
  text: "text",
} as const;

test("what is written is read back by another program: numbers, texts and nulls", async () => {
  await fc.assert(
    fc.asyncProperty(rowsOfAll, async (rows) => {
      const { columns } = atOnce(flatTable(KINDS, rows));
      expect(await parquetRows(parquetBytes(Object.values(columns)))).toEqual(rows);
    }),
    { numRuns: 100 },
  );
});

test("a table gives back its rows", () => {
  fc.assert(
    fc.property(rowsOfAll, (rows) => {
      const table = structuredClone(atOnce(flatTable(KINDS, rows)));
      expect(rows.map((_, index) => flatRows(table)(index))).toEqual(rows);
      expect(table.length).toBe(rows.length);
    }),
  );
});

test("times take a few bits each, and everything is compressed with zstd", () => {
  const hours = Array.from({ length: 10_000 }, (_, n) => 1_793_620_800 + n * 3600);
  const file = parquetBytes([columnOf("slot_at", "integer", hours)]);
  expect(parquetColumns(file)["slot_at"]).toEqual(
    expect.arrayContaining(["INT64", "ZSTD", "DELTA_BINARY_PACKED"]),
  );
  expect(file.byteLength).toBeLessThan(1_500);
});
