import { describe, expect, test } from "bun:test";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";

const app = () =>
  testApp(
    new TestBoard(
      snapshotOf(
        "1-1",
        EXCHANGE_IDS.map((exchange) => rowOf(exchange, "BTC")),
      ),
    ),
  );

const problemOf = async (target: string) => {
  const response = await app().get(target);
  expect([target, response.status]).toEqual([target, 400]);
  return (await response.json()) as { detail: string; errors: readonly object[] };
};

describe("the detail of a bad parameter", () => {
  test.each([
    ["/api/funding/current?limit=x", 'limit "x" must be a whole number from 1 to 100000.'],
    ["/api/funding/current?base=", "base must not be empty or have empty members."],
    [
      "/api/funding/current?exchnage=okx",
      "exchnage is not a parameter of this endpoint; did you mean exchange?",
    ],
    [
      "/api/funding/symbol/BTC?min_volum=1",
      "min_volum is not a parameter of this endpoint; did you mean min_volume?",
    ],
    ["/api/quality?verbose=1", "verbose is not a parameter of this endpoint."],
    // The unit of a number is stated.
    [
      "/api/funding/current?min_volume=-1",
      'min_volume "-1" must be a number from 0 to 1000000000000 (US dollars).',
    ],
    [
      "/api/funding/current?interval=25",
      'interval "25" must be a whole number from 1 to 24 (hours).',
    ],
    [
      "/api/funding/arb?min_lasted=1.5",
      'min_lasted "1.5" must be a whole number from 0 to 315360000 (seconds).',
    ],
    [
      "/api/funding/arb?min_net=much",
      'min_net "much" must be a number from -1000000 to 1000000 (percent a year).',
    ],
    ["/api/funding/arb?leverage=51", 'leverage "51" must be a number from 1 to 50.'],
    [
      "/api/intervals/changes?from=1793707200&to=1793620800",
      "from must not be after to (and 1 more in errors).",
    ],
    // A fee can be wrong in four ways.
    ["/api/funding/arb?fees=okx", 'fees "okx" must be exchange:bps or all:bps.'],
    [
      "/api/funding/arb?fees=okex:4",
      'fees "okex:4" must be exchange:bps or all:bps with a known exchange; did you mean okx?',
    ],
    [
      "/api/funding/arb?fees=okx:-4",
      'fees "okx:-4" must be exchange:bps or all:bps from 0 to 1000 (basis points).',
    ],
    [
      "/api/funding/arb?fees=okx:4,OKX:5",
      'fees "okx:4" must be exchange:bps or all:bps, once for each.',
    ],
    [
      "/api/funding/arb?fields=gross",
      'fields "gross" is not a field of this list; did you mean gross_apr_pct?',
    ],
    [
      "/api/funding/current?limit=x&order=up&nope=1",
      'order "up" must be one of asc, desc (and 2 more in errors).',
    ],
  ])("%s", async (target, detail) => {
    expect((await problemOf(target)).detail).toBe(detail);
  });

  test("is the first of errors, which has all of them", async () => {
    const { detail, errors } = await problemOf("/api/funding/current?nope=1&limit=0");
    expect(errors).toEqual([
      { parameter: "limit", rule: '"0" must be a whole number from 1 to 100000' },
      { parameter: "nope", rule: "is not a parameter of this endpoint" },
    ]);
    expect(detail).toBe(
      'limit "0" must be a whole number from 1 to 100000 (and 1 more in errors).',
    );
  });
});

describe("a time in another unit", () => {
  test.each([
    ["1793620800000", "; this looks like milliseconds"],
    ["1793620800000000", "; this looks like microseconds"],
    ["1793620800000000000", "; this looks like nanoseconds"],
    ["2026-11-01", "; this looks like a date"],
    ["2026-11-01T00:00:00Z", "; this looks like a date"],
    ["soon", ""],
    ["4102444801", ""],
  ])("%s is recognised", async (text, hint) => {
    const { errors } = await problemOf(`/api/intervals/changes?from=${encodeURIComponent(text)}`);
    const rule = `${JSON.stringify(text)} must be unix seconds from 0 to 4102444800${hint}`;
    expect(errors).toEqual([{ parameter: "from", rule }]);
  });
});

test("an exchange in a path is case-insensitive, and the nearest is suggested for an unknown one", async () => {
  const target = "/api/explain/Binance/BTCUSDT";
  const { row } = (await (await app().get(target)).json()) as { row: { exchange: string } };
  expect(row.exchange).toBe("binance");
  const { detail } = await problemOf("/api/explain/binanse/BTCUSDT");
  expect(detail).toStartWith('exchange "binanse" must be one of binance, bybit,');
  expect(detail).toEndWith("; did you mean binance?");
  const long = await problemOf(`/api/explain/binance/${"X".repeat(200)}`);
  expect(long.detail).toBe("exchange_symbol must not be longer than 128 characters.");
  const base = await problemOf(`/api/funding/symbol/${"X".repeat(100)}`);
  expect(base.detail).toBe("base must not be longer than 64 characters.");
});

test("a listing is found in any case, unless another one differs only in case", async () => {
  const symbols = ["kPEPE", "KPEPE", "kBONK"];
  const rows = symbols.map((exchangeSymbol) => rowOf("hyperliquid", "PEPE", { exchangeSymbol }));
  const served = testApp(new TestBoard(snapshotOf("1-1", rows)));
  const found = async (symbol: string) => {
    const explained = await served.get(`/api/explain/hyperliquid/${symbol}`);
    const position = await served.get(
      `/api/funding/position?side=LONG&uid=HyperLiquid:${encodeURIComponent(symbol)}`,
    );
    expect(position.status).toBe(explained.status);
    if (explained.status !== 200) return [explained.status];
    const { row } = (await explained.json()) as { row: { exchange_symbol: string } };
    const { rows: positions } = (await position.json()) as { rows: (typeof row)[] };
    return [row, ...positions].map(({ exchange_symbol: one }) => one);
  };
  for (const symbol of symbols) expect(await found(symbol)).toEqual([symbol, symbol]);
  expect(await found("KBONK")).toEqual(["kBONK", "kBONK"]);
  expect(await found("kpepe")).toEqual([404]);
});

test("members of closed sets are case-insensitive", async () => {
  const served = app();
  const plain = await served.get(
    "/api/funding/current?exchange=okx,bybit&asset_class=crypto&sort=base&order=desc&format=csv",
  );
  const loud = await served.get(
    "/api/funding/current?exchange=OKX,ByBit&asset_class=Crypto&sort=BASE&order=Desc&format=CSV",
  );
  expect([plain.status, loud.status]).toEqual([200, 200]);
  expect(loud.headers.get("etag")).toBe(plain.headers.get("etag"));
  expect(await loud.text()).toBe(await plain.text());
});

test("fields and the exchanges of fees are case-insensitive", async () => {
  const served = app();
  const plain = await served.get("/api/funding/arb?fields=base,net_apr_pct&fees=okx:2&format=csv");
  const loud = await served.get("/api/funding/arb?fields=Base,NET_APR_PCT&fees=OKX:2&format=csv");
  expect([plain.status, loud.status]).toEqual([200, 200]);
  expect(await loud.text()).toBe(await plain.text());
});

describe("suggests the nearest name for an unknown one", () => {
  test.each([
    [
      "/api/funding/arbs",
      "not_found",
      "See /docs for what there is; did you mean /api/funding/arb?",
    ],
    [
      "/API/funding/current",
      "not_found",
      "See /docs for what there is; did you mean /api/funding/current?",
    ],
    [
      "/api/funding/symbols/BTC",
      "not_found",
      "See /docs for what there is; did you mean /api/funding/symbol/BTC?",
    ],
    ["/wp-login.php", "not_found", "See /docs for what there is."],
    [
      "/api/funding/symbol/BTCC",
      "unknown_base",
      '"BTCC" was never seen on any exchange; did you mean BTC?',
    ],
    ["/api/funding/symbol/NOSUCH", "unknown_base", '"NOSUCH" was never seen on any exchange.'],
    [
      "/api/explain/okx/BTCUDST",
      "unknown_instrument",
      'okx does not list "BTCUDST" now; did you mean BTCUSDT?',
    ],
    ["/api/explain/okx/NOSUCH", "unknown_instrument", 'okx does not list "NOSUCH" now.'],
    [
      "/api/funding/position?side=long&uid=okx:BTC",
      "unknown_instrument",
      'No listing has the uid "okx:BTC" now; did you mean okx:BTCUSDT?',
    ],
    [
      "/api/funding/position?side=long&uid=OKX:BTCUDST:1793620800",
      "unknown_instrument",
      'No listing has the uid "OKX:BTCUDST:1793620800" now; did you mean okx:BTCUSDT?',
    ],
    // The exchange alone makes no two symbols alike.
    [
      "/api/funding/position?side=long&uid=hyperliquid:QQQQ",
      "unknown_instrument",
      'No listing has the uid "hyperliquid:QQQQ" now.',
    ],
    [
      "/api/funding/position?side=long&uid=okex:BTCUSDT",
      "unknown_instrument",
      'No listing has the uid "okex:BTCUSDT" now: it must begin with an exchange, as in binance:BTCUSDT; did you mean okx?',
    ],
  ])("%s", async (target, code, detail) => {
    const response = await app().get(target);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code, detail });
  });
});

test("near names are only suggested for unknown ones short enough to be typos", async () => {
  const names = Array.from({ length: 500 }, (_, index) => `limi${index}`);
  const { errors } = await problemOf(`/api/funding/arb?${names.join("=1&")}=1`);
  expect(errors).toHaveLength(500);
  const offered = errors.filter((error) => JSON.stringify(error).includes("did you mean limit?"));
  expect(offered.length).toBeGreaterThan(0);
  expect(offered.length).toBeLessThan(20);
});
