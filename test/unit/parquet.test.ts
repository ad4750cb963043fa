import { expect, test } from "bun:test";
import fc from "fast-check";
import { type FlatColumn, NO_TEXT, parquetBytes } from "../../src/lib/parquet.ts";
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

function numbers(
  name: string,
  kind: "integer" | "number" | "boolean",
  values: readonly (number | boolean | null)[],
): FlatColumn {
  return {
    name,
    kind,
    values: Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value))),
  };
}

test("what is written is read back by another program: numbers, texts and nulls", async () => {
  await fc.assert(
    fc.asyncProperty(rowsOfAll, async (rows) => {
      const file = parquetBytes([
        numbers(
          "integer",
          "integer",
          rows.map(({ integer }) => integer),
        ),
        numbers(
          "time",
          "integer",
          rows.map(({ time }) => time),
        ),
        numbers(
          "number",
          "number",
          rows.map(({ number }) => number),
        ),
        numbers(
          "boolean",
          "boolean",
          rows.map(({ boolean }) => boolean),
        ),
        {
          name: "text",
          kind: "text",
          texts: TEXTS,
          indexes: Uint32Array.from(rows, ({ text }) =>
            text === null ? NO_TEXT : TEXTS.indexOf(text),
          ),
        },
      ]);
      expect(await parquetRows(file)).toEqual(rows);
    }),
    { numRuns: 100 },
  );
});

test("times take a few bits each, and everything is compressed with zstd", () => {
  const hours = Array.from({ length: 10_000 }, (_, n) => 1_793_620_800 + n * 3600);
  const file = parquetBytes([numbers("slot_at", "integer", hours)]);
  expect(parquetColumns(file)["slot_at"]).toEqual(
    expect.arrayContaining(["INT64", "ZSTD", "DELTA_BINARY_PACKED"]),
  );
  expect(file.byteLength).toBeLessThan(1_500);
});
