import { describe, expect, test } from "bun:test";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { flagBit } from "../../src/domain/flags.ts";
import type { MarketRecord } from "../../src/domain/market.ts";
import type { ArbList } from "../../src/http/lists/pair-schema.ts";
import { testApp } from "../support/app.ts";
import { allCollected, rowOf, snapshotOf, TestBoard, withStatuses } from "../support/board.ts";

const ARB = "/api/funding/arb";

let nextId = 0;

function listing(exchange: ExchangeId, fundingRate: number, extra: Partial<MarketRecord> = {}) {
  nextId += 1;
  return rowOf(exchange, "BTC", { instrumentId: nextId, fundingRate, ...extra });
}

/** By rate: okx, bybit, gate (USDC, then USDT), mexc. */
const ROWS = [
  listing("okx", -0.001),
  listing("bybit", 0),
  listing("gate", 0.0005, { quote: "USDC" }),
  listing("gate", 0.001),
  listing("mexc", 0.002),
];

const served = (rows = ROWS) => testApp(new TestBoard(snapshotOf("1-1", rows)));

async function listed(query: string, app = served()): Promise<ArbList> {
  const response = await app.get(`${ARB}?${query}`);
  if (response.status !== 200) throw new Error(await response.text());
  return (await response.json()) as ArbList;
}

async function legs(query: string, app = served()): Promise<readonly string[]> {
  const { rows } = await listed(query, app);
  return rows.map(({ long, short }) =>
    [long.exchange, long.quote, short.exchange, short.quote].join(" "),
  );
}

describe("a fixed leg", () => {
  test.each([
    ["long_exchange=okx", ["okx USDT mexc USDT"]],
    ["long_exchange=bybit", ["bybit USDT mexc USDT"]],
    ["short_exchange=gate", ["okx USDT gate USDT"]],
    // The lower rate is the long leg, so mexc with the highest rate never is.
    ["long_exchange=mexc", []],
    ["short_exchange=okx", []],
    ["long_exchange=bybit,gate", ["bybit USDT mexc USDT"]],
    ["long_exchange=bybit&long_exchange=gate", ["bybit USDT mexc USDT"]],
    ["long_exchange=bybit&short_exchange=gate", ["bybit USDT gate USDT"]],
    ["long_exchange=bybit&short_exchange=bybit", []],
    ["long_exchange=okx&exchange=okx,bybit", ["okx USDT bybit USDT"]],
    ["long_exchange=okx&exchange=bybit,gate", []],
    ["long_exchange=okx&exclude=mexc,gate", ["okx USDT bybit USDT"]],
    ["long_exchange=okx&exclude=okx", []],
    [
      "short_exchange=mexc&pairs=all",
      ["okx USDT mexc USDT", "bybit USDT mexc USDT", "gate USDC mexc USDT", "gate USDT mexc USDT"],
    ],
    ["short_exchange=mexc&pairs=all&limit=1", ["okx USDT mexc USDT"]],
  ])("%s", async (query, expected) => {
    expect(await legs(`sort=gross&${query}`)).toEqual(expected);
  });

  test.each([
    ["long_exchange=bybit&short_exchange=okx", ["bybit USDT okx USDT"]],
    ["long_exchange=okx&short_exchange=bybit", ["okx USDT bybit USDT"]],
    ["long_exchange=okx", ["okx USDT bybit USDT"]],
    ["short_exchange=okx", ["bybit USDT okx USDT"]],
    ["long_exchange=okx&short_exchange=okx", []],
    ["", ["bybit USDT okx USDT"]],
  ])("orders equal rates: %s", async (query, expected) => {
    const tied = [listing("okx", 0.0001), listing("bybit", 0.0001)];
    expect(await legs(query, served(tied))).toEqual(expected);
    expect(await legs(`pairs=all&${query}`, served(tied))).toEqual(expected);
    const unknown = tied.map(({ record: { exchange } }) =>
      rowOf(exchange, "BTC", { fundingIntervalHours: null }, flagBit("interval_unknown")),
    );
    expect(await legs(`decision=refuse&${query}`, served(unknown))).toEqual(expected);
  });

  test.each(["long_exchange", "short_exchange"])(
    "%s names unknown exchanges in its error",
    async (name) => {
      const response = await served().get(`${ARB}?${name}=okx,mtgox`);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        errors: [{ parameter: name, rule: expect.stringContaining('"mtgox"') }],
      });
    },
  );
});

describe("two instruments of one exchange", () => {
  test("form a pair on request, but never an instrument with itself", async () => {
    const one = served(ROWS.slice(2, 4));
    expect(await legs("min_volume=0", one)).toEqual([]);
    expect(await legs("same_exchange=exclude", one)).toEqual([]);
    expect(await legs("same_exchange=allow", one)).toEqual(["gate USDC gate USDT"]);
    expect(await legs("same_exchange=allow&pairs=all", one)).toEqual(["gate USDC gate USDT"]);
    expect(await legs("same_exchange=allow", served(ROWS.slice(0, 1)))).toEqual([]);
  });

  test("may be on two venues within one exchange", async () => {
    const dexes = ["xyz:BTC", "km:BTC"].map((exchangeSymbol, place) =>
      listing("hyperliquid", place * 0.001, { exchangeSymbol, quote: "USDC" }),
    );
    const { rows } = await listed("same_exchange=allow", served(dexes));
    expect(rows.map(({ long, short }) => [long.exchange_symbol, short.exchange_symbol])).toEqual([
      ["xyz:BTC", "km:BTC"],
    ]);
    // How long such a pair has lasted is not recorded.
    expect(rows).toMatchObject([{ lasted_seconds: null, decision: "watch" }]);
  });

  test("can be combined with a fixed leg", async () => {
    const query = "same_exchange=allow&short_exchange=gate&sort=gross&pairs=all";
    expect(await legs(query)).toEqual([
      "okx USDT gate USDT",
      "okx USDT gate USDC",
      "bybit USDT gate USDT",
      "bybit USDT gate USDC",
      "gate USDC gate USDT",
    ]);
    expect(await legs(`${query}&long_exchange=gate`)).toEqual(["gate USDC gate USDT"]);
  });

  test("accept only allow and exclude", async () => {
    const response = await served().get(`${ARB}?same_exchange=yes`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ parameter: "same_exchange" }] });
  });
});

describe("one fee for all exchanges", () => {
  const fees = async (query: string, rows = ROWS) => {
    const { rows: found } = await listed(`${query}&sort=gross`, served(rows));
    return found.flatMap(({ long, short }) =>
      [long, short].map((leg) => [leg.exchange, leg.taker_fee_bps, leg.taker_fee_source].join(" ")),
    );
  };

  test("overrides all fees except those of named exchanges", async () => {
    expect(await fees("fees=all:4")).toEqual(["okx 4 request", "mexc 4 request"]);
    expect(await fees("fees=all:4,okx:2.5")).toEqual(["okx 2.5 request", "mexc 4 request"]);
    expect(await fees("fees=okx:2.5&fees=all:0")).toEqual(["okx 2.5 request", "mexc 0 request"]);
  });

  test("overrides a listing's own fee and applies where no fee is known", async () => {
    const rows = [listing("hyperliquid", 0, { takerFeeBps: 0.9 }), listing("orderly", 0.001)];
    expect(await fees("fees=all:4", rows)).toEqual(["hyperliquid 4 request", "orderly 4 request"]);
    expect(await fees("fees=orderly:6", rows)).toEqual([
      "hyperliquid 0.9 listing",
      "orderly 6 request",
    ]);
  });

  test.each(["all", "all:", "all:-1", "all:1001", "all:4,all:5", "every:4", "default,all:4"])(
    "fees=%s is refused",
    async (value) => {
      const response = await served().get(`${ARB}?fees=${value}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        errors: [{ parameter: "fees", rule: expect.stringContaining("all:bps") }],
      });
    },
  );
});

describe("missing exchanges", () => {
  const board = () =>
    new TestBoard(
      withStatuses(allCollected(snapshotOf("1-1", ROWS)), {
        kraken: "down",
        htx: "stale",
        aevo: "off",
        drift: "off",
      }),
    );
  const missing = async (query: string) =>
    (await listed(query, testApp(board()))).missing.map(({ exchange }) => exchange);

  test("are those that either leg may be on", async () => {
    expect(await missing("")).toEqual(["htx", "kraken"]);
    expect(await missing("long_exchange=okx")).toEqual(["htx", "kraken"]);
    expect(await missing("long_exchange=okx,kraken&short_exchange=bybit")).toEqual(["kraken"]);
    expect(await missing("long_exchange=okx&short_exchange=bybit")).toEqual([]);
    expect(await missing("long_exchange=okx,aevo")).toEqual(["aevo", "htx", "kraken"]);
    expect(await missing("long_exchange=okx&exchange=okx,htx")).toEqual(["htx"]);
    expect(await missing("long_exchange=okx&exclude=htx")).toEqual(["kraken"]);
  });

  test("yield a 503 if one leg has no exchange left", async () => {
    const app = testApp(board());
    for (const query of ["long_exchange=kraken,aevo", "short_exchange=htx"]) {
      const response = await app.get(`${ARB}?${query}`);
      expect([query, response.status]).toEqual([query, 503]);
      expect(await response.json()).toMatchObject({ code: "no_data" });
    }
  });
});
