import { describe, expect, test } from "bun:test";
import type { ArbList } from "../../src/http/lists/pair-schema.ts";
import type { FundingList } from "../../src/http/lists/funding-schema.ts";
import type { MarketRecord } from "../../src/domain/market.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";

const gold: Partial<MarketRecord> = { assetId: "XAU", assetClass: "metal" };
const ROWS = [
  rowOf("bingx", "GOLD", { ...gold, fundingRate: -0.0005 }),
  rowOf("bybit", "XAU", gold),
  rowOf("gate", "XAU", { ...gold, fundingRate: 0.0006 }),
  // A share with that ticker, and a listing that no price has identified.
  rowOf("kraken", "GOLD", { assetId: "GOLD", identity: "probable", assetClass: "stock" }),
  rowOf("lbank", "GOLD", { assetId: null, identity: "probable", assetClass: null }),
  rowOf("okx", "GRAM"),
  rowOf("weex", "TON", { assetId: null, identity: "probable", fundingRate: 0.0009 }),
  rowOf("mexc", "STX", { assetId: "STX" }),
  rowOf("aster", "STXX", { assetId: "STX~2", assetClass: "stock" }),
  rowOf("bitget", "STX", { assetId: "STX~2", assetClass: "stock" }),
];

const app = testApp(new TestBoard(snapshotOf("1-1", ROWS)));

async function listings(target: string): Promise<string[]> {
  const response = await app.get(target);
  expect(response.status).toBe(200);
  const { rows } = (await response.json()) as FundingList;
  return rows.map(({ exchange, base, asset_id: assetId }) => `${exchange} ${base} ${assetId}`);
}

async function pairsOf(query: string): Promise<string[][]> {
  const response = await app.get(`/api/funding/arb?${query}`);
  const { rows } = (await response.json()) as ArbList;
  return rows.map(({ base, asset_id: id, long, short, reasons }) => [
    base,
    id,
    long.exchange,
    short.exchange,
    ...reasons,
  ]);
}

const OF_GOLD = ["bingx GOLD XAU", "bybit XAU XAU", "gate XAU XAU"];
const ALL_GOLD = [...OF_GOLD, "kraken GOLD GOLD", "lbank GOLD null"];

interface Answer {
  readonly list: string;
  readonly status: number;
  readonly rows: readonly unknown[];
}

const LISTS_BY_BASE = [
  "symbol/",
  "current?base=",
  "arb?base=",
  "by_volume?base=",
  "calendar?base=",
  "divergence?min_volume=0&min_lasted=0&min_exchanges=2&base=",
  "extremes?base=",
  "heatmap?min_volume=0&min_exchanges=1&base=",
  "sentiment?base=",
];

describe("a query by one of an asset's names", () => {
  test.each(["/api/funding/symbol/", "/api/funding/current?base="])(
    "%s finds its listings under every ticker; asset_id distinguishes others with that name",
    async (path) => {
      for (const name of ["gold", "XAU", "XAUUSD"])
        expect(await listings(`${path}${name}`)).toEqual(ALL_GOLD);
      for (const name of ["TON", "GRAM"])
        expect(await listings(`${path}${name}`)).toEqual(["okx GRAM GRAM", "weex TON null"]);
      expect(await listings(`${path}STX`)).toEqual([
        "aster STXX STX~2",
        "bitget STX STX~2",
        "mexc STX STX",
      ]);
    },
  );

  test.each([
    ["SPX500", "SP500", ["US500", "SPX500M"]],
    ["TON", "GRAM", []],
    ["BRENT", "BZ", ["UKOIL"]],
    ["EOS", "A", []],
    ["POL", "POL", ["MATIC"]],
    ["MUSTOCK", "MU", []],
  ])("finds an asset whose listings are all called %s", async (ticker, common, others) => {
    const only = testApp(
      new TestBoard(
        snapshotOf("1-1", [
          rowOf("bybit", ticker, { fundingRate: -0.0005 }),
          rowOf("gate", ticker, { fundingRate: 0.0006 }),
        ]),
      ),
    );
    for (const list of LISTS_BY_BASE) {
      const rowsOf = async (name: string): Promise<Answer> => {
        const response = await only.get(`/api/funding/${list}${encodeURIComponent(name)}`);
        const { rows = [] } = (await response.json()) as { rows?: readonly unknown[] };
        return { list, status: response.status, rows };
      };
      const byTicker = await rowsOf(ticker);
      expect(byTicker.rows).not.toBeEmpty();
      for (const name of [common, ...others]) expect(await rowsOf(name)).toEqual(byTicker);
    }
  });

  test.each([
    ["asset_id=GOLD", ["kraken GOLD GOLD"]],
    ["asset_id=xau", ["bingx GOLD XAU", "bybit XAU XAU", "gate XAU XAU"]],
    ["asset_id=GOLD,XAU&exchange=bingx,kraken", ["bingx GOLD XAU", "kraken GOLD GOLD"]],
    // Never more than the listings of the name.
    ["asset_id=STX", []],
  ])("under /symbol/ it is narrowed to one asset by %s", async (query, wanted) => {
    const found = await listings(`/api/funding/symbol/GOLD?${query}&sort=exchange`);
    expect(found.toSorted()).toEqual(wanted);
  });

  test("an unused name is a 404 under /symbol/", async () => {
    expect((await app.get("/api/funding/symbol/SILVER")).status).toBe(404);
  });

  test.each(["GOLD", "XAU", "xau"])(
    "%s finds the pairs of the asset, by its name",
    async (name) => {
      const response = await app.get(`/api/funding/arb?base=${name}`);
      const { rows } = (await response.json()) as ArbList;
      const pairs = rows.map(({ base, asset_id: id, long, short }) => [
        base,
        id,
        long.exchange,
        short.exchange,
      ]);
      expect(pairs).toEqual([["XAU", "XAU", "bingx", "gate"]]);
    },
  );

  test.each(["TON", "GRAM"])(
    "%s finds the refused pair with a listing that no price has identified, next to its asset",
    async (name) => {
      expect(await pairsOf(`base=${name}`)).toEqual([]);
      expect(await pairsOf(`base=${name}&decision=refuse`)).toEqual([
        ["GRAM", "GRAM", "okx", "weex", "identity_unknown", "young", "not_profitable"],
      ]);
    },
  );

  test("grouped lists name an asset the same way whichever listing comes first", async () => {
    const response = await app.get("/api/funding/heatmap?base=GOLD&min_volume=0");
    const { rows } = (await response.json()) as { rows: { base: string; asset_id: string }[] };
    expect(rows.map(({ base, asset_id: id }) => [base, id])).toContainEqual(["XAU", "XAU"]);
    expect(rows.filter(({ asset_id: id }) => id === "XAU")).toHaveLength(1);
  });
});
