import { servedDocument } from "../../scripts/write-openapi.ts";
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { flagBit } from "../../src/domain/flags.ts";
import {
  appOf,
  bodyOf,
  cellsOf,
  type ListBody,
  LISTS,
  market,
  marketOf,
  nextOf,
} from "../support/lists.ts";
import { rowOf, TestBoard } from "../support/board.ts";
import { NOON_MS } from "../support/quote.ts";

/** A line of NDJSON has no envelope to name the columns; the document says so. */
const NDJSON_DIFFERS: ReadonlySet<string> = new Set(["/api/funding/heatmap"]);

/** Every number within a value. */
function numbersOf(value: unknown): readonly number[] {
  if (typeof value === "number") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersOf) : [];
}

/** What a spreadsheet interprets as a number. */
const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/;
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** Units according to the documentation: by the ending of a name. */
const ENDINGS = [
  ...readFileSync(join(import.meta.dir, "../../docs/fields.md"), "utf8").matchAll(/^\| `(\w+)`/gm),
].map(([, ending = ""]) => ending);
const UNIT = new RegExp(`(${ENDINGS.join("|")})$`);

/** Only counts have no unit: anything with a fraction, or a recent time, must have one. */
const isOfSomething = (value: number) =>
  !Number.isInteger(value) || Math.abs(value - NOON_MS / 1000) < 365 * 24 * 3600;

/** The first `=` of a cell such as `bad_rate=2 LIT~2=0.5` is not a formula, and its figures are numbers of the row. */
const countsOf = (cell: string) =>
  [...cell.matchAll(/[\w~]=(\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?= |$)/g)].map(([, n]) => Number(n));

/** The numbers in a cell with records, which are JSON. */
const recordsOf = (cell: string) => (cell.startsWith("[{") ? numbersOf(JSON.parse(cell)) : []);

function expectSameNumbers(
  row: unknown,
  cells: readonly string[],
  header: readonly string[],
): void {
  const numbers = new Set(numbersOf(row));
  const numeric = cells.flatMap((cell, column) =>
    NUMBER.test(cell) ? [{ column, value: Number(cell) }] : [],
  );
  for (const { column, value } of numeric) {
    const name = header[column] ?? "";
    expect([name, value, numbers.has(value)]).toEqual([name, value, true]);
    if (isOfSomething(value)) expect(name).toMatch(UNIT);
  }
  const shown = new Set([
    ...numeric.map(({ value }) => value),
    ...cells.flatMap(countsOf),
    ...cells.flatMap(recordsOf),
  ]);
  expect([...numbers].filter((value) => !shown.has(value))).toEqual([]);
}

function expectSameTexts(row: ListBody["rows"][number], cells: readonly string[]): void {
  for (const cell of cells) expect(NUMBER.test(cell) || !FORMULA.test(cell)).toBe(true);
  const texts = Object.values(row).filter((value) => typeof value === "string");
  const isFormula = (text: string) => FORMULA.test(text) && !NUMBER.test(text);
  for (const text of texts) expect(cells).toContain(isFormula(text) ? `'${text}` : text);
}

test("several values in one CSV cell are separated by spaces", async () => {
  const flags = flagBit("thin") | flagBit("settling");
  const app = appOf(new TestBoard(marketOf([rowOf("okx", "BTC", {}, flags)])));
  const csv = await (await app.get("/api/funding/current?format=csv")).text();
  expect(cellsOf(csv)[1]).toContain("thin settling");
});

test("the documentation defines units", () => {
  expect(ENDINGS).toContain("_pct");
  expect(ENDINGS.length).toBeGreaterThan(10);
});

test("the document has lists, some of them with pages", () => {
  expect(LISTS.length).toBeGreaterThan(8);
  expect(LISTS.filter(({ hasCursor }) => hasCursor).length).toBeGreaterThan(6);
});

describe.each(LISTS)("$path", ({ path, query, hasCursor }) => {
  const target = path + query;
  const of = (format: string) => `${target}&format=${format}`;

  test("has the same numbers and texts in JSON, CSV and NDJSON", async () => {
    let seen = 0;
    await fc.assert(
      fc.asyncProperty(market, async (rows) => {
        const app = appOf(new TestBoard(marketOf(rows)));
        const body = await bodyOf(app, target);
        seen += body.rows.length;
        const ndjson = await (await app.get(of("ndjson"))).text();
        const lines = ndjson.split("\n");
        expect(lines.pop()).toBe("");
        const parsed = lines.map((line): unknown => JSON.parse(line));
        if (NDJSON_DIFFERS.has(path)) {
          expect(parsed.map(numbersOf)).toEqual(body.rows.map(numbersOf));
        } else {
          expect(parsed).toEqual([...body.rows]);
        }
        const [header = [], ...lists] = cellsOf(await (await app.get(of("csv"))).text());
        expect(new Set(header).size).toBe(header.length);
        expect(lists.length).toBe(body.rows.length);
        for (const [place, cells] of lists.entries()) {
          expect(cells.length).toBe(header.length);
          const row = body.rows[place] ?? {};
          expectSameNumbers(row, cells, header);
          expectSameTexts(row, cells);
        }
      }),
      { numRuns: 15 },
    );
    expect(seen).toBeGreaterThan(0);
  });

  test("as a file has its name, its snapshot, the total and a link to the next page", async () => {
    const app = appOf(new TestBoard(marketOf(fc.sample(market, { numRuns: 1, seed: 7 }).flat())));
    const { snapshot, total } = await bodyOf(app, target);
    for (const [format, type] of [
      ["csv", "text/csv"],
      ["ndjson", "application/x-ndjson"],
    ] as const) {
      const explicit = await app.get(of(format));
      const negotiated = await app.get(target, { accept: type });
      expect(await explicit.text()).toBe(await negotiated.text());
      expect(explicit.headers.get("vary")).toBe("Accept-Encoding");
      expect(negotiated.headers.get("vary")).toBe("Accept, Accept-Encoding");
      for (const { headers } of [explicit, negotiated]) {
        expect(headers.get("content-type")).toStartWith(type);
        expect(headers.get("content-disposition")).toMatch(
          new RegExp(`^attachment; filename="[\\w-]+-${snapshot}\\.${format}"$`),
        );
        expect(headers.get("x-snapshot")).toBe(snapshot);
        expect(headers.get("x-total-count")).toBe(String(total));
      }
      if (!hasCursor || total < 2) continue;
      const next = nextOf(await app.get(`${of(format)}&limit=1`));
      const { next_cursor: cursor } = await bodyOf(app, `${target}&limit=1`);
      expect(new URLSearchParams(next?.split("?")[1]).get("cursor")).toBe(cursor);
    }
  });
});

describe("docs/fields.md", () => {
  test("has the unit of every number and of every time or date of the document", async () => {
    const fields: (readonly [string, object])[] = [];
    // The reviver sees each object of the document, those inside others, too.
    JSON.parse(await servedDocument(), (key, value: unknown) => {
      if (key === "properties" && typeof value === "object" && value !== null)
        fields.push(...(Object.entries(value) as [string, object][]));
      return value;
    });
    expect(fields.length).toBeGreaterThan(200);
    const isMeasured = ([name, schema]: readonly [string, object]): boolean =>
      /"type":\[?"number"/.test(
        JSON.stringify(schema, (key, value: unknown) => (key === "properties" ? {} : value)),
      ) || /_(at|time|of)$/.test(name);
    const missing = fields
      // Thresholds have the names and units of the parameters that set them.
      .filter(([name]) => !/^(min|max)_/.test(name))
      .filter((field) => isMeasured(field) && !UNIT.test(field[0]))
      .map(([name]) => name);
    expect([...new Set(missing)].toSorted()).toEqual([]);
  });
});
