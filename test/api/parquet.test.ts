import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { PARQUET_TYPE } from "../../src/http/protocol/list-format.ts";
import { rowOf, TestBoard } from "../support/board.ts";
import {
  appOf,
  bodyOf,
  cellsOf,
  LISTS,
  market,
  marketOf,
  nextOf,
  OTHER_LEG,
} from "../support/lists.ts";
import { parquetColumns, parquetRows } from "../support/parquet.ts";
import { plainDocument } from "../support/plain-document.ts";

interface Document {
  readonly paths: Readonly<
    Record<string, { get?: { responses: Record<string, { content?: Record<string, unknown> }> } }>
  >;
}

const { paths }: Document = JSON.parse(await plainDocument());

/** Every list of the document that can be a Parquet file. */
const FILES = Object.entries(paths).flatMap(([path, { get }]) =>
  get?.responses["200"]?.content?.[PARQUET_TYPE] === undefined
    ? []
    : [path.replace("{base}", "BTC")],
);

const rowsIn = async (response: Response) => {
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe(PARQUET_TYPE);
  return parquetRows(new Uint8Array(await response.arrayBuffer()));
};

/** A CSV cell without its guard against formulas, which a typed text does not need. */
const unguarded = (cell: string): string => cell.replace(/^'(?=[=+\-@\t\r\n＝＋－＠])/, "");

/** A CSV cell as a Parquet value may be: empty is null. */
const cellOf = (value: unknown): string => (value === null ? "" : String(value));

test("the document has lists that can be files", () => {
  expect(FILES).toContain("/api/funding/history/BTC");
});

describe.each(FILES)("%s", (file) => {
  const list = LISTS.find(({ path }) => path === file);
  const path = `${file}${list?.query ?? "?"}`;

  test("has the same columns and values as CSV and the same pages, also with fields and time", async () => {
    const choices = fc.constantFrom("", "&time=iso", "&fields=");
    await fc.assert(
      fc.asyncProperty(
        market,
        fc.integer({ min: 1, max: 9 }),
        choices,
        async (rows, limit, chosen) => {
          const app = appOf(new TestBoard(marketOf(rows)));
          const [names = []] = cellsOf(await (await app.get(`${path}&format=csv`)).text());
          const more = chosen.endsWith("=") ? `${chosen}${names.slice(0, 2).join(",")}` : chosen;
          const [header = [], ...lines] = cellsOf(
            await (await app.get(`${path}&format=csv${more}`)).text(),
          );
          const joined: Record<string, unknown>[] = [];
          // At most ten pages: some lists have thousands of rows.
          const size = Math.max(limit, Math.ceil(lines.length / 10));
          let next: string | null =
            `${path}&format=parquet${list?.hasCursor === true ? `&limit=${size}` : ""}${more}`;
          while (next !== null) {
            const page: Response = await app.get(next);
            joined.push(...(await rowsIn(page)));
            next = nextOf(page);
          }
          expect(joined.map((row) => Object.keys(row))).toEqual(joined.map(() => header));
          expect(joined.map((row) => Object.values(row).map(cellOf))).toEqual(
            lines.map((line) => line.map(unguarded)),
          );
        },
      ),
      { numRuns: 20 },
    );
  });

  test("is chosen by the Accept header, has a name, and is not compressed again", async () => {
    const app = appOf(
      new TestBoard(marketOf([rowOf("xt", "BTC"), OTHER_LEG, rowOf("okx", "BTC")])),
    );
    const headers = { accept: `${PARQUET_TYPE}, text/csv;q=0.5`, "accept-encoding": "gzip, zstd" };
    const response = await app.get(path, headers);
    expect(response.headers.get("content-encoding")).toBeNull();
    expect(response.headers.get("content-disposition")).toMatch(/\.parquet"$/);
    expect(response.headers.get("vary")).toContain("Accept");
    const { total } = await bodyOf(app, path);
    expect(response.headers.get("x-total-count")).toBe(String(total));
    expect(await rowsIn(response)).toHaveLength(total);
    const again = await app.get(path, headers);
    expect(again.headers.get("etag")).toBe(response.headers.get("etag"));
    const csv = await app.get("/api/funding/current", headers);
    expect(csv.headers.get("content-type")).toContain("text/csv");
  });
});

test("times are whole numbers as differences, figures are doubles", async () => {
  const app = appOf(new TestBoard(marketOf([rowOf("xt", "BTC")])));
  const response = await app.get("/api/funding/history/BTC?format=parquet");
  expect(parquetColumns(new Uint8Array(await response.arrayBuffer()))).toMatchObject({
    slot_at: expect.arrayContaining(["INT64", "DELTA_BINARY_PACKED"]),
    funding_rate: expect.arrayContaining(["DOUBLE"]),
    amount_text: expect.arrayContaining(["BYTE_ARRAY"]),
  });
});

test("a list without any row is a file with columns", async () => {
  const app = appOf(new TestBoard(marketOf([rowOf("xt", "BTC")])));
  const response = await app.get("/api/funding/history/BTC?format=parquet&exchange=gate");
  expect(await rowsIn(response)).toEqual([]);
});

test("other lists have no such format", async () => {
  const app = appOf(new TestBoard(marketOf([rowOf("xt", "BTC")])));
  const response = await app.get("/api/funding/current?format=parquet");
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { errors: [{ parameter: "format", rule: '"parquet" must be one of json, csv, ndjson' }] },
  ]);
});
