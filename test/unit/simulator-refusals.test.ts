import { describe, expect, test } from "bun:test";
import {
  ask,
  askJson,
  at,
  demoMarket,
  type DemoRequest,
  rowsAt,
  FIRST,
} from "../support/simulator.ts";

const market = demoMarket();

/** A request that an exchange refuses: what is asked, the status, and what the body holds. */
type Refusal = readonly [exchange: string, what: string, DemoRequest, status: number, body: object];

const get = (path: string): DemoRequest => ({ path });
const info = (body: unknown): DemoRequest => ({ path: "/info", body });

const REFUSALS: readonly Refusal[] = [
  ["binance", "an unknown path", get("/fapi/v9/x"), 404, { code: -5000 }],
  ["binance", "no symbol", get("/fapi/v1/openInterest"), 400, { code: -1102 }],
  ["binance", "a wrong symbol", get("/fapi/v1/openInterest?symbol=X"), 400, { code: -1121 }],
  ["binance", "a wrong symbol", get("/fapi/v1/premiumIndex?symbol=X"), 400, { code: -1121 }],
  ["bybit", "an unknown path", get("/v5/market/x"), 404, { retCode: 404 }],
  ["bybit", "no category", get("/v5/market/tickers"), 200, { retCode: 10001 }],
  [
    "bybit",
    "a wrong category",
    get("/v5/market/tickers?category=x"),
    200,
    { retCode: 10001, retMsg: "Illegal category", result: {} },
  ],
  [
    "bybit",
    "a page that is too large",
    get("/v5/market/instruments-info?category=linear&limit=1001"),
    200,
    { retCode: 10001, result: {} },
  ],
  [
    "bybit",
    "a cursor that it never gave",
    get("/v5/market/instruments-info?category=linear&cursor=x"),
    200,
    { retCode: 10001, result: {} },
  ],
  ["okx", "an unknown path", get("/api/v5/x"), 404, { code: "404" }],
  [
    "okx",
    "no instId",
    get("/api/v5/public/funding-rate"),
    200,
    { code: "50014", data: [], msg: "Parameter instId can not be empty." },
  ],
  [
    "okx",
    "instType in place of instId",
    get("/api/v5/public/funding-rate?instType=SWAP"),
    200,
    { code: "50014", data: [] },
  ],
  [
    "okx",
    "a list of ids",
    get("/api/v5/public/funding-rate?instId=BTC-USDT-SWAP,ETH-USDT-SWAP"),
    200,
    { code: "51001", data: [] },
  ],
  [
    "okx",
    "an unknown id",
    get("/api/v5/public/funding-rate?instId=X-USDT-SWAP"),
    200,
    { code: "51001", data: [] },
  ],
  ["okx", "no instType", get("/api/v5/market/tickers"), 200, { code: "50014", data: [] }],
  ["okx", "a wrong instType", get("/api/v5/market/tickers?instType=X"), 200, { code: "51000" }],
  ["okx", "no quoteCcy", get("/api/v5/market/index-tickers"), 200, { code: "50014" }],
  ["bitget", "an unknown path", get("/api/v3/x"), 404, { code: "40404", data: null }],
  [
    "bitget",
    "no category",
    get("/api/v3/market/tickers"),
    400,
    { code: "400172", msg: "Parameter verification failed", data: null },
  ],
  [
    "bitget",
    "v2's parameter on v3",
    get("/api/v3/market/tickers?productType=USDT-FUTURES"),
    400,
    { code: "400172", data: null },
  ],
  [
    "bitget",
    "no productType",
    get("/api/v2/mix/market/contracts"),
    400,
    { code: "400172", data: null },
  ],
  ["gate", "an unknown path", get("/api/v4/futures/x"), 404, { label: "NOT_FOUND" }],
  ["gate", "a settle that is not linear", get("/api/v4/futures/btc/contracts"), 404, {}],
  [
    "gate",
    "a limit over 100",
    get("/api/v4/futures/usdt/contracts?limit=1000"),
    400,
    { label: "INVALID_PARAM_VALUE", message: "invalid limit, must in (0, 100]" },
  ],
  ["gate", "a limit of 0", get("/api/v4/futures/usdt/contracts?limit=0"), 400, {}],
  ["kucoin", "an unknown path", get("/api/v1/x"), 404, { code: "404" }],
  ["kucoin", "a wrong symbol", get("/api/v1/contracts/X"), 200, { code: "404000" }],
  ["kucoin.ua", "the other host's path", get("/api/v1/contracts/active"), 404, { code: "404" }],
  ["kraken", "an unknown path", get("/derivatives/api/v3/x"), 404, { result: "error" }],
  ["kraken", "a POST", { path: "/derivatives/api/v3/tickers", body: {} }, 405, { result: "error" }],
];

describe("a wrong request is refused in the exchange's own words", () => {
  test.each([...REFUSALS])("%s: %s", async (exchange, _what, request, status, body) => {
    const response = await ask(market, exchange, request);
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toStartWith("application/json");
    expect(await response.json()).toMatchObject(body);
  });

  test.each([
    ["no body at all", info(undefined), 405],
    ["a body that is no object", info("metaAndAssetCtxs"), 422],
    ["an unknown type", info({ type: "x" }), 422],
    ["no type", info({}), 422],
    ["a dex that is no text", info({ type: "metaAndAssetCtxs", dex: 1 }), 422],
    ["an unknown dex", info({ type: "metaAndAssetCtxs", dex: "x" }), 500],
    ["an unknown path", { path: "/exchange", body: { type: "x" } }, 404],
  ] as const)("hyperliquid: %s, in plain text", async (_what, request, status) => {
    const response = await ask(market, "hyperliquid", request);
    expect(response.status).toBe(status);
    const type = response.headers.get("content-type");
    expect(type === null || type.startsWith("text/plain")).toBe(true);
  });

  test("an exchange that the simulator does not speak is a plain 404", async () => {
    const response = await ask(market, "mtgox", { path: "/" });
    expect(response.status).toBe(404);
    expect(await response.text()).toBe("unknown exchange mtgox");
  });
});

describe("bybit's pages of instruments", () => {
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

  test("hold 500 rows unless told otherwise, and say that there are more", async () => {
    const { symbols, cursor } = await page("");
    expect(symbols).toHaveLength(500);
    expect(cursor).not.toBe("");
  });

  test.each([
    ["", 500],
    ["&limit=1000", 1000],
    ["&limit=100", 100],
  ])(
    "asked for with %p, followed until the cursor is empty, hold everything once",
    async (query, size) => {
      const pages = await allPages(query);
      const symbols = pages.flat();
      // Shown ones, three that are being settled, twelve dated.
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

  test("leave pre-market contracts out, which have a list of their own", async () => {
    const usual = (await allPages("&limit=1000")).flat();
    const early = (await allPages("&status=PreLaunch")).flat();
    expect(early).toHaveLength(4);
    expect(usual.filter((symbol) => early.includes(symbol))).toEqual([]);
  });
});

describe("gate's limit and sizes", () => {
  const path = "/api/v4/futures/usdt/contracts";

  test("without a limit everything comes, with one at most a hundred, by offset", async () => {
    const all = rowsAt(await askJson(market, "gate", { path })).map((row) => row["name"]);
    expect(all.length).toBeGreaterThan(900);
    const second = await askJson(market, "gate", { path: `${path}?limit=100&offset=100` });
    expect(rowsAt(second).map((row) => row["name"])).toEqual(all.slice(100, 200));
  });

  test("sizes are numbers, and strings for those who ask for decimals", async () => {
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

test("a second host of an exchange is named behind a dot", async () => {
  const rows = rowsAt(
    await askJson(market, "kucoin.ua", {
      path: "/api/ua/v2/market/funding-rate?productType=USDC-FUTURES",
    }),
    "data",
  );
  expect(rows).toHaveLength(7);
});

test("every exchange is asked in this file", () => {
  const asked = new Set([...REFUSALS.map(([exchange]) => exchange), "hyperliquid"]);
  expect(FIRST.filter((exchange) => !asked.has(exchange))).toEqual([]);
});
