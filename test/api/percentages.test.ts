import { expect, test } from "bun:test";
import fc from "fast-check";
import type { FundingList } from "../../src/http/lists/funding-schema.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { EventReader } from "../support/event-stream.ts";
import { appOf, bodyOf, cellsOf, LISTS, market, marketOf } from "../support/lists.ts";

/** Every number with the name of a percentage, at any depth. */
function percentagesOf(value: unknown, name = ""): readonly number[] {
  if (typeof value === "number") return name.endsWith("_pct") ? [value] : [];
  if (Array.isArray(value))
    return value.flatMap((one) => percentagesOf(one, name === "values" ? "values_pct" : name));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([inner, of]) => percentagesOf(of, inner));
}

const isRounded = (value: number) => value === Number(value.toPrecision(15));

test.each(LISTS)("$path has no percentage with more than 15 digits", async ({ path, query }) => {
  await fc.assert(
    fc.asyncProperty(market, async (rows) => {
      const { rows: sent } = await bodyOf(appOf(new TestBoard(marketOf(rows))), path + query);
      expect(percentagesOf(sent).filter((value) => !isRounded(value))).toEqual([]);
    }),
    { numRuns: 10 },
  );
});

const ROW = rowOf("okx", "BTC", {
  fundingRate: 0.0000125,
  fundingIntervalHours: 1,
  markPrice: 100.5,
  indexPrice: 100,
});
const FIGURES = {
  funding_rate_pct: 0.00125,
  annualized_pct: 10.95,
  rate_8h_pct: 0.01,
  premium_pct: 0.5,
};

test.each(["/api/funding/current", "/api/funding/symbol/BTC", "/api/funding/extremes"])(
  "%s has the rate per eight hours and the premium, the same in each format",
  async (path) => {
    const app = appOf(new TestBoard(snapshotOf("1-1", [ROW])));
    const { rows } = (await (await app.get(path)).json()) as FundingList;
    expect(rows).toMatchObject([FIGURES]);
    const line = await (await app.get(`${path}?format=ndjson`)).text();
    expect(JSON.parse(line)).toMatchObject(FIGURES);
    const [header = [], cells = []] = cellsOf(await (await app.get(`${path}?format=csv`)).text());
    for (const [name, value] of Object.entries(FIGURES))
      expect([name, cells[header.indexOf(name)]]).toEqual([name, String(value)]);
  },
);

test("without an interval there is no rate per eight hours, without an index no premium", async () => {
  const row = rowOf("okx", "BTC", { fundingIntervalHours: null, indexPrice: null });
  const app = appOf(new TestBoard(snapshotOf("1-1", [row])));
  const { rows } = await bodyOf(app, "/api/funding/current");
  expect(rows).toMatchObject([{ rate_8h_pct: null, premium_pct: null }]);
});

test("the stream includes them, too", async () => {
  const app = appOf(new TestBoard(snapshotOf("1-1", [ROW])));
  const { body } = await app.fetch(new Request("http://finder.test/api/funding/stream"));
  const stream = new EventReader(body);
  expect((await stream.next()).data.rows).toMatchObject([FIGURES]);
  await stream.close();
});
