import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import { flagBit } from "../../src/domain/flags.ts";
import type { FundingList } from "../../src/http/lists/funding-schema.ts";
import type { Heatmap } from "../../src/http/api/heatmap/schema.ts";
import { testApp, type TestApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";

const PATH = "/api/funding/heatmap";

const ROWS = [
  rowOf("okx", "BTC", { fundingRate: 0.0005, fundingIntervalHours: 4, volume24hUsd: 9e9 }),
  rowOf("gate", "BTC", { fundingRate: -0.0005, fundingIntervalHours: 4, volume24hUsd: 8e9 }),
  rowOf("okx", "ETH", { fundingRate: 0.0005, volume24hUsd: 5e9 }),
  rowOf("bybit", "ETH", {}, flagBit("stale")),
  rowOf("kraken", "TSLA", { fundingRate: 0.001, fundingIntervalHours: 1, assetClass: "stock" }),
];

const appWith = (rows = ROWS) => testApp(new TestBoard(snapshotOf("3-14", rows)));

async function heatmap(query = "", app: TestApp = appWith()): Promise<Heatmap> {
  const response = await app.get(PATH + query);
  if (response.status !== 200) throw new Error(`${query}: ${await response.text()}`);
  return (await response.json()) as Heatmap;
}

describe("/api/funding/heatmap", () => {
  test("names its columns and values, and has one cell per column in each row", async () => {
    expect(await heatmap()).toMatchObject({
      snapshot: "3-14",
      count: 3,
      total: 3,
      exchanges: ["bybit", "gate", "kraken", "okx"],
      value: "annualized_pct",
      rows: [
        { base: "BTC", asset_id: "BTC", values: [null, -109.5, null, 109.5], marks: [] },
        {
          base: "ETH",
          values: [null, null, null, 54.75],
          marks: [{ exchange: "bybit", flag: "stale" }],
        },
        { base: "TSLA", values: [null, null, 876, null], marks: [] },
      ],
      next_cursor: null,
    });
  });

  test.each([
    ["exchange=okx,gate&min_exchanges=2", ["okx", "gate"], ["BTC"]],
    ["base=xbt", ["gate", "okx"], ["BTC"]],
    ["asset_class=stock", ["kraken"], ["TSLA"]],
    ["min_volume=8500000000", ["okx"], ["BTC"]],
    ["quote=usdc", [], []],
    ["sort=base&exchange=okx", ["okx"], ["BTC", "ETH"]],
    ["sort=spread&exchange=okx,gate", ["okx", "gate"], ["BTC", "ETH"]],
    ["exchange=bybit&min_exchanges=0", ["bybit"], ["ETH"]],
  ])("%s", async (query, exchanges, bases) => {
    const answer = await heatmap(`?${query}`);
    expect(answer.exchanges.map(String)).toEqual(exchanges);
    expect(answer.rows.map(({ base }) => base)).toEqual(bases);
  });

  test.each([
    ["volume", ["MUCH", "WIDE", "ALONE"]],
    ["spread", ["WIDE", "MUCH", "ALONE"]],
    ["base", ["ALONE", "MUCH", "WIDE"]],
  ])("sort=%s", async (sort, bases) => {
    const rows = [
      ...(["okx", "gate"] as const).map((exchange) => rowOf(exchange, "MUCH")),
      rowOf("okx", "WIDE", { fundingRate: -0.001, volume24hUsd: 8e6 }),
      rowOf("gate", "WIDE", { volume24hUsd: 8e6 }),
      rowOf("okx", "ALONE"),
    ];
    const answer = await heatmap(`?sort=${sort}`, appWith(rows));
    expect(answer.rows.map(({ base }) => base)).toEqual(bases);
  });

  test("in CSV has a column per exchange with the unit in its name, empty cells for unknown values", async () => {
    const lines = async (query: string) =>
      (await (await appWith().get(`${PATH}?format=csv&${query}`)).text()).split("\r\n");
    expect(await lines("exchange=okx,gate")).toEqual([
      "base,asset_id,okx_annualized_pct,gate_annualized_pct,marks",
      "BTC,BTC,109.5,-109.5,",
      "ETH,ETH,54.75,,",
      "",
    ]);
    expect((await lines("base=ETH&value=funding_rate_pct"))[0]).toBe(
      "base,asset_id,bybit_funding_rate_pct,okx_funding_rate_pct,marks",
    );
    expect(await lines("base=NOPE")).toEqual(["base,asset_id,marks", ""]);
  });

  test("in NDJSON names the known cells in each line, however NDJSON is requested", async () => {
    const byParameter = await appWith().get(`${PATH}?format=ndjson&base=ETH`);
    const byHeader = await appWith().get(`${PATH}?base=ETH`, { accept: "application/x-ndjson" });
    const text = await byParameter.text();
    expect(JSON.parse(text)).toEqual({
      base: "ETH",
      asset_id: "ETH",
      values: { okx: 54.75 },
      marks: [{ exchange: "bybit", flag: "stale" }],
    });
    expect(await byHeader.text()).toBe(text);
  });

  test("keeps the columns of the whole list on every page", async () => {
    const app = appWith();
    const first = await heatmap("?limit=1", app);
    const rest = await heatmap(`?limit=5&cursor=${first.next_cursor}`, app);
    expect(rest.exchanges).toEqual(first.exchanges);
    expect(rest.rows.map(({ base }) => base)).toEqual(["ETH", "TSLA"]);
  });

  test.each([
    ["value=apr", "value"],
    ["sort=exchange", "sort"],
    ["min_exchanges=42", "min_exchanges"],
    ["min_exchanges=", "min_exchanges"],
    ["order=asc", "order"],
  ])("an invalid %s is a 400 that names it", async (query, parameter) => {
    const response = await appWith().get(`${PATH}?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ parameter }] });
  });

  test("is a 503 before the first snapshot", async () => {
    expect((await testApp(new TestBoard()).get(PATH)).status).toBe(503);
  });
});

const market = fc
  .uniqueArray(
    fc.record({
      exchange: fc.constantFrom(...EXCHANGE_IDS.slice(0, 8)),
      base: fc.constantFrom("BTC", "ETH", "SOL", "PEPE", "TSLA"),
      rate: fc.double({ min: -0.01, max: 0.01, noNaN: true }),
      interval: fc.constantFrom(1, 4, 8),
      isStale: fc.boolean(),
    }),
    { maxLength: 25, selector: ({ exchange, base }) => `${exchange} ${base}` },
  )
  .map((listings) =>
    listings.map(({ exchange, base, rate, interval, isStale }) =>
      rowOf(
        exchange,
        base,
        // JSON has no negative zero.
        { fundingRate: rate === 0 ? 0 : rate, fundingIntervalHours: interval },
        isStale ? flagBit("stale") : 0,
      ),
    ),
  );

describe("generated markets", () => {
  test("every cell is the number that /current shows for that listing in the same snapshot", async () => {
    await fc.assert(
      fc.asyncProperty(market, async (rows) => {
        const app = appWith(rows);
        const { exchanges, rows: lines, snapshot } = await heatmap("", app);
        const current = (await (await app.get("/api/funding/current")).json()) as FundingList;
        expect(snapshot).toBe(current.snapshot);
        const cells = lines.flatMap(({ base, values }) =>
          values.map((value, column) => [`${exchanges[column]} ${base}`, value] as const),
        );
        const shown = cells.filter(([, value]) => value !== null);
        const listed = current.rows
          .filter(({ flags }) => flags.length === 0)
          .map((row) => [`${row.exchange} ${row.base}`, row.annualized_pct] as const);
        expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(listed));
      }),
      { numRuns: 40 },
    );
  });

  test("pages of a cursor chain join to the unpaged list, though the board moves on", async () => {
    const query = fc.record({
      limit: fc.integer({ min: 1, max: 3 }),
      sort: fc.constantFrom("volume", "base", "spread"),
      minimum: fc.integer({ min: 0, max: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(market, market, query, async (rows, later, { limit, sort, minimum }) => {
        const app = testApp(new TestBoard(snapshotOf("1-1", rows)));
        const text = `?sort=${sort}&min_exchanges=${minimum}`;
        const whole = await heatmap(text, app);
        const joined: Heatmap["rows"] = [];
        let cursor = "";
        let seq = 1;
        do {
          const page: Heatmap = await heatmap(`${text}&limit=${limit}${cursor}`, app);
          expect(page).toMatchObject({ snapshot: "1-1", exchanges: whole.exchanges });
          joined.push(...page.rows);
          cursor = page.next_cursor === null ? "" : `&cursor=${page.next_cursor}`;
          seq += 1;
          app.board.publish(snapshotOf(`1-${seq}`, later));
        } while (cursor !== "");
        expect(joined).toEqual(whole.rows);
      }),
      { numRuns: 40 },
    );
  });
});
