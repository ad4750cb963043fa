import { describe, expect, test } from "bun:test";
import type { MarketRecord } from "../../src/domain/market.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { testApp } from "../support/app.ts";
import { bodyOf, LISTS } from "../support/lists.ts";
import { ADDRESSES } from "../support/served-queries.ts";

const pepe = { multiplier: 1000, assetId: "PEPE" };
const ROWS = [
  rowOf("binance", "BTC", { fundingRate: -0.0003 }),
  rowOf("kraken", "BTC", { quote: "USD", exchangeSymbol: "PF_XBTUSD", fundingRate: 0.0002 }),
  rowOf("okx", "BTC", { exchangeSymbol: "BTC-USDT-SWAP" }),
  rowOf("binance", "PEPE", { ...pepe, exchangeSymbol: "1000PEPEUSDT", fundingRate: -0.0003 }),
  rowOf("hyperliquid", "PEPE", { ...pepe, exchangeSymbol: "kPEPE", quote: "USDC" }),
  rowOf("bybit", "XAU", { assetClass: "metal" }),
  rowOf("bingx", "GOLD", { assetId: "XAU", assetClass: "metal", fundingRate: -0.0003 }),
  // An ambiguous symbol: the first five letters of one asset and the last four of the other.
  rowOf("gate", "AB", { exchangeSymbol: "SAMESYMBOL" }),
  rowOf("mexc", "CD", { exchangeSymbol: "sameSymbol" }),
  rowOf("okx", "SPX500", { assetClass: "index", fundingRate: -0.0003 }),
  rowOf("gate", "SPX500", { assetClass: "index" }),
  rowOf("lbank", "LIT", { fundingRate: -0.0003 }),
  rowOf("weex", "LIT"),
  rowOf("xt", "LIT", { assetId: "LIT~2", markPrice: 7, indexPrice: 7 }),
  rowOf("phemex", "LIT", { assetId: null, identity: "probable" } satisfies Partial<MarketRecord>),
];

const board = () => new TestBoard(snapshotOf("1-1", ROWS));
const app = () => testApp(board());

/** Every path that filters by base. */
const FILTERED = ADDRESSES.filter(
  ({ path, parameters }) =>
    parameters.some(({ name }) => name === "base") && !/stream$|\.ics$/.test(path),
);
const queryOf = (path: string) => LISTS.find((list) => list.path === path)?.query ?? "?";
const NAMES = [
  ["BTCUSDT", "BTC"],
  ["btcusd", "BTC"],
  ["PF_XBTUSD", "BTC"],
  ["btc-usdt-swap", "BTC"],
  ["1000PEPE", "PEPE"],
  ["kPEPE", "PEPE"],
  ["1000pepeusdt", "PEPE"],
] as const;

test("there are lists that filter by base, and all of them by asset_id", () => {
  expect(FILTERED.length).toBeGreaterThan(9);
  for (const { path, parameters } of FILTERED)
    expect([path, parameters.some(({ name }) => name === "asset_id")]).toEqual([path, true]);
});

describe.each(FILTERED.filter(({ path }) => path !== "/api/intervals/changes"))(
  "$path",
  ({ path }) => {
    const at = (more: string) => `${path}${queryOf(path)}&${more}`;

    test("resolves a symbol, an exchange's symbol or a multiplied ticker to its base", async () => {
      for (const [name, base] of NAMES) {
        const { rows, ...body } = await bodyOf(app(), at(`base=${encodeURIComponent(name)}`));
        const direct = await bodyOf(app(), at(`base=${base}`));
        expect(rows).toEqual(direct.rows);
        expect(body).toMatchObject({ resolved: { asked: name.toUpperCase(), base } });
        expect(direct).not.toHaveProperty("resolved");
      }
    });

    test("reports how an alias was resolved", async () => {
      const { resolved, rows } = (await bodyOf(app(), at("base=gold"))) as unknown as {
        resolved: unknown;
        rows: unknown[];
      };
      expect(resolved).toEqual({ asked: "GOLD", base: "XAU" });
      expect(rows).toEqual([...(await bodyOf(app(), at("base=XAU"))).rows]);
    });

    test("does not resolve an alias that is also the name of another asset: both are shown", async () => {
      const shares = [
        rowOf("binance", "GOLD", { assetClass: "stock", fundingRate: -0.0003 }),
        rowOf("gate", "GOLD", { assetClass: "stock" }),
      ];
      const both = testApp(new TestBoard(snapshotOf("1-1", [...ROWS, ...shares])));
      const body = await bodyOf(both, at("base=GOLD"));
      expect(body).not.toHaveProperty("resolved");
      expect(body.rows).toEqual((await bodyOf(both, at("base=GOLD,XAU"))).rows);
      for (const id of ["GOLD", "XAU"])
        expect(body.rows).not.toEqual((await bodyOf(both, at(`asset_id=${id}`))).rows);
    });

    test("reports it for an alias whose own listings all have yet another ticker", async () => {
      for (const name of ["US500", "SP500"]) {
        const body = await bodyOf(app(), at(`base=${name}`));
        expect(body).toMatchObject({ resolved: { asked: name, base: "SPX500" } });
        expect(body.rows).toEqual((await bodyOf(app(), at("base=SPX500"))).rows);
        expect(body.rows.length).toBeGreaterThan(0);
      }
    });

    test("is empty for an ambiguous name, with suggestions; and for an unknown one", async () => {
      const several = await bodyOf(app(), at("base=SameSymbol"));
      expect(several).toMatchObject({ total: 0, rows: [], did_you_mean: ["AB", "CD"] });
      const none = await bodyOf(app(), at("base=NOSUCH"));
      expect([none.total, Object.keys(none).includes("did_you_mean")]).toEqual([0, false]);
      const csv = await app().get(at("base=SameSymbol&format=csv"));
      expect(csv.headers.get("x-did-you-mean")).toBe("AB, CD");
    });

    test("reports how each of several names was resolved", async () => {
      const target = at("base=kPEPE,BTCUSDT,LIT");
      const body = await bodyOf(app(), target);
      expect(body).toMatchObject({ resolved: { asked: "BTCUSDT,KPEPE", base: "BTC,PEPE" } });
      expect(body.rows).toEqual((await bodyOf(app(), at("base=PEPE,BTC,LIT"))).rows);
      const { headers } = await app().get(`${target}&format=ndjson`);
      expect(headers.get("x-resolved")).toBe("BTCUSDT=BTC, KPEPE=PEPE");
    });

    test("distinguishes two assets with one ticker by asset_id", async () => {
      const shared = app();
      const plain = await bodyOf(shared, at("asset_id=lit"));
      const other = await bodyOf(shared, at("asset_id=LIT~2"));
      expect(await bodyOf(shared, at("asset_id=LIT~3"))).toMatchObject({ rows: [] });
      // Totals over many assets have no id.
      for (const row of plain.rows) if ("asset_id" in row) expect(row.asset_id).toBe("LIT");
      for (const row of other.rows) if ("asset_id" in row) expect(row.asset_id).toBe("LIT~2");
      // The only pair has both legs in the asset without a number.
      expect(plain.rows.length).toBeGreaterThan(0);
      expect(await bodyOf(shared, at("asset_id=LIT~2&base=BTC"))).toMatchObject({ rows: [] });
    });
  },
);

test("answers to two names of one base are not confused", async () => {
  const shared = app();
  const byName = async (name: string) => await bodyOf(shared, `/api/funding/current?base=${name}`);
  expect(await byName("BTC")).not.toHaveProperty("resolved");
  expect(await byName("BTCUSDT")).toMatchObject({ resolved: { asked: "BTCUSDT" } });
  expect(await byName("PF_XBTUSD")).toMatchObject({ resolved: { asked: "PF_XBTUSD" } });
  expect(await byName("BTC")).not.toHaveProperty("resolved");
});

test("a name keeps the meaning that it had in its cursor's snapshot", async () => {
  const shown = board();
  const shared = testApp(shown);
  const first = await bodyOf(shared, "/api/funding/current?base=BTCUSDT&limit=1");
  // From now on it is also the exchange's symbol of something else.
  shown.publish(snapshotOf("1-2", [...ROWS, rowOf("delta", "ODD", { exchangeSymbol: "BTCUSDT" })]));
  expect(await bodyOf(shared, "/api/funding/current?base=BTCUSDT")).toMatchObject({
    did_you_mean: ["BTC", "ODD"],
  });
  const rest = `/api/funding/current?base=BTCUSDT&cursor=${first.next_cursor}`;
  expect(await bodyOf(shared, rest)).toMatchObject({ snapshot: "1-1", count: 2 });
});

describe("/api/funding/symbol", () => {
  const SYMBOL = "/api/funding/symbol";

  test.each(NAMES)("%s is %s", async (name, base) => {
    const found = await bodyOf(app(), `${SYMBOL}/${name}`);
    expect(found).toMatchObject({ resolved: { asked: name.toUpperCase(), base } });
    expect(found.rows).toEqual((await bodyOf(app(), `${SYMBOL}/${base}`)).rows);
    expect(found.rows.length).toBeGreaterThan(1);
  });

  test("accepts an asset id in any case", async () => {
    for (const id of ["LIT~2", "lit~2", "LIT%7E2"]) {
      const { rows } = await bodyOf(app(), `${SYMBOL}/${id}`);
      expect(rows.map(({ exchange }) => exchange)).toEqual(["xt"]);
    }
    expect((await app().get(`${SYMBOL}/LIT~3`)).status).toBe(404);
  });

  test("does not choose for an ambiguous name: a 404 with suggestions", async () => {
    const response = await app().get(`${SYMBOL}/SAMESYMBOL`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      code: "unknown_base",
      did_you_mean: ["AB", "CD"],
    });
    const unknown = await app().get(`${SYMBOL}/NOSUCH`);
    expect([unknown.status, Object(await unknown.json()).did_you_mean]).toEqual([404, undefined]);
  });

  test("continues after the previous page", async () => {
    const shared = app();
    const response = await shared.get(`${SYMBOL}/BTCUSDT?limit=2`);
    const [, next = ""] = /<(.+)>/.exec(response.headers.get("link") ?? "") ?? [];
    expect(next).toStartWith(`${SYMBOL}/BTCUSDT?`);
    expect(await bodyOf(shared, next)).toMatchObject({ count: 1, resolved: { base: "BTC" } });
  });
});

test("the calendar file and the stream resolve the same names", async () => {
  const calendar = await app().get("/api/funding/calendar.ics?base=1000PEPE");
  expect(calendar.headers.get("x-resolved")).toBe("1000PEPE=PEPE");
  expect(await calendar.text()).toContain("PEPE");
  const stream = await app().fetch(
    new Request("http://finder.test/api/funding/stream?base=PF_XBTUSD&_=1"),
  );
  const reader = stream.body?.getReader();
  let text = "";
  while (!text.includes("\n\nevent:"))
    text += new TextDecoder().decode((await reader?.read())?.value);
  await reader?.cancel();
  expect(text).toContain("binance:BTCUSDT:1");
  expect(text).not.toContain("PEPE");
});
