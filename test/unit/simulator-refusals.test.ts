import { describe, expect, test } from "bun:test";
import { ask, askJson, at, demoMarket, rowsAt } from "../support/simulator.ts";

const market = demoMarket();

test("an exchange unknown to the simulator is a plain 404", async () => {
  const response = await ask(market, "mtgox", { path: "/" });
  expect(response.status).toBe(404);
  expect(await response.text()).toBe("unknown exchange mtgox");
});

describe("bybit's instrument pages", () => {
  const path = "/v5/market/instruments-info?category=linear";

  async function page(query: string): Promise<{ symbols: string[]; cursor: string }> {
    const answer = await askJson(market, "bybit", { path: path + query });
    return {
      symbols: rowsAt(answer, "result", "list").map((row) => String(row["symbol"])),
      cursor: String(at(answer, "result", "nextPageCursor")),
    };
  }

  async function allPages(query: string): Promise<string[][]> {
    const pages: string[][] = [];
    let cursor = "";
    do {
      const next = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const found = await page(query + next);
      pages.push(found.symbols);
      cursor = found.cursor;
    } while (cursor !== "" && pages.length < 100);
    return pages;
  }

  test("contain 500 rows by default, and state that there are more", async () => {
    const { symbols, cursor } = await page("");
    expect(symbols).toHaveLength(500);
    expect(cursor).not.toBe("");
  });

  test.each([
    ["", 500],
    ["&limit=1000", 1000],
    ["&limit=100", 100],
  ])(
    "requested with %p and followed until the cursor is empty, contain everything once",
    async (query, size) => {
      const pages = await allPages(query);
      const symbols = pages.flat();
      // Shown ones, three being settled, twelve dated.
      const total = market.truth("bybit").instruments.length + 3 + 12;
      expect(symbols).toHaveLength(total);
      expect(new Set(symbols).size).toBe(total);
      expect(pages.length).toBe(Math.ceil(total / size));
      expect(pages.slice(0, -1).every((each) => each.length === size)).toBe(true);
      const listed = new Set(symbols);
      const { instruments } = market.truth("bybit");
      expect(instruments.filter((row) => !listed.has(row.exchange_symbol))).toEqual([]);
    },
  );

  test("exclude pre-market contracts, which have a list of their own", async () => {
    const usual = (await allPages("&limit=1000")).flat();
    const early = (await allPages("&status=PreLaunch")).flat();
    expect(early).toHaveLength(4);
    expect(usual.filter((symbol) => early.includes(symbol))).toEqual([]);
  });
});

describe("gate's limit and sizes", () => {
  const path = "/api/v4/futures/usdt/contracts";

  test("without a limit everything is returned, with one at most a hundred, by offset", async () => {
    const all = rowsAt(await askJson(market, "gate", { path })).map((row) => row["name"]);
    expect(all.length).toBeGreaterThan(900);
    const second = await askJson(market, "gate", { path: `${path}?limit=100&offset=100` });
    expect(rowsAt(second).map((row) => row["name"])).toEqual(all.slice(100, 200));
  });

  test("sizes are numbers, or strings if decimals are requested", async () => {
    const whole = rowsAt(await askJson(market, "gate", { path }));
    const headers = { "X-Gate-Size-Decimal": "1" };
    const exact = rowsAt(await askJson(market, "gate", { path, headers }));
    expect(new Set(whole.map((row) => typeof row["position_size"]))).toEqual(new Set(["number"]));
    expect(new Set(exact.map((row) => typeof row["position_size"]))).toEqual(new Set(["string"]));
    expect(exact.map((row) => Number(row["position_size"]))).toEqual(
      whole.map((row) => Number(row["position_size"])),
    );
  });
});

test("a second host of an exchange is named after a dot", async () => {
  const rows = rowsAt(
    await askJson(market, "kucoin.ua", {
      path: "/api/ua/v2/market/funding-rate?productType=USDC-FUTURES",
    }),
    "data",
  );
  expect(rows).toHaveLength(7);
});
