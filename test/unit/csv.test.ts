import { expect, test } from "bun:test";
import fc from "fast-check";
import Papa from "papaparse";
import { z } from "zod";
import { cellsOf, columnsOf, csvLines, decimalText } from "../../src/http/lists/columns.ts";

const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** Texts with everything that CSV and spreadsheets interpret. */
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

test("the CSV equals that of a general-purpose writer for the same cells", () => {
  fc.assert(
    fc.property(rows, (cells) => {
      const expected = Papa.unparse(cells, { newline: "\r\n", escapeFormulae: FORMULA });
      expect(csvLines(cells)).toBe(`${expected}\r\n`);
    }),
    { numRuns: 2_000 },
  );
});

test("each cell reads back unchanged, except for the apostrophe before a formula", () => {
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

test("no rows give an empty text, so that chunks can be concatenated", () => {
  expect(csvLines([])).toBe("");
  expect(csvLines([["a"], [null]])).toBe(csvLines([["a"]]) + csvLines([[null]]));
});

test("a decimal text is a number: only other texts with a sign get an apostrophe", () => {
  const columns = columnsOf(z.object({ amount: decimalText.nullable(), name: z.string() }));
  const lineOf = (amount: string | null, name: string): string =>
    csvLines([cellsOf(columns, { amount, name })]);
  expect(lineOf("-0.000250", "-5")).toBe('-0.000250,"\'-5"\r\n');
  expect(lineOf("-1.5e-7", "a")).toBe("-1.5e-7,a\r\n");
  expect(lineOf(null, "a")).toBe(",a\r\n");
  expect(lineOf("-1+cmd", "a")).toBe('"\'-1+cmd",a\r\n');
});
