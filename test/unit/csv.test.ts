import { expect, test } from "bun:test";
import fc from "fast-check";
import Papa from "papaparse";
import { csvLines } from "../../src/http/lists/columns.ts";

const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** Texts with all that CSV and spreadsheets read otherwise than as a text. */
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "grapheme" }),
  fc
    .array(fc.constantFrom("=", "+", "-", "@", ",", '"', "\r", "\n", "\t", " ", "\uFEFF", "a", "é"))
    .map((parts) => parts.join("")),
);
const cell = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  text,
);
const rows = fc
  .integer({ min: 1, max: 6 })
  .chain((columns) =>
    fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1 }),
  );

test("CSV is what a general writer makes of the same cells", () => {
  fc.assert(
    fc.property(rows, (cells) => {
      const expected = Papa.unparse(cells, { newline: "\r\n", escapeFormulae: FORMULA });
      expect(csvLines(cells)).toBe(`${expected}\r\n`);
    }),
    { numRuns: 2_000 },
  );
});

test("each cell is read back as it was, but for the apostrophe before a formula", () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 2, maxLength: 6 }), (cells) => {
      const { data } = Papa.parse<string[]>(csvLines([cells]).slice(0, -2), {
        newline: "\r\n",
        delimiter: ",",
      });
      expect(data[0]).toEqual(cells.map((one) => (FORMULA.test(one) ? `'${one}` : one)));
    }),
    { numRuns: 2_000 },
  );
});

test("no rows are no text, so that pieces can be put together", () => {
  expect(csvLines([])).toBe("");
  expect(csvLines([["a"], [null]])).toBe(csvLines([["a"]]) + csvLines([[null]]));
});
