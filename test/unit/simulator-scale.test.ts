import { describe, expect, test } from "bun:test";
import type { TrueInstrument } from "../../src/simulator/truth.ts";
import { FIRST, type FirstName, ratesRows } from "../support/simulator-rates.ts";
import { askJson, demoMarket, type DemoRequest, type Json, rowsAt } from "../support/simulator.ts";

const market = demoMarket();

function shown(exchange: FirstName): readonly TrueInstrument[] {
  return market.truth(exchange).instruments;
}

function countBy(texts: readonly unknown[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(String(text), (counts.get(String(text)) ?? 0) + 1);
  return counts;
}

async function rowsOf(
  exchange: FirstName,
  request: DemoRequest,
  ...path: readonly (string | number)[]
): Promise<readonly Json[]> {
  return rowsAt(await askJson(market, exchange, request), ...path);
}

/** Rows of the rates payload, as the exchanges' descriptions count them. */
const ON_WIRE = {
  binance: 875,
  bybit: 690,
  okx: 560,
  bitget: 799,
  gate: 983,
  kucoin: 687,
  hyperliquid: 230,
  kraken: 380,
} as const satisfies Record<FirstName, number>;

/** Counts change from week to week by about this share. */
const NEAR = 0.05;

describe("the number of instruments", () => {
  test.each([...FIRST])("%s sends as many rates as the real one, within 5 %%", async (exchange) => {
    const rows = await ratesRows(market, exchange);
    expect(Math.abs(rows.length / ON_WIRE[exchange] - 1)).toBeLessThan(NEAR);
  });

  test("is about 5,000 in total", () => {
    const total = FIRST.reduce((sum, exchange) => sum + shown(exchange).length, 0);
    expect(total).toBeGreaterThan(4_900);
    expect(total).toBeLessThan(5_200);
  });

  test("shrinks with the scale, and every exchange keeps some", () => {
    const small = demoMarket({ scale: 0.05 });
    for (const exchange of FIRST) {
      const count = small.truth(exchange).instruments.length;
      expect(count).toBeGreaterThan(10);
      expect(count).toBeLessThan(shown(exchange).length * 0.4);
    }
  });

  test("grows with the scale beyond the real one: no exchange runs out of assets", () => {
    const large = demoMarket({ scale: 3.2 });
    for (const exchange of FIRST) {
      const times = large.truth(exchange).instruments.length / shown(exchange).length;
      // There are no more metals, indices and the like.
      expect(Math.abs(times / 3.2 - 1)).toBeLessThan(2 * NEAR);
    }
  });
});

describe("the kinds that a reader must leave out", () => {
  test.each([
    ["binance", { settling: 127, dated: 4, pending: 1, other: 3, "not quoted in dollars": 1 }],
    ["bybit", { settling: 3, pre_market: 4, dated: 12 }],
    ["okx", { halted: 3, pending: 2, pre_market: 2, inverse: 14, xperp: 130 }],
    ["bitget", { halted: 5, pending: 2, dated: 4, other: 12 }],
    ["gate", { pre_market: 11, settling: 5, halted: 3 }],
    ["kucoin", { pre_market: 3, settling: 3, halted: 2, inverse: 6, inverse_dated: 1, dated: 1 }],
    ["hyperliquid", { settling: 40, halted: 2, pre_market: 2 }],
    [
      "kraken",
      { halted: 1, pre_market: 2, pending: 2, settling: 2, dated: 6, inverse: 5, inverse_dated: 5 },
    ],
  ] as const)("%s has each of its kinds on the wire", (exchange, kinds) => {
    const reasons = market.truth(exchange).skipped.map(({ reason }) => reason);
    expect(Object.fromEntries(countBy(reasons))).toEqual(kinds);
  });

  test("binance: 127 stale rows of delisted contracts, unlisted ones, and an empty rate on dated ones", async () => {
    const symbols = await rowsOf("binance", { path: "/fapi/v1/exchangeInfo" }, "symbols");
    const byStatus = countBy(symbols.map((row) => row["status"]));
    expect(byStatus.get("SETTLING")).toBe(127);
    const types = countBy(symbols.map((row) => row["contractType"]));
    expect(types.get("TRADIFI_PERPETUAL")).toBe(170);
    expect([types.get("CURRENT_QUARTER"), types.get("NEXT_QUARTER"), types.get("")]).toEqual([
      2, 2, 1,
    ]);
    const rates = await ratesRows(market, "binance");
    const dated = rates.filter((row) => row["lastFundingRate"] === "");
    expect(dated.map((row) => row["nextFundingTime"])).toEqual([0, 0, 0, 0]);
    const listed = new Set(symbols.map((row) => row["symbol"]));
    expect(rates.filter((row) => !listed.has(row["symbol"]))).toHaveLength(3);
  });

  test("okx: the reply to ANY mixes in X-Perps, and a row that is not open yet is nearly empty", async () => {
    const types = countBy((await ratesRows(market, "okx")).map((row) => row["instType"]));
    expect(types.get("FUTURES")).toBe(130);
    const instruments = await rowsOf(
      "okx",
      { path: "/api/v5/public/instruments?instType=SWAP" },
      "data",
    );
    const opening = instruments.filter((row) => row["state"] === "preopen");
    expect(opening).toHaveLength(2);
    for (const row of opening)
      expect([row["ctType"], row["settleCcy"], row["uly"]]).toEqual(["", "", ""]);
  });

  test("bitget: unlisted symbols have rates without a cap and no instrument row", async () => {
    const unlisted = (await ratesRows(market, "bitget")).filter(
      (row) => row["maxFundingRate"] === null,
    );
    expect(unlisted).toHaveLength(12);
    const listed = await rowsOf(
      "bitget",
      { path: "/api/v3/market/instruments?category=USDT-FUTURES" },
      "data",
    );
    const known = new Set(listed.map((row) => row["symbol"]));
    expect(unlisted.filter((row) => known.has(row["symbol"]))).toEqual([]);
  });

  test("gate: 11 pre-market contracts at rate 0 with a cap of 0.000001", async () => {
    const early = (await ratesRows(market, "gate")).filter((row) => row["is_pre_market"] === true);
    expect(early).toHaveLength(11);
    expect(new Set(early.map((row) => row["funding_rate"]))).toEqual(new Set(["0"]));
    expect(new Set(early.map((row) => row["funding_rate_limit"]))).toEqual(new Set(["0.000001"]));
  });

  test("kucoin: a dozen contracts without a current granularity, dated ones without a rate", async () => {
    const rows = await ratesRows(market, "kucoin");
    const perpetual = rows.filter((row) => row["type"] === "FFWCSX");
    const unknown = perpetual.filter((row) => row["currentFundingRateGranularity"] === null);
    expect(unknown.length).toBeGreaterThanOrEqual(8);
    expect(unknown.length).toBeLessThanOrEqual(20);
    for (const row of unknown) expect(row["fundingRateGranularity"]).toBeNumber();
    const dated = rows.filter((row) => row["type"] === "FFICSX");
    expect(dated.map((row) => row["fundingFeeRate"])).toEqual([null, null]);
    expect(rows.filter((row) => row["isInverse"] === true).map((row) => row["multiplier"])).toEqual(
      Array.from({ length: 7 }, () => -1),
    );
  });

  test("hyperliquid: delisted coins are between the live ones, with idle contexts", async () => {
    const body = { type: "metaAndAssetCtxs" };
    const universe = await rowsOf("hyperliquid", { path: "/info", body }, 0, "universe");
    const contexts = await ratesRows(market, "hyperliquid");
    expect(contexts).toHaveLength(universe.length);
    const dead = universe.flatMap((row, index) => (row["isDelisted"] === true ? [index] : []));
    expect(dead).toHaveLength(40);
    expect(Math.max(...dead)).toBeLessThan(universe.length - 10);
    for (const index of dead) {
      expect(contexts[index]).toMatchObject({ funding: "0.0", openInterest: "0.0", midPx: null });
    }
  });

  test("kraken: index rows have no rate, dated rows neither", async () => {
    const rows = await ratesRows(market, "kraken");
    const indices = rows.filter((row) => String(row["symbol"]).startsWith("in_"));
    expect(indices).toHaveLength(10);
    const without = rows.filter((row) => row["fundingRate"] === undefined);
    expect(countBy(without.map((row) => row["tag"]))).toEqual(
      new Map([
        ["month", 11],
        ["undefined", 10],
      ]),
    );
  });
});
