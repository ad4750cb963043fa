import { describe, expect, test } from "bun:test";
import { flagBit } from "../../src/domain/flags.ts";
import type { BoardRow } from "../../src/domain/market.ts";
import type { FundingList } from "../../src/http/lists/funding-schema.ts";
import { testApp, type TestApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { NOON_MS } from "../support/quote.ts";

const HOUR_MS = 3_600_000;

const ROWS: readonly BoardRow[] = [
  rowOf("binance", "BTC", { fundingRate: 0.0001, volume24hUsd: 9e9, openInterestUsd: 4e9 }),
  rowOf("binance", "ETH", { fundingRate: -0.0004, volume24hUsd: null, openInterestUsd: 2e9 }),
  rowOf("binance", "PEPE", {
    exchangeSymbol: "1000PEPEUSDT",
    multiplier: 1000,
    fundingRate: 0.0002,
  }),
  rowOf("okx", "BTC", { exchangeSymbol: "BTC-USDT-SWAP", fundingIntervalHours: 4 }),
  rowOf("okx", "TSLA", { assetClass: "stock", volume24hUsd: 50_000 }, flagBit("thin")),
  rowOf("kraken", "BTC", { quote: "USD", fundingIntervalHours: 1, fundingRate: 0.00002 }),
  rowOf(
    "gate",
    "NEW",
    { fundingIntervalHours: null, assetClass: null },
    flagBit("interval_unknown"),
  ),
];

function appWith(rows: readonly BoardRow[] = ROWS): TestApp {
  return testApp(new TestBoard(snapshotOf("3-14", rows)));
}

async function list(app: TestApp, target: string): Promise<FundingList> {
  const response = await app.get(target);
  expect(response.status).toBe(200);
  return (await response.json()) as FundingList;
}

async function symbols(query: string, app = appWith()): Promise<string[]> {
  const { rows } = await list(app, `/api/funding/current${query}`);
  return rows.map((row) => `${row.exchange}:${row.exchange_symbol}`);
}

async function errorsOf(query: string): Promise<unknown> {
  const response = await appWith().get(`/api/funding/current${query}`);
  expect(response.status).toBe(400);
  const { errors } = (await response.json()) as { errors: unknown };
  return errors;
}

describe("a row", () => {
  test("has the documented fields in order, times in whole seconds, unknown values as null", async () => {
    const observedAtMs = NOON_MS - 7_400;
    const app = appWith([
      rowOf("okx", "BTC", {
        exchangeSymbol: "BTC-USDT-SWAP",
        fundingRate: 0.0005,
        fundingIntervalHours: 4,
        nextFundingAtMs: NOON_MS + 4 * HOUR_MS,
        settledRate: 0.0003,
        settledAtMs: NOON_MS,
        observedAtMs,
      }),
    ]);
    const { rows } = await list(app, "/api/funding/current");
    const expected = {
      uid: "okx:BTC-USDT-SWAP:1",
      exchange: "okx",
      exchange_symbol: "BTC-USDT-SWAP",
      symbol: "BTCUSDT",
      asset_id: "BTC",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      asset_class: "crypto",
      funding_rate: 0.0005,
      funding_rate_pct: 0.05,
      annualized_pct: 109.5,
      rate_8h_pct: 0.1,
      funding_interval_hours: 4,
      next_funding_time: NOON_MS / 1000 + 14_400,
      accrual: "periodic",
      predicted_rate: null,
      instant_rate: null,
      settled_rate: 0.0003,
      settled_at: NOON_MS / 1000,
      mark_price: 100,
      index_price: 100.1,
      last_price: null,
      premium_pct: -0.0999000999000942,
      open_interest_usd: 5_000_000,
      volume_24h_usd: 9_000_000,
      taker_fee_bps: null,
      observed_at: Math.floor(observedAtMs / 1000),
      age_seconds: 8,
      flags: [],
    };
    expect(rows).toEqual([expected] as unknown as FundingList["rows"]);
    expect(Object.keys(rows[0] ?? {})).toEqual(Object.keys(expected));
  });

  test("that no price has identified yet has no asset_id; one in conflict keeps its own", async () => {
    const app = appWith([
      rowOf("gate", "LIT", { assetId: null, identity: "probable" }),
      rowOf("okx", "LIT", { assetId: "LIT~2", identity: "conflict" }, flagBit("identity_conflict")),
    ]);
    const { rows } = await list(app, "/api/funding/current");
    expect(rows.map(({ asset_id: id, flags }) => [id, flags])).toEqual([
      [null, []],
      ["LIT~2", ["identity_conflict"]],
    ]);
    const flagged = await list(app, "/api/funding/current?flag=suspect,identity_conflict");
    expect(flagged.rows.map(({ exchange }) => exchange)).toEqual(["okx"]);
    expect((await app.get("/api/funding/current?flag=odd")).status).toBe(400);
  });

  test("with an unknown interval has no annual figure, and a flag for it", async () => {
    const { rows } = await list(appWith(), "/api/funding/current?base=NEW");
    expect(rows[0]).toMatchObject({ annualized_pct: null, flags: ["interval_unknown"] });
  });

  test("observed after the snapshot's time has age 0, not a negative one", async () => {
    const app = appWith([rowOf("okx", "BTC", { observedAtMs: NOON_MS + 3_000 })]);
    expect((await list(app, "/api/funding/current")).rows[0]?.age_seconds).toBe(0);
  });
});

describe("the list", () => {
  test("without parameters is complete, ordered by exchange and exchange_symbol", async () => {
    const answer = await list(appWith(), "/api/funding/current");
    expect(answer).toMatchObject({
      fetched_at: NOON_MS / 1000,
      snapshot: "3-14",
      count: ROWS.length,
      total: ROWS.length,
      next_cursor: null,
    });
    const names = answer.rows.map((row) => `${row.exchange} ${row.exchange_symbol}`);
    expect(names).toEqual(names.toSorted());
  });

  test("lists may be separated by commas, given by repeating the name, or both", async () => {
    const both = await symbols("?exchange=okx,kraken");
    expect(both).toEqual(["kraken:BTCUSD", "okx:BTC-USDT-SWAP", "okx:TSLAUSDT"]);
    expect(await symbols("?exchange=okx&exchange=kraken")).toEqual(both);
    expect(await symbols("?exchange=okx,okx&exchange=kraken,okx")).toEqual(both);
  });

  test("bases and quotes ignore case and accept aliases; no match is an empty 200", async () => {
    expect(await symbols("?base=xbt&quote=usdt")).toEqual(["binance:BTCUSDT", "okx:BTC-USDT-SWAP"]);
    expect(await symbols("?base=NOPE")).toEqual([]);
  });

  test("asset_class and interval match known values only", async () => {
    expect(await symbols("?asset_class=stock")).toEqual(["okx:TSLAUSDT"]);
    expect(await symbols("?asset_class=crypto")).not.toContain("gate:NEWUSDT");
    expect(await symbols("?interval=1,4")).toEqual(["kraken:BTCUSD", "okx:BTC-USDT-SWAP"]);
  });

  test("an unknown volume fails every minimum above 0 and passes 0", async () => {
    expect(await symbols("?min_volume=0&base=ETH")).toEqual(["binance:ETHUSDT"]);
    expect(await symbols("?min_volume=1&base=ETH")).toEqual([]);
    expect(await symbols("?min_open_interest=2000000000")).toEqual([
      "binance:BTCUSDT",
      "binance:ETHUSDT",
    ]);
  });

  test("unknown values sort last in both orders", async () => {
    expect((await symbols("?sort=annualized_pct&order=asc")).at(-1)).toBe("gate:NEWUSDT");
    expect((await symbols("?sort=annualized_pct&order=desc")).at(-1)).toBe("gate:NEWUSDT");
  });

  test("ties keep the order of exchange and symbol whatever the order is", async () => {
    const tied = ["binance:BTCUSDT", "gate:NEWUSDT", "okx:BTC-USDT-SWAP", "okx:TSLAUSDT"];
    const wanted = (all: string[]) => all.filter((name) => tied.includes(name));
    expect(wanted(await symbols("?sort=funding_rate&order=asc"))).toEqual(tied);
    expect(wanted(await symbols("?sort=funding_rate&order=desc"))).toEqual(tied);
  });

  test("measures sort in descending order by default, names in ascending", async () => {
    expect((await symbols("?sort=funding_rate"))[0]).toBe("binance:1000PEPEUSDT");
    expect((await symbols("?sort=abs_annualized_pct"))[0]).toBe("binance:ETHUSDT");
    expect((await symbols("?sort=base"))[0]).toBe("binance:BTCUSDT");
  });
});

describe("a bad parameter is a 400 that names it", () => {
  const cases: readonly (readonly [query: string, parameter: string, rule: string])[] = [
    ["?exchange=okx,nosuch", "exchange", '"nosuch" must be one of'],
    ["?exchange=OKEX", "exchange", '"OKEX" must be one of'],
    ["?exchange=", "exchange", "empty"],
    ["?exchange=okx,,bybit", "exchange", "empty"],
    ["?asset_class=shares", "asset_class", '"shares" must be one of'],
    ["?sort=apr", "sort", '"apr" must be one of'],
    ["?order=down", "order", '"down" must be one of'],
    ["?sort=base&sort=symbol", "sort", "once"],
    ["?limit=", "limit", "empty"],
    ["?limit=0", "limit", "whole number"],
    ["?limit=1.5", "limit", "whole number"],
    ["?limit=1e3", "limit", "whole number"],
    ["?limit=-1", "limit", "whole number"],
    ["?min_volume=", "min_volume", "empty"],
    ["?min_volume=-1", "min_volume", "must be a number"],
    ["?min_volume=NaN", "min_volume", "must be a number"],
    ["?min_volume=0x10", "min_volume", "must be a number"],
    ["?interval=0", "interval", "must be a whole number from 1 to 24"],
    ["?interval=8,25", "interval", `"25" must be a whole number`],
    ["?interval=0.5", "interval", "must be a whole number"],
    ["?nosuch=1", "nosuch", "is not a parameter"],
    ["?cursor=%00", "cursor", "is not a cursor"],
  ];
  test.each(cases)("%s", async (query, parameter, rule) => {
    expect(await errorsOf(query)).toEqual([{ parameter, rule: expect.stringContaining(rule) }]);
  });

  test("all invalid parameters are reported together", async () => {
    const errors = (await errorsOf("?a=1&limit=x&b=2")) as { parameter: string }[];
    expect(errors.map(({ parameter }) => parameter).toSorted()).toEqual(["a", "b", "limit"]);
  });
});

describe("one asset", () => {
  test("is found in any case and by its alias", async () => {
    for (const name of ["BTC", "btc", "xbt"]) {
      const { rows } = await list(appWith(), `/api/funding/symbol/${name}`);
      expect(rows.map((row) => row.exchange)).toEqual(["binance", "kraken", "okx"]);
    }
  });

  test("accepts the whole list's filters and order", async () => {
    const { rows, total } = await list(
      appWith(),
      "/api/funding/symbol/BTC?quote=USDT&sort=annualized_pct&limit=1",
    );
    expect(rows.map((row) => row.exchange)).toEqual(["okx"]);
    expect(total).toBe(2);
  });

  test("that no exchange ever listed is a 404", async () => {
    const response = await appWith().get("/api/funding/symbol/NOPE");
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: "unknown_base" });
  });

  test("that has left all exchanges is an empty 200", async () => {
    const app = appWith();
    app.board.publish(snapshotOf("3-15", []));
    expect(await list(app, "/api/funding/symbol/PEPE")).toMatchObject({ rows: [], total: 0 });
  });
});

test.each(["/api/funding/current", "/api/funding/symbol/BTC", "/api/exchanges"])(
  "before the first snapshot %s is a 503 with a retry time",
  async (target) => {
    const response = await testApp(new TestBoard()).get(target);
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await response.json()).toMatchObject({ code: "not_ready", status: 503 });
  },
);
