import { describe, expect, test } from "bun:test";
import { flagBit } from "../../src/domain/flags.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { bodyOf } from "../support/lists.ts";

const pepe = { multiplier: 1000, assetId: "PEPE", markPrice: 0.01, indexPrice: 0.01 };
const gold = { assetId: "XAU", assetClass: "metal", markPrice: 4000 } as const;
const ROWS = [
  rowOf("binance", "BTC", { markPrice: 100 }),
  rowOf("okx", "BTC", { markPrice: 102, exchangeSymbol: "BTC-USDT-SWAP" }),
  rowOf("okx", "BTC", { markPrice: 104, quote: "USDC", exchangeSymbol: "BTC-USDC-SWAP" }),
  rowOf("kraken", "BTC", { markPrice: 900 }, flagBit("suspect")),
  rowOf("binance", "PEPE", { ...pepe, exchangeSymbol: "1000PEPEUSDT" }),
  rowOf("bybit", "XAU", gold),
  rowOf("bingx", "GOLD", gold),
  rowOf("lbank", "LIT", { markPrice: 2 }),
  rowOf("weex", "LIT", { markPrice: 2 }),
  rowOf("xt", "LIT", { assetId: "LIT~2", markPrice: 7, indexPrice: null }),
  rowOf("gate", "GOLD", { assetId: "GOLD", assetClass: "stock", markPrice: 30 }),
  rowOf("phemex", "LIT", { assetId: null, identity: "probable" }),
  rowOf("mexc", "LIT", { identity: "conflict" }, flagBit("identity_conflict")),
];

const app = () => testApp(new TestBoard(snapshotOf("1-1", ROWS)));

async function ids(query: string): Promise<unknown[]> {
  const { rows } = await bodyOf(app(), `/api/assets?${query}`);
  return rows.map(({ asset_id: id }) => id);
}

describe("/api/assets", () => {
  test("lists each asset once, the ones with most listings first", async () => {
    expect(await ids("")).toEqual(["BTC", "LIT", "XAU", "GOLD", "LIT~2", "PEPE"]);
  });

  test("shows its names, its price and where it is listed", async () => {
    const { rows } = await bodyOf(app(), "/api/assets?asset_id=BTC,PEPE");
    expect(rows).toEqual([
      {
        asset_id: "BTC",
        base: "BTC",
        tickers: ["BTC"],
        aliases: ["XBT"],
        asset_class: "crypto",
        // The median of 100, 102 and 104: suspect rows do not count.
        unit_price: 102,
        instruments: 4,
        exchanges: 3,
        listed_on: ["binance", "kraken", "okx"],
        twins: {},
      },
      {
        asset_id: "PEPE",
        base: "PEPE",
        tickers: ["PEPE"],
        aliases: [],
        asset_class: "crypto",
        unit_price: 0.00001,
        instruments: 1,
        exchanges: 1,
        listed_on: ["binance"],
        twins: {},
      },
    ]);
  });

  test("lists an asset with only contradicted listings, like their rows", async () => {
    const conflict = { assetId: "BTC~2", identity: "conflict", markPrice: 3 } as const;
    const odd = rowOf("gate", "BTC", conflict, flagBit("identity_conflict"));
    const served = testApp(new TestBoard(snapshotOf("1-1", [...ROWS, odd])));
    const { rows } = await bodyOf(served, "/api/assets?asset_id=BTC~2");
    expect(rows).toMatchObject([
      { asset_id: "BTC~2", instruments: 1, unit_price: 3, twins: { BTC: 102 } },
    ]);
    const listed = await bodyOf(served, "/api/funding/current?asset_id=BTC~2");
    expect(listed.rows.map(({ exchange }) => exchange)).toEqual(["gate"]);
  });

  test("shows what distinguishes an asset from others with its name: their prices", async () => {
    const { rows } = await bodyOf(app(), "/api/assets?base=LIT,GOLD");
    const twins = rows.map(({ asset_id: id, unit_price: price, twins: of }) => [id, price, of]);
    expect(twins).toEqual([
      ["LIT", 2, { "LIT~2": 7 }],
      ["XAU", 4000, { GOLD: 30 }],
      ["GOLD", 30, { XAU: 4000 }],
      ["LIT~2", 7, { LIT: 2 }],
    ]);
    const csv = await (
      await app().get("/api/assets?asset_id=LIT~2&fields=twins&format=csv")
    ).text();
    expect(csv).toBe("twins\r\nLIT=2\r\n");
  });

  test.each([
    ["lit~2", ["LIT~2"]],
    ["pep", ["PEPE"]],
    ["xbt", ["BTC"]],
    // An alias of the metal, and hence of anything that shares a name with it.
    ["XAUUSD", ["XAU", "GOLD"]],
    ["1000pepeusdt", ["PEPE"]],
    ["btc-usdc", ["BTC"]],
    ["btcusdt", ["BTC"]],
    ["nosuch", []],
  ])("q=%s finds %p by an id, a ticker, an alias or a symbol", async (q, found) => {
    expect(await ids(`q=${encodeURIComponent(q)}`)).toEqual(found);
  });

  test("puts exact matches first", async () => {
    // XAU has the alias and more listings than the share.
    expect(await ids("q=gold")).toEqual(["XAU", "GOLD"]);
    expect(await ids("q=LIT")).toEqual(["LIT", "LIT~2"]);
    expect(await ids("q=t")).toEqual(["BTC", "LIT", "XAU", "GOLD", "LIT~2", "PEPE"]);
  });

  test("counts the listings that pass the filters, but twins among all of them", async () => {
    const { rows } = await bodyOf(app(), "/api/assets?exchange=okx,lbank");
    expect(rows).toMatchObject([
      { asset_id: "BTC", instruments: 2, exchanges: 1 },
      { asset_id: "LIT", instruments: 1, twins: { "LIT~2": 7 } },
    ]);
  });

  test("has pages and formats like any list", async () => {
    const shared = app();
    const first = await bodyOf(shared, "/api/assets?limit=4");
    const rest = await bodyOf(shared, `/api/assets?limit=4&cursor=${first.next_cursor}`);
    expect([...first.rows, ...rest.rows].map(({ asset_id: id }) => id)).toEqual(await ids(""));
    expect(rest).toMatchObject({ total: 6, count: 2, missing: [], next_cursor: null });
    const csv = await (await shared.get("/api/assets?q=gold&format=csv")).text();
    expect(csv.split("\r\n")[1]).toStartWith(
      "XAU,XAU,GOLD XAU,GOLD XAUUSD,metal,4000,2,2,bingx bybit",
    );
  });
});
